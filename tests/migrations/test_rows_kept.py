"""Rows written before they said what they say now."""

from datetime import datetime
from typing import Any

from alembic import command
from sqlalchemy import Insert, MetaData, select, text

from tests.factories import NOW
from webapp import create_app
from webapp.extensions import db
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.grid_views import GridView
from webapp.models.orders import Order
from webapp.models.products import ProductImport
from webapp.models.stores import Store
from webapp.models.submissions import Submission
from webapp.models.vault import vault
from webapp.queries import search

DOCUMENTS = (
    ("invoices", 63, 1463),
    ("invoice_items", 0, 1400),
    ("credit_memos", 63, 1463),
    ("credit_memo_items", 0, 1400),
)


def a_filled(tables: MetaData, name: str, **known: Any) -> Insert:
    """An insert of row 1 of a table as the database has it: what is not named has any value of its type."""
    samples = {int: 1, str: "a", bool: True, bytes: b"a", datetime: NOW, object: {}}
    columns = [column for column in tables.tables[name].columns if not column.nullable]
    return tables.tables[name].insert().values({c.name: samples[c.type.python_type] for c in columns} | known)


def test_documents_of_the_first_revision_get_the_parts_of_their_order(settings):
    app = create_app(settings)
    with app.app_context():
        config = app.extensions["migrate"].migrate.get_config()
        command.upgrade(config, "0001")
        with db.engine.begin() as connection:
            old = MetaData()
            old.reflect(connection)
            line = {"subtotal": 1000, "shipping": 300, "tax": 200, "discount": -100, "other": 0, "total": 1400}
            for name in ("accounts", "stores", "amazon_orders"):
                connection.execute(a_filled(old, name))
            connection.execute(a_filled(old, "orders", **line | {"other": 63, "total": 1463}))
            connection.execute(a_filled(old, "order_items", canceled=0, **line))
            for name in ("invoices", "credit_memos"):
                connection.execute(a_filled(old, name, total=1463))
            for name in ("invoice_items", "credit_memo_items"):
                connection.execute(a_filled(old, name, total=1400))
        command.upgrade(config, "head")
        parts = "subtotal, shipping, tax, discount, other, total"
        with db.engine.connect() as connection:
            for table, other, total in DOCUMENTS:
                found = connection.execute(text(f"SELECT {parts} FROM {table}")).all()
                assert found == [(1000, 300, 200, -100, other, total)]
        command.downgrade(config, "0001")
        db.engine.dispose()


def test_orders_get_the_time_they_have_to_leave_by_from_their_amazon_orders(settings):
    app = create_app(settings)
    with app.app_context():
        config = app.extensions["migrate"].migrate.get_config()
        command.upgrade(config, "0008")
        with db.engine.begin() as connection:
            old = MetaData()
            old.reflect(connection, only=["accounts", "stores", "amazon_orders", "orders"])
            for name in ("accounts", "stores"):
                connection.execute(a_filled(old, name))
            for id_, due in ((1, NOW), (2, None)):
                known = {"id": id_, "number": str(id_)}
                connection.execute(a_filled(old, "amazon_orders", ship_by=due, **known))
                connection.execute(a_filled(old, "orders", amazon_order_id=id_, **known))
        command.upgrade(config, "head")
        with db.engine.connect() as connection:
            assert connection.scalars(select(Order.ship_by).order_by(Order.id)).all() == [NOW, None]
        command.downgrade(config, "0008")
        db.engine.dispose()


def test_the_days_of_stores_that_are_there_are_still_to_be_summed(settings):
    app = create_app(settings)
    with app.app_context():
        config = app.extensions["migrate"].migrate.get_config()
        command.upgrade(config, "0010")
        with db.engine.begin() as connection:
            old = MetaData()
            old.reflect(connection, only=["accounts", "stores"])
            for name in ("accounts", "stores"):
                connection.execute(a_filled(old, name))
        command.upgrade(config, "head")
        with db.engine.connect() as connection:
            assert connection.scalars(select(Store.summed)).all() == [False]
        command.downgrade(config, "0010")
        db.engine.dispose()


def test_saved_views_keep_the_names_they_search_for_and_orders_are_indexed_anew(settings):
    app = create_app(settings)
    with app.app_context():
        config = app.extensions["migrate"].migrate.get_config()
        command.upgrade(config, "0013")
        old_token = "~" + vault.encrypt("Müller".encode()).decode()
        foreign = "~" + "A" * 60
        with db.engine.begin() as connection:
            old = MetaData()
            old.reflect(connection, only=["accounts", "stores", "amazon_orders", "users", "grid_views"])
            for name in ("accounts", "stores", "amazon_orders", "users"):
                connection.execute(a_filled(old, name))
            kept = {"name": [old_token], "q": [foreign], "state": ["processing", "complete"], "sort": ["-id"]}
            connection.execute(a_filled(old, "grid_views", parameters=kept))
            connection.execute(text("INSERT INTO search_documents (rowid, words) VALUES (1, 'h0123456789')"))
        command.upgrade(config, "0014")
        with db.engine.begin() as connection:
            found = connection.scalar(select(GridView.parameters))
            assert search.unseal(found.pop("name")[0], personal=True) == "Müller"
            assert found == {"q": [foreign], "state": ["processing", "complete"], "sort": ["-id"]}
            assert connection.scalar(text("SELECT count(*) FROM search_documents")) == 0
        command.downgrade(config, "0013")
        db.engine.dispose()


def test_complete_orders_whose_shipments_amazon_does_not_show_leave_that_state(settings):
    shipments = {
        1: ("UNSHIPPED", "accepted", "awaiting_amazon"),
        2: ("UNSHIPPED", "rejected", "processing"),
        3: ("PARTIALLY_SHIPPED", "undone", "processing"),
        4: ("UNSHIPPED", "verified", "complete"),
        5: ("SHIPPED", "rejected", "complete"),
        6: ("UNSHIPPED", None, "complete"),
    }
    app = create_app(settings)
    with app.app_context():
        config = app.extensions["migrate"].migrate.get_config()
        command.upgrade(config, "0014")
        with db.engine.begin() as connection:
            old = MetaData()
            tables = ("accounts", "stores", "amazon_orders", "orders", "shipments", "parcels", "submissions")
            old.reflect(connection, only=tables)
            for name in ("accounts", "stores"):
                connection.execute(a_filled(old, name))
            for id_, (status, submission, _) in shipments.items():
                known = {"id": id_, "number": str(id_)}
                connection.execute(a_filled(old, "amazon_orders", status=status, **known))
                connection.execute(a_filled(old, "orders", state="complete", amazon_order_id=id_, **known))
                if submission is None:
                    continue
                connection.execute(a_filled(old, "shipments", order_id=id_, **known))
                connection.execute(a_filled(old, "parcels", id=id_, order_id=id_, shipment_id=id_, reference=7))
                about = {"amazon_order_id": id_, "kind": "shipment", "subject": "7", "open": False}
                # The latest submission of the parcel decides.
                for place, state in enumerate(("queued", submission)):
                    connection.execute(a_filled(old, "submissions", id=10 * id_ + place, state=state, **about))
        command.upgrade(config, "head")
        with db.engine.connect() as connection:
            found = connection.execute(text("SELECT id, state FROM orders ORDER BY id")).all()
            assert dict(found) == {id_: state for id_, (_, _, state) in shipments.items()}
        command.downgrade(config, "0014")
        with db.engine.connect() as connection:
            assert connection.scalar(text("SELECT state FROM orders WHERE id = 1")) == "complete"
        db.engine.dispose()


def test_free_text_that_stood_in_clear_is_encrypted_and_submissions_keep_no_reason(settings):
    app = create_app(settings)
    with app.app_context():
        config = app.extensions["migrate"].migrate.get_config()
        command.upgrade(config, "0019")
        reasons = {1: "I moved to Canarytown", 2: None, 3: "ü" * 200}
        seen = {"status": "UNSHIPPED", "cancel_requested": True, "cancel_reason": "I moved to Canarytown"}
        with db.engine.begin() as connection:
            old = MetaData()
            names = ["accounts", "stores", "amazon_orders", "submissions", "product_imports"]
            old.reflect(connection, only=names)
            for name in ("accounts", "stores"):
                connection.execute(a_filled(old, name))
            for id_, reason in reasons.items():
                known = {"id": id_, "number": str(id_), "cancel_reason": reason}
                connection.execute(a_filled(old, "amazon_orders", **known))
            connection.execute(a_filled(old, "submissions", seen=seen))
            connection.execute(a_filled(old, "product_imports", content="sku\nCanarytown\n"))
        command.upgrade(config, "0020")
        with db.engine.begin() as connection:
            for table in ("amazon_orders", "submissions", "product_imports"):
                for row in connection.execute(text(f"SELECT * FROM {table}")):
                    assert "Canarytown" not in repr(row), table
            found = dict(connection.execute(select(AmazonOrder.id, AmazonOrder.cancel_reason)).all())
            assert found == reasons
            assert connection.scalar(select(Submission.seen)) == {"status": "UNSHIPPED", "cancel_requested": True}
            assert connection.scalar(select(ProductImport.content)) == "sku\nCanarytown\n"
        command.downgrade(config, "0019")
        with db.engine.begin() as connection:
            found = dict(connection.execute(text("SELECT id, cancel_reason FROM amazon_orders")).all())
            assert found == reasons
        db.engine.dispose()
