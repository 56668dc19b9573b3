"""Flask-Admin on the plain copy: `/admin/order/` as it is by default, `/admin/fast/` with a pager that counts nothing.

It brings no sign-in of its own; this is Flask-Login's, which its documentation shows. Run as a program, it makes who
signs in.
"""

from datetime import datetime
from typing import ClassVar

from flask import Flask, abort, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import Admin
from flask_admin.contrib.sqla import ModelView
from flask_login import LoginManager, UserMixin, current_user, login_user
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from werkzeug.security import check_password_hash, generate_password_hash

from benchmarks.peers.engine import EMAIL, PASSWORD, for_sqlalchemy


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str]
    buyer_name: Mapped[str]
    buyer_email: Mapped[str]
    status: Mapped[str]
    channel: Mapped[str]
    marketplace: Mapped[str]
    currency: Mapped[str]
    total: Mapped[int]
    purchased_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ship_by: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    items: Mapped[list["Item"]] = relationship(back_populates="order")


class Item(Base):
    __tablename__ = "order_items"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    sku: Mapped[str]
    asin: Mapped[str]
    title: Mapped[str]
    quantity: Mapped[int]
    unit_price: Mapped[int]
    total: Mapped[int]
    order: Mapped[Order] = relationship(back_populates="items")


class Person(UserMixin, Base):
    __tablename__ = "staff"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    password: Mapped[str]


class Default(ModelView):
    """Seven columns, two fields to search, two filters; all else as Flask-Admin has it."""

    column_list = ("number", "purchased_at", "status", "marketplace", "buyer_name", "total", "ship_by")
    column_searchable_list = ("number", "buyer_name")
    column_filters = ("status", "channel")
    column_default_sort: ClassVar = [("purchased_at", True), ("id", True)]
    inline_models = (Item,)
    page_size = 50
    can_view_details = True
    named_filter_urls = True

    def is_accessible(self) -> bool:
        return bool(current_user.is_authenticated)


class Fastest(Default):
    simple_list_pager = True


app = Flask(__name__)
app.config |= {"SECRET_KEY": "of nobody, for measuring alone", "SQLALCHEMY_DATABASE_URI": for_sqlalchemy()}
db = SQLAlchemy(app, model_class=Base)
people = LoginManager(app)
admin = Admin(app, "Orders")
admin.add_view(Default(Order, db, endpoint="order", name="Orders"))
admin.add_view(Fastest(Order, db, endpoint="fast", name="Orders, uncounted"))


@people.user_loader
def _person(id_: str) -> Person | None:
    return db.session.get(Person, int(id_))


@app.get("/sign-in")
def form() -> str:
    return ""


@app.post("/sign-in")
def sign_in() -> ResponseReturnValue:
    person = db.session.query(Person).filter_by(email=request.form["email"]).one_or_none()
    if person is None or not check_password_hash(person.password, request.form["password"]):
        abort(403)
    login_user(person)
    return redirect("/admin/")


def prepare() -> None:
    with app.app_context():
        if db.session.get(Person, 1) is None:
            db.session.add(Person(id=1, email=EMAIL, password=generate_password_hash(PASSWORD)))
            db.session.commit()


if __name__ == "__main__":
    prepare()
