"""Which Amazon orders get an order and how, by the store's settings."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.services.sync.importing.test_import_page import amazon_order_of, imported, order_of, the_order
from tests.support.factories import NOW, a_store, an_account, an_item, an_order
from webapp.models.customers import Customer
from webapp.models.documents import Invoice
from webapp.services.accounts import stores
from webapp.services.sync.importing import order_decisions

pytestmark = pytest.mark.both_databases


@pytest.mark.parametrize(
    ("status", "fulfilled_by", "makes_one"),
    [
        ("PENDING", "MERCHANT", False),
        ("PENDING_AVAILABILITY", "MERCHANT", False),
        ("UNSHIPPED", "MERCHANT", True),
        ("PARTIALLY_SHIPPED", "MERCHANT", True),
        ("SHIPPED", "MERCHANT", True),
        ("CANCELLED", "MERCHANT", False),
        ("UNFULFILLABLE", "MERCHANT", False),
        ("A_WORD_OF_TOMORROW", "MERCHANT", False),
        ("PENDING", "AMAZON", False),
        ("UNSHIPPED", "AMAZON", False),
        ("PARTIALLY_SHIPPED", "AMAZON", False),
        ("SHIPPED", "AMAZON", True),
        ("CANCELLED", "AMAZON", False),
        ("UNSHIPPED", "", False),
    ],
)
def test_the_creation_rule(session, status, fulfilled_by, makes_one):
    an_account(session)
    incoming = an_order(status=status, fulfilled_by=fulfilled_by)

    imported(session, incoming)

    assert amazon_order_of(session, incoming).status == status
    assert (order_of(session, incoming) is not None) == makes_one


def test_an_inactive_store_blocks_with_its_cause_until_it_is_activated(session):
    account = an_account(session)
    stores.set_active(session, a_store(account), False, now=NOW, actor="test")
    incoming = an_order()

    counts = imported(session, incoming)

    assert (counts.blocked, counts.orders_created) == (1, 0)
    assert (amazon_order_of(session, incoming).blocked, order_of(session, incoming)) == ("store_inactive", None)
    stores.set_active(session, a_store(account), True, now=NOW, actor="test")
    made = order_decisions.retry_blocked(session, account.id, now=NOW, actor="test")
    session.commit()
    assert made == 1
    assert amazon_order_of(session, incoming).blocked is None
    order = the_order(session, incoming)
    assert order.ship_by == incoming.ship_by
    assert (order.total, order.subtotal, [i.order_item_id for i in order.items]) == (
        2600,
        2000,
        [incoming.items[0].order_item_id],
    )


@pytest.mark.parametrize(
    ("what", "cause"),
    [
        ({"total": None, "missing": frozenset({"PROCEEDS"})}, "total_missing"),
        ({"items": ()}, "no_items"),
        ({"items": (an_item(quantity=0),)}, "no_items"),
    ],
)
def test_missing_data_blocks_with_its_cause(session, what, cause):
    an_account(session)
    incoming = an_order(**what)

    imported(session, incoming)

    assert (amazon_order_of(session, incoming).blocked, order_of(session, incoming)) == (cause, None)


def test_with_import_disabled_amazon_orders_show_but_no_order_is_made(session):
    account = an_account(session)
    stores.change_settings(session, a_store(account), {"import_orders": "disabled"}, now=NOW, actor="test")

    counts = imported(session, an_order())

    assert (counts.new, counts.orders_created, counts.blocked) == (1, 0, 0)
    assert (amazon_order_of(session, an_order()).blocked, order_of(session, an_order())) == (None, None)


def test_orders_placed_before_the_store_was_connected_become_no_order(session):
    an_account(session)
    incoming = an_order(purchased_at=NOW - timedelta(days=31))

    imported(session, incoming)

    assert (amazon_order_of(session, incoming).status, order_of(session, incoming)) == ("UNSHIPPED", None)


def test_settings_decide_number_status_invoice_and_customer(session):
    account = an_account(session)
    values = {
        "order_number_source": "amazon",
        "customer_creation": "account",
        "order_status": "custom",
        "processing_status": "Pick today",
        "auto_invoice": "disabled",
    }
    stores.change_settings(session, a_store(account), values, now=NOW, actor="test")
    first = an_order(1, status="PARTIALLY_SHIPPED", items=(an_item(quantity=2, quantity_shipped=1),))
    same_buyer = an_order(2, buyer=first.buyer)
    other_buyer = an_order(3)

    imported(session, first, same_buyer, other_buyer)

    order = the_order(session, first)
    assert (order.number, order.state, order.status) == (first.number, "processing", "Pick today")
    assert (order.total_invoiced, session.scalar(select(func.count()).select_from(Invoice))) == (0, 0)
    assert the_order(session, same_buyer).customer_id == order.customer_id
    assert the_order(session, other_buyer).customer_id != order.customer_id
    assert session.scalar(select(func.count()).select_from(Customer)) == 2
    assert the_order(session, same_buyer).state == "new"
