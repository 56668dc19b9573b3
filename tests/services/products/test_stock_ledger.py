"""What orders do to stock: it is held, leaves and comes back once, however often and in whatever order Amazon tells."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.support.factories import NOW, a_store, an_account, an_item, an_order, shipped_fields
from tests.support.order_processing import AUDIT_ARGS, create_orders, dump_tables
from tests.support.stock import a_product, check_no_drift, load_ledger, load_product, stock_counters
from webapp.domain.invoicing.drafts import CreditRequest
from webapp.domain.shipping.parcels import Parcel
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.orders import Order
from webapp.models.products import Product, StockMovement
from webapp.models.submissions import Submission
from webapp.services.accounts import stores
from webapp.services.invoicing import credit_memos
from webapp.services.orders import editing as order_editing
from webapp.services.products import products
from webapp.services.shipping import parcels, shipments
from webapp.services.submissions import refunds

both = pytest.mark.both_databases


@pytest.fixture
def account(session):
    return an_account(session)


def mirror(session, n=1):
    session.expire_all()
    return session.scalars(select(AmazonOrder).where(AmazonOrder.number == f"303-0000000-{n:07}")).one()


def set_store(session, account, **values):
    stores.change_settings(session, a_store(account), values, now=NOW, actor="test")


def items(*quantities, sent=()):
    """A line of each quantity, of SKU-1, SKU-2…; `sent`: how many of each Amazon counts as shipped."""
    gone = (*sent, *([0] * len(quantities)))
    return tuple(an_item(n, pieces, quantity_shipped=gone[n - 1]) for n, pieces in enumerate(quantities, start=1))


@both
def test_an_order_reserves_its_parcel_takes_and_a_return_gives_back(session, account):
    a_product(session)
    (order,) = create_orders(session, an_order(1, items=items(3)))
    line = order.items[0].id
    assert stock_counters(session) == (10, 3, 7)

    shipments.create(session, order.id, [Parcel(quantities={line: 2})], **AUDIT_ARGS)
    assert stock_counters(session) == (8, 1, 7)
    shipments.create(session, order.id, [Parcel(quantities={line: 1})], **AUDIT_ARGS)
    assert stock_counters(session) == (7, 0, 7)

    credit_memos.create(session, order.id, CreditRequest({line: 2}), return_to_stock=[line], **AUDIT_ARGS)
    assert stock_counters(session) == (9, 0, 9)
    credit_memos.create(session, order.id, CreditRequest({line: 1}), **AUDIT_ARGS)
    assert stock_counters(session) == (9, 0, 9)

    assert load_ledger(session) == [
        ("set", 10, 0),
        ("reserve", 0, 3),
        ("deduct", -2, -2),
        ("deduct", -1, -1),
        ("return", 2, 0),
    ]
    check_no_drift(session)


@both
def test_a_pending_order_holds_its_goods_until_it_is_an_order_and_a_cancelled_one_lets_go(session, account):
    a_product(session)
    create_orders(session, an_order(1, "PENDING"), an_order(2, "PENDING", items=items(1)))
    assert stock_counters(session) == (10, 3, 7)
    assert (mirror(session).reserved, mirror(session).note) == (True, "note_reserved")

    create_orders(session, an_order(1, "UNSHIPPED", updated=1), an_order(2, "CANCELLED", updated=1, items=items(1)))

    assert stock_counters(session) == (10, 2, 8)
    assert [mirror(session, n).reserved for n in (1, 2)] == [False, False]
    assert load_ledger(session) == [("set", 10, 0), ("reserve", 0, 2), ("reserve", 0, 1), ("release", 0, -1)]
    check_no_drift(session)


def test_a_store_that_reserves_nothing_for_pending_orders_reserves_once_they_are_orders(session, account):
    set_store(session, account, pending_orders="do_not_reserve")
    a_product(session)
    create_orders(session, an_order(1, "PENDING"))
    assert (stock_counters(session), mirror(session).reserved) == ((10, 0, 10), False)

    create_orders(session, an_order(1, updated=1))

    assert stock_counters(session) == (10, 2, 8)


def test_a_changed_setting_counts_for_the_orders_that_are_pending_now(session, account):
    a_product(session)
    create_orders(session, an_order(1, "PENDING"))

    set_store(session, account, pending_orders="do_not_reserve")
    assert (stock_counters(session), mirror(session).reserved) == ((10, 0, 10), False)

    set_store(session, account, pending_orders="reserve")
    assert (stock_counters(session), mirror(session).reserved) == ((10, 2, 8), True)
    check_no_drift(session)


@both
def test_what_amazon_tells_again_moves_nothing(session, account):
    a_product(session)
    amazon_orders = [
        an_order(1, items=items(2)),
        an_order(2, "PENDING", items=items(1)),
        an_order(3, **shipped_fields(an_order(1))),
    ]
    create_orders(session, *amazon_orders)
    before = dump_tables()

    create_orders(session, *amazon_orders, *reversed(amazon_orders))

    assert dump_tables() == before
    assert stock_counters(session) == (8, 3, 5)


def test_what_is_shipped_at_amazon_leaves_once(session, account):
    a_product(session)
    create_orders(session, an_order(1, items=items(3)))
    for updated in (1, 2):
        create_orders(session, an_order(1, "PARTIALLY_SHIPPED", updated=updated, items=items(3, sent=(2,))))
        assert stock_counters(session) == (8, 1, 7)

    create_orders(session, an_order(1, "SHIPPED", updated=3, items=items(3, sent=(3,))))

    assert stock_counters(session) == (7, 0, 7)
    check_no_drift(session)


def test_a_parcel_of_ours_that_amazon_shows_too_leaves_once(session, account):
    a_product(session)
    (order,) = create_orders(session, an_order(1))
    shipments.create(session, order.id, **AUDIT_ARGS)
    create_orders(session, an_order(1, updated=1, **shipped_fields(an_order(1))))

    assert stock_counters(session) == (8, 0, 8)


def test_an_order_that_arrives_shipped_has_left_if_it_was_bought_after_the_count(session, account):
    a_product(session)
    old = NOW - timedelta(days=1)
    create_orders(
        session,
        an_order(1, **shipped_fields(an_order(1))),
        an_order(2, purchased_at=old, **shipped_fields(an_order(2, items=items(4)))),
    )

    assert stock_counters(session) == (8, 0, 8)
    check_no_drift(session)


def test_a_parcel_taken_back_is_there_again(session, account):
    a_product(session)
    (order,) = create_orders(session, an_order(1))
    shipments.create(session, order.id, **AUDIT_ARGS)
    take_back(session, order.id, 0, 1)

    assert stock_counters(session) == (9, 1, 8)
    assert load_ledger(session)[-1] == ("take_back", 1, 1)
    check_no_drift(session)


def take_back(session, order_id, place, pieces):
    with order_editing.edit_order(session, order_id) as order:
        order.items[place].shipped -= min(pieces, order.items[place].shipped)
        order_editing.recompute(session, order, **AUDIT_ARGS)


def test_a_parcel_taken_back_of_an_order_that_amazon_cancelled_is_not_owed_to_anybody(session, account):
    a_product(session)
    (order,) = create_orders(session, an_order(1))
    shipment = shipments.create(session, order.id, **AUDIT_ARGS)
    create_orders(session, an_order(1, "CANCELLED", updated=1))

    parcels.delete(session, shipment.parcels[0].id, **AUDIT_ARGS)

    assert stock_counters(session) == (10, 0, 10)
    assert load_ledger(session)[-2:] == [("take_back", 2, 2), ("release", 0, -2)]
    check_no_drift(session)


def test_pieces_that_amazon_is_asked_to_refund_come_back_once_it_has(session, account):
    a_product(session)
    (order,) = create_orders(session, an_order(1, **shipped_fields(an_order(1))))
    line = order.items[0].id
    about = {"on_amazon": True, "reason": "CustomerReturn", "return_to_stock": [line]} | AUDIT_ARGS
    undone = credit_memos.create(session, order.id, CreditRequest({line: 1}, 0), **about)
    assert stock_counters(session) == (8, 0, 8)
    settled(session, undone, "undone")
    assert stock_counters(session) == (8, 0, 8)

    refunded = credit_memos.create(session, order.id, CreditRequest({line: 1}, 0), **about)
    settled(session, refunded, "verified")

    assert stock_counters(session) == (9, 0, 9)
    check_no_drift(session)


def settled(session, memo, what):
    """The credit memo after Amazon has answered, or the person has thought better of it."""
    asked = session.scalars(select(Submission).where(Submission.subject == str(memo.id))).one()
    refunds.RefundHandler().handle_event(session, asked, what, **AUDIT_ARGS)
    asked.open = False
    session.commit()


def test_amazons_goods_never_touch_the_sellers_own(session, account):
    a_product(session)
    create_orders(session, an_order(1, "PENDING", fulfilled_by="AMAZON"))
    create_orders(session, an_order(1, updated=1, fulfilled_by="AMAZON", **shipped_fields(an_order(1))))
    (order,) = session.scalars(select(Order))
    line = order.items[0].id
    credit_memos.create(session, order.id, CreditRequest({line: 1}), return_to_stock=[line], **AUDIT_ARGS)

    assert stock_counters(session) == (10, 0, 10)
    assert load_ledger(session) == [("set", 10, 0)]


def test_a_line_that_shrinks_at_amazon_holds_less(session, account):
    a_product(session)
    create_orders(session, an_order(1, items=items(3)))
    create_orders(session, an_order(1, updated=1, items=items(1)))
    assert stock_counters(session) == (10, 1, 9)
    create_orders(session, an_order(1, updated=2, items=(an_item(2, 1),)))

    assert stock_counters(session) == (10, 0, 10)


def test_pieces_refunded_before_they_left_are_free_again_and_do_not_come_back_twice(session, account):
    a_product(session)
    (order,) = create_orders(session, an_order(1, items=items(3)))
    line = order.items[0].id
    shipments.create(session, order.id, [Parcel(quantities={line: 1})], **AUDIT_ARGS)

    credit_memos.create(session, order.id, CreditRequest({line: 2}), return_to_stock=[line], **AUDIT_ARGS)
    assert stock_counters(session) == (9, 0, 9)
    credit_memos.create(session, order.id, CreditRequest({line: 1}), return_to_stock=[line], **AUDIT_ARGS)
    assert stock_counters(session) == (10, 0, 10)
    check_no_drift(session)


def test_pieces_of_a_parcel_older_than_the_count_are_added_when_they_return(session, account):
    (order,) = create_orders(session, an_order(1, items=items(3)))
    line = order.items[0].id
    shipments.create(session, order.id, **AUDIT_ARGS)
    credit_memos.create(session, order.id, CreditRequest({line: 1}), return_to_stock=[line], **AUDIT_ARGS)
    later = NOW + timedelta(hours=1)
    products.set_quantity(session, load_product(session).id, 10, now=later, actor="user:1")

    credit_memos.create(session, order.id, CreditRequest({line: 1}), return_to_stock=[line], now=later, actor="user:1")

    assert stock_counters(session) == (11, 0, 11)


def test_a_store_that_goes_lets_go_of_what_its_orders_held(session):
    account = an_account(session, ("DE", "FR"))
    a_product(session)
    create_orders(session, an_order(1, items=items(2)), an_order(2, items=items(1), country="FR"))
    assert stock_counters(session) == (10, 3, 7)

    stores.delete_store(session, a_store(account), a_store(account).name, now=NOW, actor="user:1")

    assert stock_counters(session) == (10, 1, 9)
    check_no_drift(session)
    session.expire_all()
    last = a_store(account, "FR")
    stores.delete_store(session, last, last.name, now=NOW, actor="user:1")
    assert session.scalars(select(Product)).all() == session.scalars(select(StockMovement)).all() == []
