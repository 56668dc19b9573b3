"""Orders of what a store may not or cannot sell: flagged and made, or blocked until the product is put right."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.services.products.test_stock_ledger import both, items, mirror, set_store, take_back
from tests.support.factories import NOW, an_account, an_item, an_order, shipped_fields
from tests.support.order_processing import AUDIT_ARGS, create_orders
from tests.support.stock import a_product, check_no_drift, load_product, stock_counters
from webapp.domain.errors import RefusedError
from webapp.domain.products.csv_import import Entry
from webapp.domain.shipping.parcels import Parcel
from webapp.models.orders import Order
from webapp.models.products import Product, StockMovement
from webapp.services.products import products
from webapp.services.shipping import shipments
from webapp.services.sync import manual_corrections
from webapp.services.sync.importing import order_decisions


@pytest.fixture
def account(session):
    return an_account(session)


@both
def test_an_unknown_sku_becomes_a_product_that_is_flagged_and_whose_stock_is_not_kept(session, account):
    create_orders(session, an_order(1), an_order(2, items=(an_item(1), an_item(2))), an_order(3, "PENDING"))

    products = session.scalars(select(Product).order_by(Product.sku)).all()
    assert [(one.sku, one.title, one.asin, one.flag, one.enabled, one.manage_stock) for one in products] == [
        ("SKU-1", "Article 1", "B000000001", "found", True, False),
        ("SKU-2", "Article 2", "B000000002", "found", True, False),
        ("SKU-3", "Article 3", "B000000003", "found", True, False),
    ]
    assert len(session.scalars(select(Order)).all()) == 2
    assert session.scalars(select(StockMovement)).all() == []
    assert not mirror(session, 3).reserved


def test_what_is_sold_although_it_is_disabled_is_flagged_and_ordered(session, account):
    a_product(session, enabled=False)
    assert load_product(session).flag == ""

    create_orders(session, an_order(1))

    assert load_product(session).flag == "sold_disabled"
    assert stock_counters(session) == (10, 2, 8)


def test_more_sold_than_there_is_makes_what_can_be_sold_negative_and_the_order_all_the_same(session, account):
    a_product(session, quantity=1)
    (order,) = create_orders(session, an_order(1))
    assert stock_counters(session) == (1, 2, -1)

    shipments.create(session, order.id, **AUDIT_ARGS)

    assert stock_counters(session) == (-1, 0, -1)
    check_no_drift(session)


@both
@pytest.mark.parametrize(
    ("wrong", "cause", "right"),
    [
        (None, "product_unknown", lambda session: a_product(session, quantity=5)),
        (
            {"enabled": False, "quantity": 5},
            "product_disabled",
            lambda session: products.update_product(session, 1, Entry("", enabled=True), **AUDIT_ARGS),
        ),
        (
            {"quantity": 1},
            "product_out_of_stock",
            lambda session: products.adjust_quantity(session, 1, 4, **AUDIT_ARGS),
        ),
    ],
)
def test_a_store_that_blocks_says_why_and_makes_the_order_once_the_product_is_right(
    session, account, wrong, cause, right
):
    set_store(session, account, unready_products="block")
    if wrong is not None:
        a_product(session, **wrong)
    create_orders(session, an_order(1))
    there = mirror(session)
    assert (there.blocked, there.note, there.note_args) == (cause, "note_blocked", {"cause": cause, "sku": "SKU-1"})
    assert order_decisions.retry_blocked(session, account.id, now=NOW, actor="test") == 0
    session.commit()
    with pytest.raises(RefusedError) as refusal:
        manual_corrections.create_order(session, there.id, **AUDIT_ARGS)
    assert refusal.value.code == cause
    assert session.scalars(select(Order)).all() == []

    right(session)

    (order,) = session.scalars(select(Order))
    there = mirror(session)
    assert (there.blocked, there.note) == (None, "note_order_created")
    assert stock_counters(session) == (5, 2, 3)
    check_no_drift(session)
    assert order.state == "processing"


def test_a_store_that_blocks_serves_the_first_buyer_first(session, account):
    set_store(session, account, unready_products="block")
    a_product(session, quantity=3)
    late, early = NOW - timedelta(minutes=10), NOW - timedelta(minutes=20)

    create_orders(
        session, an_order(2, items=items(2), purchased_at=late), an_order(1, items=items(2), purchased_at=early)
    )

    assert [mirror(session, n).blocked for n in (1, 2)] == [None, "product_out_of_stock"]
    assert stock_counters(session) == (3, 2, 1)


def test_a_pending_order_has_first_claim_to_what_it_held_and_no_two_hold_the_last_piece(session, account):
    set_store(session, account, unready_products="block")
    a_product(session, quantity=2)
    create_orders(session, an_order(1, "PENDING"), an_order(2, "PENDING", items=items(2)))
    assert stock_counters(session) == (2, 2, 0)

    create_orders(session, an_order(1, updated=1), an_order(2, updated=1, items=items(2)))

    assert [mirror(session, n).blocked for n in (1, 2)] == [None, "product_out_of_stock"]
    assert stock_counters(session) == (2, 2, 0)


def test_a_product_without_stock_blocks_nothing(session, account):
    set_store(session, account, unready_products="block")
    a_product(session, quantity=None)

    create_orders(session, an_order(1))

    assert mirror(session).blocked is None


@both
def test_stock_kept_from_now_on_holds_what_open_orders_still_need(session, account):
    shut = shipped_fields(an_order(4), items=items(5, sent=(5,)))
    (first, *_) = create_orders(
        session,
        an_order(1, items=items(3)),
        an_order(2, "PENDING", items=items(1)),
        an_order(3, "PENDING", items=items(1), fulfilled_by="AMAZON"),
        an_order(4, **shut),
    )
    shipments.create(session, first.id, [Parcel(quantities={first.items[0].id: 1})], **AUDIT_ARGS)
    id_ = load_product(session).id

    products.set_quantity(session, id_, 20, reason="counted", **AUDIT_ARGS)
    assert stock_counters(session) == (20, 3, 17)
    shipments.create(session, first.id, **AUDIT_ARGS)
    assert stock_counters(session) == (18, 1, 17)
    check_no_drift(session)

    products.update_product(session, id_, Entry("", manage_stock=False), **AUDIT_ARGS)
    assert stock_counters(session) == (18, 0, 18)
    take_back(session, first.id, 0, 2)
    assert load_product(session).quantity == 18
    products.update_product(session, id_, Entry("", manage_stock=True), **AUDIT_ARGS)
    assert stock_counters(session) == (18, 3, 15)
    check_no_drift(session)
