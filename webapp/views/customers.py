"""Customer accounts: the list of them, and one with what it ordered. Guests have orders, but no account."""

from flask import Blueprint, Response, request, url_for
from flask_login import current_user

from webapp.extensions import db
from webapp.queries import customers as queries
from webapp.queries import grid_views, orders, stores
from webapp.queries import grids as rows
from webapp.security import needs
from webapp.views import grids, listings
from webapp.views.answers import answer, see_other
from webapp.views.filled import filled

bp = Blueprint("customers", __name__, url_prefix="/customers")

_COLUMNS = ("id", "amazon_number", "purchased", "total", "status", "ship_by")


@bp.get("")
@needs("orders.read")
def index() -> Response:
    session = db.session()
    every, layout = grid_views.opening(session, current_user.id, listings.CUSTOMERS.name)
    form = filled(listings.CUSTOMERS, request.args, every)
    return listings.show(session, listings.CUSTOMERS, request, every, layout, form)


@bp.post("/searches")
@needs("orders.read")
def search() -> Response:
    """Where the filters are sent: an e-mail address then stands sealed in the address, and in no log."""
    form = listings.CUSTOMERS.filters(request.form, stores.by_name(db.session()))
    form.validate()
    return see_other(request, grids.address_of("customers.index", form, request.form))


@bp.get("/<int:customer_id>")
@needs("orders.read")
def show(customer_id: int) -> Response:
    session = db.session()
    customer = queries.find(session, customer_id)
    every = stores.by_name(session)
    grid = orders.grid(every).choose(_COLUMNS)
    found = rows.fetch(session, grid, rows.read_place(grid, {"size": "20"}), {"customer": str(customer_id)})
    return answer(
        request,
        "customers/show.html",
        "customers/show.html",
        customer=customer,
        store=next(store for store in every if store.id == customer.store_id),
        worth=queries.worth(session, customer_id),
        shown=found,
        columns=[(listings.ORDERS.headings[name], name) for name in grid.visible],
        names=grid.visible,
        all_orders=url_for("orders.index", customer=customer_id),
    )
