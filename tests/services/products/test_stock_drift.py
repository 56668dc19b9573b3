"""Stock never drifts, whoever moves it at once and in whatever order."""

from collections import Counter
from copy import deepcopy
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from tests.services.products.test_stock_ledger import both, items, settled, take_back
from tests.support.factories import NOW, an_account, an_item, an_order, shipped_fields
from tests.support.order_processing import AUDIT_ARGS, create_orders, expect_refusal, run_concurrently
from tests.support.stock import a_product, check_no_drift, load_product, stock_counters
from webapp.domain.errors import AppError, RefusedError
from webapp.domain.invoicing.drafts import CreditRequest
from webapp.domain.shipping.parcels import Parcel
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.orders import Order
from webapp.models.products import StockHold, StockMovement
from webapp.queries.orders import orders
from webapp.services.invoicing import credit_memos
from webapp.services.products import csv_import as product_csv_import
from webapp.services.products import products
from webapp.services.shipping import shipments
from webapp.services.sync.importing.import_page import import_page

_accounts = count(1)


@pytest.fixture
def account(session):
    return an_account(session)


def test_the_database_takes_no_step_of_a_line_twice(session, account):
    a_product(session)
    create_orders(session, an_order(1))
    again = session.scalars(select(StockMovement).where(StockMovement.hold_id.is_not(None))).one()
    session.add(
        StockMovement(
            product_id=again.product_id,
            at=NOW,
            actor="test",
            kind="reserve",
            reserved_change=2,
            quantity=10,
            reserved=4,
            hold_id=again.hold_id,
            step=again.step,
        )
    )
    with pytest.raises(IntegrityError):
        session.commit()


def test_a_refused_step_moves_nothing(session, account):
    a_product(session)
    (order,) = create_orders(session, an_order(1))
    line = order.items[0].id

    def too_many():
        shipments.create(session, order.id, [Parcel(quantities={line: 3})], **AUDIT_ARGS)

    assert expect_refusal(too_many)[0] == "quantity_over"


@both
def test_eight_who_ship_import_and_count_at_once_leave_the_stock_exact(app, session, account):
    for sku in ("SKU-1", "SKU-2"):
        a_product(session, sku, quantity=1000)
    made = create_orders(
        session, *(an_order(n, items=items(2, 1) if n % 2 else items(2, 1)[::-1]) for n in range(1, 9))
    )
    ids = [order.id for order in made]
    first, second = load_product(session, "SKU-1").id, load_product(session, "SKU-2").id
    session.rollback()

    def ship(order_id):
        return lambda session: shipments.create(session, order_id, **AUDIT_ARGS)

    def bring(start):
        def work(session):
            for n in range(start, start + 10):
                import_page(session, 1, [an_order(n, items=items(1, 1))], now=NOW, actor="test")
                session.commit()

        return work

    def adjust(product_id):
        def work(session):
            for _ in range(10):
                products.adjust_quantity(session, product_id, 1, now=NOW, actor="test")

        return work

    steps = [*(ship(id_) for id_ in ids[:4]), bring(101), bring(106), adjust(first), adjust(second)]
    assert run_concurrently(app, *steps) == ["done"] * 8

    # Fifteen new ones, for two pages overlap; four of the first eight have left.
    assert stock_counters(session, "SKU-1") == (1000 + 10 - 8, 8 + 15, 1002 - 23)
    assert stock_counters(session, "SKU-2") == (1000 + 10 - 4, 4 + 15, 1006 - 19)
    check_no_drift(session)


VERBS = (
    *("arrive", "arrive", "ship there", "shrink", "cancel", "again", "ship", "ship", "take back", "refund"),
    *("refund to stock", "refund to stock", "ask to stock", "answer", "count", "file", "crash"),
)


STEPS = some.lists(
    some.tuples(some.sampled_from(VERBS), some.integers(0, 2), some.integers(0, 1), some.integers(1, 3)),
    min_size=4,
    max_size=25,
)


@both
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_stock_never_drifts_whatever_happens(session, steps):
    n = next(_accounts)
    History(session, an_account(session, name=f"Desk {n}", seller_id=f"A{n}SELLER")).live(steps)


class History:
    """Three orders of two lines each, of two products, and their expected state, computed without the stock tables."""

    def __init__(self, session, account):
        self.session, self.account_id = session, account.id
        self.amazon_orders = [{"status": "PENDING", "pieces": [3, 2], "sent": [0, 0]} for _ in range(3)]
        self.updates = 0
        for sku in ("SKU-1", "SKU-2"):
            a_product(session, sku, 20, account.id)
        # What would lie there if nothing had left: the last count, and what had left by then.
        self.base = {"SKU-1": 20, "SKU-2": 20}

    def live(self, steps):
        for verb, which, place, pieces in steps:
            try:
                getattr(self, verb.replace(" ", "_"))(which, place, pieces)
            except AppError:
                self.session.rollback()
            self.check()

    def page(self, which):
        self.updates += 1
        return [self.order(which, self.updates)]

    def order(self, which, updated):
        amazon_order = self.amazon_orders[which]
        lines = tuple(
            an_item(n, pieces, quantity_shipped=sent)
            for n, pieces, sent in zip((1, 2), amazon_order["pieces"], amazon_order["sent"], strict=True)
        )
        return an_order(which + 1, amazon_order["status"], updated=updated, items=lines)

    def import_order(self, which):
        import_page(self.session, self.account_id, self.page(which), now=NOW, actor="test")
        self.session.commit()

    def ours(self, which):
        self.session.expire_all()
        mine = select(Order).join(Order.amazon_order).where(AmazonOrder.account_id == self.account_id)
        found = self.session.scalar(mine.where(AmazonOrder.number == f"303-0000000-{which + 1:07}"))
        if found is None:
            raise RefusedError("order_unknown")
        return found

    def arrive(self, which, place, pieces):
        if self.amazon_orders[which]["status"] == "PENDING" and pieces > 1:
            self.amazon_orders[which]["status"] = "UNSHIPPED"
        self.import_order(which)

    def again(self, which, place, pieces):
        import_page(self.session, self.account_id, [self.order(which, self.updates)], now=NOW, actor="test")
        import_page(self.session, self.account_id, [self.order(which, 0)], now=NOW, actor="test")
        self.session.commit()

    def crash(self, which, place, pieces):
        before = (self.updates, deepcopy(self.amazon_orders))
        self.amazon_orders[which]["status"] = "SHIPPED"
        self.amazon_orders[which]["sent"] = list(self.amazon_orders[which]["pieces"])
        import_page(self.session, self.account_id, self.page(which), now=NOW, actor="test")
        self.session.rollback()
        self.updates, self.amazon_orders = before

    def ship_there(self, which, place, pieces):
        amazon_order = self.amazon_orders[which]
        if amazon_order["status"] in {"PENDING", "CANCELLED"}:
            return
        amazon_order["sent"][place] = min(amazon_order["pieces"][place], amazon_order["sent"][place] + pieces)
        amazon_order["status"] = "SHIPPED" if amazon_order["sent"] == amazon_order["pieces"] else "PARTIALLY_SHIPPED"
        self.import_order(which)

    def shrink(self, which, place, pieces):
        amazon_order = self.amazon_orders[which]
        amazon_order["pieces"][place] = max(amazon_order["sent"][place], amazon_order["pieces"][place] - pieces)
        self.import_order(which)

    def cancel(self, which, place, pieces):
        if not any(self.amazon_orders[which]["sent"]):
            self.amazon_orders[which]["status"] = "CANCELLED"
        self.import_order(which)

    def ship(self, which, place, pieces):
        order = self.ours(which)
        shipments.create(self.session, order.id, [Parcel(quantities={order.items[place].id: pieces})], **AUDIT_ARGS)

    def take_back(self, which, place, pieces):
        take_back(self.session, self.ours(which).id, place, pieces)

    def refund(self, which, place, pieces, back=()):
        order = self.ours(which)
        credit_memos.create(
            self.session,
            order.id,
            CreditRequest({order.items[place].id: pieces}, shipping=0),
            return_to_stock=back,
            **AUDIT_ARGS,
        )

    def refund_to_stock(self, which, place, pieces):
        self.refund(which, place, pieces, back=[self.ours(which).items[place].id])

    def ask_to_stock(self, which, place, pieces):
        order = self.ours(which)
        line = order.items[place].id
        about = {"on_amazon": True, "reason": "CustomerReturn", "return_to_stock": [line]} | AUDIT_ARGS
        credit_memos.create(self.session, order.id, CreditRequest({line: pieces}, shipping=0), **about)

    def answer(self, which, place, pieces):
        asked = [memo for memo in self.memos(self.ours(which)) if memo.state == "asked"]
        for memo in asked:
            settled(self.session, memo, "verified" if pieces > 1 else "undone")

    def count(self, which, place, pieces):
        sku = f"SKU-{place + 1}"
        left = self.left(sku)
        id_ = load_product(self.session, sku, self.account_id).id
        products.set_quantity(self.session, id_, pieces * 5, reason="counted", **AUDIT_ARGS)
        self.base[sku] = pieces * 5 + left

    def file(self, which, place, pieces):
        sku = f"SKU-{place + 1}"
        left = self.left(sku)
        kept = product_csv_import.create(
            self.session, self.account_id, "", f"sku,quantity\n{sku},{pieces * 7}", **AUDIT_ARGS
        )
        product_csv_import.confirm(self.session, kept.id, **AUDIT_ARGS)
        self.base[sku] = pieces * 7 + left

    def left(self, sku):
        """Pieces that have left and not come back, of the Orders themselves."""
        self.session.expire_all()
        left = 0
        mine = select(Order).join(Order.amazon_order).where(AmazonOrder.account_id == self.account_id)
        for order in self.session.scalars(mine):
            back = Counter()
            for memo in self.memos(order):
                for part in memo.items if memo.state in {"offline", "refunded"} else ():
                    back[part.order_item_id] += part.quantity if part.return_to_stock else 0
            for item in order.items:
                if item.sku == sku:
                    beyond = max(0, item.refunded - (item.ordered - item.shipped))
                    left += item.shipped - min(back[item.id], beyond)
        return left

    def memos(self, order):
        return orders.list_credit_memos(self.session, order.id)

    def check(self):
        check_no_drift(self.session)
        for sku, base in self.base.items():
            assert load_product(self.session, sku, self.account_id).quantity == base - self.left(sku)
        self.session.commit()


def test_a_hold_is_written_for_what_moved_and_for_nothing_else(session, account):
    a_product(session)
    create_orders(
        session, an_order(1, items=items(2, 1)), an_order(2, fulfilled_by="AMAZON", **shipped_fields(an_order(1)))
    )

    held = session.execute(select(StockHold.order_item_id, StockHold.reserved, StockHold.steps)).all()
    assert [tuple(row) for row in held] == [("90000000000001", 2, 1)]
