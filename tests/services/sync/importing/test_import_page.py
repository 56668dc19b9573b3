from datetime import timedelta

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from tests.amazon import bodies
from tests.support.factories import NOW, a_package, an_account, an_item, an_order, shipped_fields
from webapp.amazon.order_schema import lazy_orders
from webapp.core.extensions import db
from webapp.db.search_index import ID_MASK
from webapp.domain.amazon.types import AmazonOrder, UnparseableOrder
from webapp.models.amazon_orders import AmazonOrder as AmazonOrderRow
from webapp.models.amazon_orders import AmazonOrderVersion, QuarantinedOrder
from webapp.models.audit_log import Event
from webapp.models.documents import CreditMemo, Invoice
from webapp.models.orders import Order
from webapp.queries.listing import search
from webapp.services.sync.importing.import_page import Counts, import_page

pytestmark = pytest.mark.both_databases


def imported(session: Session, *page: AmazonOrder | UnparseableOrder, account_id: int = 1) -> Counts:
    counts = import_page(session, account_id, page, now=NOW, actor="test")
    session.commit()
    return counts


def order_of(session: Session, incoming: AmazonOrder) -> Order | None:
    return session.scalar(select(Order).join(Order.amazon_order).where(AmazonOrderRow.number == incoming.number))


def the_order(session: Session, incoming: AmazonOrder) -> Order:
    order = order_of(session, incoming)
    assert order is not None
    return order


def amazon_order_of(session: Session, incoming: AmazonOrder) -> AmazonOrderRow:
    return session.scalars(select(AmazonOrderRow).where(AmazonOrderRow.number == incoming.number)).one()


def found_by(session, sought):
    session.commit()
    return [row & ID_MASK for row in search.select_newest_documents(session, sought, 10)]


def test_an_unshipped_order_becomes_an_order_that_is_invoiced(session):
    an_account(session)
    incoming = an_order(items=(an_item(1, quantity=2), an_item(2, quantity=1)))

    counts = imported(session, incoming)

    assert counts == Counts(received=1, new=1, orders_created=1)
    order = the_order(session, incoming)
    assert (order.number, order.state, order.currency) == ("100001", "processing", "EUR")
    assert (order.subtotal, order.shipping, order.tax, order.discount, order.other) == (3000, 600, 800, -200, 0)
    assert (order.total, order.total_invoiced) == (4200, 4200)
    assert [(i.sku, i.ordered, i.invoiced, i.shipped, i.total) for i in order.items] == [
        ("SKU-1", 2, 2, 0, 2600),
        ("SKU-2", 1, 1, 0, 1600),
    ]
    assert (order.bill_to_name, order.ship_to_name) == ("Buyer Number1", "Recipient Number1")
    invoice = session.scalars(select(Invoice)).one()
    assert (invoice.order_id, invoice.total, [(i.quantity, i.total) for i in invoice.items]) == (
        order.id,
        4200,
        [(2, 2600), (1, 1600)],
    )
    kinds = session.scalars(select(Event.kind).where(Event.amazon_order_id == order.amazon_order_id)).all()
    assert kinds == ["amazon_order_arrived", "order_created", "order_invoiced_at_import"]
    amazon_order = amazon_order_of(session, incoming)
    assert (amazon_order.note, amazon_order.note_args) == ("note_order_created", {"number": "100001"})


@pytest.mark.parametrize("more", [{}, {"associatedOrders": []}], ids=["read quickly", "read field by field"])
def test_amounts_that_detail_another_amount_are_not_counted_twice(session, more):
    """From the body as Amazon sends it to the order and its invoice: 20.00, 3.00 shipping, 5.47 tax in three parts."""
    an_account(session)
    details = [("ITEM", "3.80"), ("SHIPPING", "0.57"), ("GIFT_WRAP", "1.10")]
    body = bodies.an_order("902-0000000-0000001", **more)
    body["proceeds"] = {"grandTotal": {"amount": "28.47", "currencyCode": "EUR"}}
    body["orderItems"][0]["proceeds"] = {
        "proceedsTotal": {"amount": "28.47", "currencyCode": "EUR"},
        "breakdowns": [
            {"type": "ITEM", "subtotal": {"amount": "20.00", "currencyCode": "EUR"}},
            {"type": "SHIPPING", "subtotal": {"amount": "3.00", "currencyCode": "EUR"}},
            {
                "type": "TAX",
                "subtotal": {"amount": "5.47", "currencyCode": "EUR"},
                "detailedBreakdowns": [
                    {"subtype": subtype, "value": {"amount": amount, "currencyCode": "EUR"}}
                    for subtype, amount in details
                ],
            },
        ],
    }
    (unread,) = lazy_orders([body])

    incoming = unread.read()
    assert isinstance(incoming, AmazonOrder)
    imported(session, incoming)

    order = the_order(session, incoming)
    invoice = session.scalars(select(Invoice)).one()
    for amounts in (order, order.items[0], invoice, invoice.items[0]):
        found = (amounts.subtotal, amounts.shipping, amounts.tax, amounts.discount, amounts.other, amounts.total)
        assert found == (2000, 300, 547, 0, 0, 2847)


def test_an_order_amazon_has_shipped_is_complete(session):
    an_account(session)
    incoming = an_order(**shipped_fields(an_order(), fulfilled_by="AMAZON"))

    imported(session, incoming)

    order = the_order(session, incoming)
    assert order.state == "complete"
    assert [(item.ordered, item.shipped) for item in order.items] == [(2, 2)]


def test_a_page_read_again_writes_nothing(session):
    an_account(session)
    page = [an_order(n) for n in range(1, 6)]
    imported(session, *page)
    before = session.scalar(select(func.count()).select_from(Event))
    statements = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))

    counts = imported(session, *page)

    assert counts == Counts(received=5, same=5)
    assert session.scalar(select(func.count()).select_from(Event)) == before
    assert session.scalar(select(func.count()).select_from(AmazonOrderVersion)) == 5
    written = [s for s in statements if s.split()[0] in {"INSERT", "DELETE"} or "UPDATE amazon_orders" in s]
    assert written == []


def test_an_update_that_comes_after_a_newer_one_is_ignored(session):
    an_account(session)
    imported(session, an_order(status="SHIPPED", updated=10))

    counts = imported(session, an_order(status="UNSHIPPED", updated=5))

    assert counts == Counts(received=1, stale=1)
    assert amazon_order_of(session, an_order()).status == "SHIPPED"


def test_of_an_order_twice_on_a_page_the_newer_counts(session):
    an_account(session)

    counts = imported(session, an_order(status="SHIPPED", updated=10), an_order(status="UNSHIPPED", updated=5))

    assert (counts.received, counts.new) == (2, 1)
    assert amazon_order_of(session, an_order()).status == "SHIPPED"


def test_a_change_is_recorded_field_by_field_and_every_version_is_kept(session):
    an_account(session)
    imported(session, an_order(status="PENDING", items=(an_item(quantity=2),)))
    later = an_order(status="UNSHIPPED", updated=3, items=(an_item(quantity=2),))

    imported(session, later)

    event = session.scalars(select(Event).where(Event.kind == "amazon_order_changed")).one()
    assert (event.actor, event.args) == ("amazon", {"status": ["PENDING", "UNSHIPPED"]})
    assert [version.body for version in amazon_order_of(session, later).versions][1] == later.raw


def test_an_order_that_cannot_be_read_is_kept_and_the_page_goes_on(session):
    an_account(session)
    broken = UnparseableOrder("orderItems is missing", {"orderId": "303-0000000-0000009"}, "303-0000000-0000009")

    counts = imported(session, an_order(1), broken, an_order(2))

    assert (counts.new, counts.quarantined) == (2, 1)
    entry = session.scalars(select(QuarantinedOrder)).one()
    assert (entry.number, entry.cause, entry.body) == (broken.number, broken.cause, broken.raw)
    imported(session, broken)
    assert (entry.times_seen, entry.resolved_at) == (2, None)
    imported(session, an_order(9))
    session.refresh(entry)
    assert entry.resolved_at == NOW


def test_an_order_of_a_marketplace_without_a_store_is_kept_aside(session):
    an_account(session, ("DE",))

    counts = imported(session, an_order(country="FR"))

    assert (counts.new, counts.quarantined) == (0, 1)
    assert session.scalars(select(QuarantinedOrder.cause)).one() == "no store for its marketplace"


def test_cancelled_at_amazon_ends_cancelled_here_with_an_offline_credit_memo(session):
    an_account(session)
    imported(session, an_order(items=(an_item(1, quantity=3), an_item(2, quantity=1))))
    items = (an_item(1, quantity=3, cancelled_by="BUYER"), an_item(2, quantity=1, cancelled_by="BUYER"))

    imported(session, an_order(status="CANCELLED", updated=5, items=items))

    order = the_order(session, an_order())
    assert (order.state, order.total_refunded) == ("canceled", order.total)
    assert [(i.refunded, i.canceled, i.shipped) for i in order.items] == [(3, 3, 0), (1, 1, 0)]
    memo = session.scalars(select(CreditMemo)).one()
    assert (memo.total, memo.offline, [(i.quantity, i.total) for i in memo.items]) == (
        order.total,
        True,
        [(3, 3600), (1, 1600)],
    )
    assert memo.total == sum(item.total for item in memo.items)


def test_an_order_follows_what_is_shipped_at_amazon(session):
    an_account(session)
    imported(session, an_order(items=(an_item(quantity=2),)))
    part = an_order(status="PARTIALLY_SHIPPED", updated=5, items=(an_item(quantity=2, quantity_shipped=1),))

    imported(session, part)

    order = the_order(session, part)
    assert (order.state, [i.shipped for i in order.items]) == ("processing", [1])
    whole = an_order(
        status="SHIPPED", updated=9, items=(an_item(quantity=2, quantity_shipped=2),), packages=(a_package(),)
    )
    imported(session, whole)
    session.refresh(order)
    assert (order.state, [i.shipped for i in order.items]) == ("complete", [2])
    assert [p.tracking_number for p in amazon_order_of(session, whole).packages] == ["TRACK1"]


def test_an_order_has_to_leave_when_amazon_says(session):
    an_account(session)
    incoming = an_order(ship_by=NOW + timedelta(days=1))
    imported(session, incoming)
    assert the_order(session, incoming).ship_by == NOW + timedelta(days=1)

    imported(session, an_order(updated=1, ship_by=NOW + timedelta(days=2)))

    assert the_order(session, incoming).ship_by == NOW + timedelta(days=2)


def test_a_refused_dataset_takes_away_nothing_known_before(session):
    an_account(session)
    imported(session, an_order(packages=(a_package(),)))
    later = an_order(
        updated=5,
        buyer=None,
        recipient=None,
        total=None,
        packages=(),
        items=(an_item(total=None, unit_price=None, components=(), quantity_shipped=1),),
        missing=frozenset({"BUYER", "RECIPIENT", "PROCEEDS", "PACKAGES"}),
    )

    imported(session, later)

    amazon_order = amazon_order_of(session, later)
    assert (amazon_order.buyer_name, amazon_order.recipient["name"], amazon_order.total) == (
        "Buyer Number1",
        "Recipient Number1",
        2600,
    )
    assert [(i.total, i.quantity_shipped) for i in amazon_order.items] == [(2600, 1)]
    assert [p.tracking_number for p in amazon_order.packages] == ["TRACK1"]
    assert found_by(session, search.by_name("number1")) == [amazon_order.id]


def test_personal_data_is_encrypted_and_found_through_keyed_hashes(session, settings):
    an_account(session)
    incoming = an_order(7)

    imported(session, incoming)

    connection = session.connection()
    connection.exec_driver_sql("SELECT 1")
    for table in ("amazon_orders", "orders", "amazon_order_versions", "events"):
        for row in connection.exec_driver_sql(f"SELECT * FROM {table}"):
            assert "number7" not in str(tuple(row)).lower()
    assert found_by(session, search.by_name("NUMBER7")) == [amazon_order_of(session, incoming).id]
    assert found_by(session, search.by_name("numb")) == [amazon_order_of(session, incoming).id]
    assert found_by(session, search.by_name("umber7")) == []


def test_a_page_of_a_hundred_costs_few_statements(session):
    an_account(session)
    statements = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))

    imported(session, *[an_order(n) for n in range(1, 101)])

    assert len(statements) <= 36
