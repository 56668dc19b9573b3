"""What orders do to stock: it is held, leaves and comes back once, however often and in whatever order Amazon tells."""

from collections import Counter
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from tests.factories import NOW, a_store, an_account, an_item, an_order, shipped
from tests.processing import BY, at_once, everything, imported, refused
from tests.stock import a_product, check_no_drift, counters, ledger, product
from webapp.actions import (
    amazon_orders,
    credit_memos,
    parcels,
    processing,
    products,
    refunds,
    shipments,
    stores,
    verdicts,
)
from webapp.actions.importing import import_page
from webapp.domain.documents import Refund
from webapp.domain.errors import DeskError, RefusedError
from webapp.domain.parcels import Parcel
from webapp.domain.products import Entry
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.orders import Order
from webapp.models.products import Product, StockHold, StockMovement
from webapp.models.submissions import Submission
from webapp.queries import orders

both = pytest.mark.both_databases


@pytest.fixture
def account(session):
    return an_account(session)


def mirror(session, n=1):
    session.expire_all()
    return session.scalars(select(AmazonOrder).where(AmazonOrder.number == f"303-0000000-{n:07}")).one()


def set_store(session, account, **values):
    stores.change_settings(session, a_store(account), values, now=NOW, by="test")


def items(*quantities, sent=()):
    """A line of each quantity, of SKU-1, SKU-2…; `sent`: how many of each Amazon counts as shipped."""
    gone = (*sent, *([0] * len(quantities)))
    return tuple(an_item(n, pieces, quantity_shipped=gone[n - 1]) for n, pieces in enumerate(quantities, start=1))


@both
def test_an_order_reserves_its_parcel_takes_and_a_return_gives_back(session, account):
    a_product(session)
    (order,) = imported(session, an_order(1, items=items(3)))
    line = order.items[0].id
    assert counters(session) == (10, 3, 7)

    shipments.create(session, order.id, [Parcel(quantities={line: 2})], **BY)
    assert counters(session) == (8, 1, 7)
    shipments.create(session, order.id, [Parcel(quantities={line: 1})], **BY)
    assert counters(session) == (7, 0, 7)

    credit_memos.create(session, order.id, Refund({line: 2}), return_to_stock=[line], **BY)
    assert counters(session) == (9, 0, 9)
    credit_memos.create(session, order.id, Refund({line: 1}), **BY)
    assert counters(session) == (9, 0, 9)

    assert ledger(session) == [
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
    imported(session, an_order(1, "PENDING"), an_order(2, "PENDING", items=items(1)))
    assert counters(session) == (10, 3, 7)
    assert (mirror(session).reserved, mirror(session).note) == (True, "note_reserved")

    imported(session, an_order(1, "UNSHIPPED", updated=1), an_order(2, "CANCELLED", updated=1, items=items(1)))

    assert counters(session) == (10, 2, 8)
    assert [mirror(session, n).reserved for n in (1, 2)] == [False, False]
    assert ledger(session) == [("set", 10, 0), ("reserve", 0, 2), ("reserve", 0, 1), ("release", 0, -1)]
    check_no_drift(session)


def test_a_store_that_reserves_nothing_for_pending_orders_reserves_once_they_are_orders(session, account):
    set_store(session, account, pending_orders="do_not_reserve")
    a_product(session)
    imported(session, an_order(1, "PENDING"))
    assert (counters(session), mirror(session).reserved) == ((10, 0, 10), False)

    imported(session, an_order(1, updated=1))

    assert counters(session) == (10, 2, 8)


def test_a_changed_setting_counts_for_the_orders_that_are_pending_now(session, account):
    a_product(session)
    imported(session, an_order(1, "PENDING"))

    set_store(session, account, pending_orders="do_not_reserve")
    assert (counters(session), mirror(session).reserved) == ((10, 0, 10), False)

    set_store(session, account, pending_orders="reserve")
    assert (counters(session), mirror(session).reserved) == ((10, 2, 8), True)
    check_no_drift(session)


@both
def test_what_amazon_tells_again_moves_nothing(session, account):
    a_product(session)
    said = [an_order(1, items=items(2)), an_order(2, "PENDING", items=items(1)), an_order(3, **shipped(an_order(1)))]
    imported(session, *said)
    before = everything()

    imported(session, *said, *reversed(said))

    assert everything() == before
    assert counters(session) == (8, 3, 5)


def test_what_is_shipped_at_amazon_leaves_once(session, account):
    a_product(session)
    imported(session, an_order(1, items=items(3)))
    for updated in (1, 2):
        imported(session, an_order(1, "PARTIALLY_SHIPPED", updated=updated, items=items(3, sent=(2,))))
        assert counters(session) == (8, 1, 7)

    imported(session, an_order(1, "SHIPPED", updated=3, items=items(3, sent=(3,))))

    assert counters(session) == (7, 0, 7)
    check_no_drift(session)


def test_a_parcel_of_ours_that_amazon_shows_too_leaves_once(session, account):
    a_product(session)
    (order,) = imported(session, an_order(1))
    shipments.create(session, order.id, **BY)
    imported(session, an_order(1, updated=1, **shipped(an_order(1))))

    assert counters(session) == (8, 0, 8)


def test_an_order_that_arrives_shipped_has_left_if_it_was_bought_after_the_count(session, account):
    a_product(session)
    old = NOW - timedelta(days=1)
    imported(
        session,
        an_order(1, **shipped(an_order(1))),
        an_order(2, purchased_at=old, **shipped(an_order(2, items=items(4)))),
    )

    assert counters(session) == (8, 0, 8)
    check_no_drift(session)


def test_a_parcel_taken_back_is_there_again(session, account):
    a_product(session)
    (order,) = imported(session, an_order(1))
    shipments.create(session, order.id, **BY)
    take_back(session, order.id, 0, 1)

    assert counters(session) == (9, 1, 8)
    assert ledger(session)[-1] == ("take_back", 1, 1)
    check_no_drift(session)


def take_back(session, order_id, place, pieces):
    with processing.changing(session, order_id) as order:
        order.items[place].shipped -= min(pieces, order.items[place].shipped)
        processing.settle(session, order, **BY)


def test_a_parcel_taken_back_of_an_order_that_amazon_cancelled_is_not_owed_to_anybody(session, account):
    a_product(session)
    (order,) = imported(session, an_order(1))
    shipment = shipments.create(session, order.id, **BY)
    imported(session, an_order(1, "CANCELLED", updated=1))

    parcels.take_back(session, shipment.parcels[0].id, **BY)

    assert counters(session) == (10, 0, 10)
    assert ledger(session)[-2:] == [("take_back", 2, 2), ("release", 0, -2)]
    check_no_drift(session)


def test_pieces_that_amazon_is_asked_to_refund_come_back_once_it_has(session, account):
    a_product(session)
    (order,) = imported(session, an_order(1, **shipped(an_order(1))))
    line = order.items[0].id
    about = {"on_amazon": True, "reason": "CustomerReturn", "return_to_stock": [line]} | BY
    undone = credit_memos.create(session, order.id, Refund({line: 1}, 0), **about)
    assert counters(session) == (8, 0, 8)
    settled(session, undone, "undone")
    assert counters(session) == (8, 0, 8)

    refunded = credit_memos.create(session, order.id, Refund({line: 1}, 0), **about)
    settled(session, refunded, "verified")

    assert counters(session) == (9, 0, 9)
    check_no_drift(session)


def settled(session, memo, what):
    """The credit memo after Amazon has answered, or the person has thought better of it."""
    asked = session.scalars(select(Submission).where(Submission.subject == str(memo.id))).one()
    refunds.KIND.outcome(session, asked, what, **BY)
    asked.open = False
    session.commit()


def test_amazons_goods_never_touch_the_sellers_own(session, account):
    a_product(session)
    imported(session, an_order(1, "PENDING", fulfilled_by="AMAZON"))
    imported(session, an_order(1, updated=1, fulfilled_by="AMAZON", **shipped(an_order(1))))
    (order,) = session.scalars(select(Order))
    line = order.items[0].id
    credit_memos.create(session, order.id, Refund({line: 1}), return_to_stock=[line], **BY)

    assert counters(session) == (10, 0, 10)
    assert ledger(session) == [("set", 10, 0)]


def test_a_line_that_shrinks_at_amazon_holds_less(session, account):
    a_product(session)
    imported(session, an_order(1, items=items(3)))
    imported(session, an_order(1, updated=1, items=items(1)))
    assert counters(session) == (10, 1, 9)
    imported(session, an_order(1, updated=2, items=(an_item(2, 1),)))

    assert counters(session) == (10, 0, 10)


def test_pieces_refunded_before_they_left_are_free_again_and_do_not_come_back_twice(session, account):
    a_product(session)
    (order,) = imported(session, an_order(1, items=items(3)))
    line = order.items[0].id
    shipments.create(session, order.id, [Parcel(quantities={line: 1})], **BY)

    credit_memos.create(session, order.id, Refund({line: 2}), return_to_stock=[line], **BY)
    assert counters(session) == (9, 0, 9)
    credit_memos.create(session, order.id, Refund({line: 1}), return_to_stock=[line], **BY)
    assert counters(session) == (10, 0, 10)
    check_no_drift(session)


@both
def test_an_unknown_sku_becomes_a_product_that_is_flagged_and_whose_stock_is_not_kept(session, account):
    imported(session, an_order(1), an_order(2, items=(an_item(1), an_item(2))), an_order(3, "PENDING"))

    found = session.scalars(select(Product).order_by(Product.sku)).all()
    assert [(one.sku, one.title, one.asin, one.flag, one.enabled, one.manage_stock) for one in found] == [
        ("SKU-1", "Article 1", "B000000001", "found", True, False),
        ("SKU-2", "Article 2", "B000000002", "found", True, False),
        ("SKU-3", "Article 3", "B000000003", "found", True, False),
    ]
    assert len(session.scalars(select(Order)).all()) == 2
    assert session.scalars(select(StockMovement)).all() == []
    assert not mirror(session, 3).reserved


def test_what_is_sold_although_it_is_disabled_is_flagged_and_ordered(session, account):
    a_product(session, enabled=False)
    assert product(session).flag == ""

    imported(session, an_order(1))

    assert product(session).flag == "sold_disabled"
    assert counters(session) == (10, 2, 8)


def test_more_sold_than_there_is_makes_what_can_be_sold_negative_and_the_order_all_the_same(session, account):
    a_product(session, quantity=1)
    (order,) = imported(session, an_order(1))
    assert counters(session) == (1, 2, -1)

    shipments.create(session, order.id, **BY)

    assert counters(session) == (-1, 0, -1)
    check_no_drift(session)


@both
@pytest.mark.parametrize(
    ("wrong", "cause", "right"),
    [
        (None, "product_unknown", lambda session: a_product(session, quantity=5)),
        (
            {"enabled": False, "quantity": 5},
            "product_disabled",
            lambda session: products.change(session, 1, Entry("", enabled=True), **BY),
        ),
        ({"quantity": 1}, "product_out_of_stock", lambda session: products.adjust(session, 1, 4, **BY)),
    ],
)
def test_a_store_that_blocks_says_why_and_makes_the_order_once_the_product_is_right(
    session, account, wrong, cause, right
):
    set_store(session, account, unready_products="block")
    if wrong is not None:
        a_product(session, **wrong)
    imported(session, an_order(1))
    there = mirror(session)
    assert (there.blocked, there.note, there.note_args) == (cause, "note_blocked", {"cause": cause, "sku": "SKU-1"})
    assert verdicts.retry_blocked(session, account.id, now=NOW, by="test") == 0
    session.commit()
    with pytest.raises(RefusedError) as refusal:
        amazon_orders.create_order(session, there.id, **BY)
    assert refusal.value.code == cause
    assert session.scalars(select(Order)).all() == []

    right(session)

    (order,) = session.scalars(select(Order))
    there = mirror(session)
    assert (there.blocked, there.note) == (None, "note_order_created")
    assert counters(session) == (5, 2, 3)
    check_no_drift(session)
    assert order.state == "processing"


def test_a_store_that_blocks_serves_the_first_buyer_first(session, account):
    set_store(session, account, unready_products="block")
    a_product(session, quantity=3)
    late, early = NOW - timedelta(minutes=10), NOW - timedelta(minutes=20)

    imported(session, an_order(2, items=items(2), purchased_at=late), an_order(1, items=items(2), purchased_at=early))

    assert [mirror(session, n).blocked for n in (1, 2)] == [None, "product_out_of_stock"]
    assert counters(session) == (3, 2, 1)


def test_a_pending_order_has_first_claim_to_what_it_held_and_no_two_hold_the_last_piece(session, account):
    set_store(session, account, unready_products="block")
    a_product(session, quantity=2)
    imported(session, an_order(1, "PENDING"), an_order(2, "PENDING", items=items(2)))
    assert counters(session) == (2, 2, 0)

    imported(session, an_order(1, updated=1), an_order(2, updated=1, items=items(2)))

    assert [mirror(session, n).blocked for n in (1, 2)] == [None, "product_out_of_stock"]
    assert counters(session) == (2, 2, 0)


def test_a_product_without_stock_blocks_nothing(session, account):
    set_store(session, account, unready_products="block")
    a_product(session, quantity=None)

    imported(session, an_order(1))

    assert mirror(session).blocked is None


@both
def test_stock_kept_from_now_on_holds_what_open_orders_still_need(session, account):
    shut = shipped(an_order(4), items=items(5, sent=(5,)))
    (first, *_) = imported(
        session,
        an_order(1, items=items(3)),
        an_order(2, "PENDING", items=items(1)),
        an_order(3, "PENDING", items=items(1), fulfilled_by="AMAZON"),
        an_order(4, **shut),
    )
    shipments.create(session, first.id, [Parcel(quantities={first.items[0].id: 1})], **BY)
    id_ = product(session).id

    products.count(session, id_, 20, reason="counted", **BY)
    assert counters(session) == (20, 3, 17)
    shipments.create(session, first.id, **BY)
    assert counters(session) == (18, 1, 17)
    check_no_drift(session)

    products.change(session, id_, Entry("", manage_stock=False), **BY)
    assert counters(session) == (18, 0, 18)
    take_back(session, first.id, 0, 2)
    assert product(session).quantity == 18
    products.change(session, id_, Entry("", manage_stock=True), **BY)
    assert counters(session) == (18, 3, 15)
    check_no_drift(session)


def test_pieces_of_a_parcel_older_than_the_count_are_added_when_they_return(session, account):
    (order,) = imported(session, an_order(1, items=items(3)))
    line = order.items[0].id
    shipments.create(session, order.id, **BY)
    credit_memos.create(session, order.id, Refund({line: 1}), return_to_stock=[line], **BY)
    later = NOW + timedelta(hours=1)
    products.count(session, product(session).id, 10, now=later, by="user:1")

    credit_memos.create(session, order.id, Refund({line: 1}), return_to_stock=[line], now=later, by="user:1")

    assert counters(session) == (11, 0, 11)


def test_a_store_that_goes_lets_go_of_what_its_orders_held(session):
    account = an_account(session, ("DE", "FR"))
    a_product(session)
    imported(session, an_order(1, items=items(2)), an_order(2, items=items(1), country="FR"))
    assert counters(session) == (10, 3, 7)

    stores.delete_store(session, a_store(account), a_store(account).name, now=NOW, by="user:1")

    assert counters(session) == (10, 1, 9)
    check_no_drift(session)
    session.expire_all()
    last = a_store(account, "FR")
    stores.delete_store(session, last, last.name, now=NOW, by="user:1")
    assert session.scalars(select(Product)).all() == session.scalars(select(StockMovement)).all() == []


def test_the_database_takes_no_step_of_a_line_twice(session, account):
    a_product(session)
    imported(session, an_order(1))
    again = session.scalars(select(StockMovement).where(StockMovement.hold_id.is_not(None))).one()
    session.add(
        StockMovement(
            product_id=again.product_id,
            at=NOW,
            by="test",
            kind="reserve",
            held=2,
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
    (order,) = imported(session, an_order(1))
    line = order.items[0].id

    def too_many():
        shipments.create(session, order.id, [Parcel(quantities={line: 3})], **BY)

    assert refused(too_many)[0] == "quantity_over"


@both
def test_eight_who_ship_import_and_count_at_once_leave_the_stock_exact(app, session, account):
    for sku in ("SKU-1", "SKU-2"):
        a_product(session, sku, quantity=1000)
    made = imported(session, *(an_order(n, items=items(2, 1) if n % 2 else items(2, 1)[::-1]) for n in range(1, 9)))
    ids = [order.id for order in made]
    first, second = product(session, "SKU-1").id, product(session, "SKU-2").id
    session.rollback()

    def ship(order_id):
        return lambda session: shipments.create(session, order_id, **BY)

    def bring(start):
        def work(session):
            for n in range(start, start + 10):
                import_page(session, 1, [an_order(n, items=items(1, 1))], now=NOW, by="test")
                session.commit()

        return work

    def adjust(product_id):
        def work(session):
            for _ in range(10):
                products.adjust(session, product_id, 1, now=NOW, by="test")

        return work

    steps = [*(ship(id_) for id_ in ids[:4]), bring(101), bring(106), adjust(first), adjust(second)]
    assert at_once(app, *steps) == ["done"] * 8

    # Fifteen new ones, for two pages overlap; four of the first eight have left.
    assert counters(session, "SKU-1") == (1000 + 10 - 8, 8 + 15, 1002 - 23)
    assert counters(session, "SKU-2") == (1000 + 10 - 4, 4 + 15, 1006 - 19)
    check_no_drift(session)


_accounts = count(1)
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
    """Three orders of two lines each, of two products, and what is known of them without looking at stock."""

    def __init__(self, session, account):
        self.session, self.account_id = session, account.id
        self.said = [{"status": "PENDING", "pieces": [3, 2], "sent": [0, 0]} for _ in range(3)]
        self.told = 0
        for sku in ("SKU-1", "SKU-2"):
            a_product(session, sku, 20, account.id)
        # What would lie there if nothing had left: the last count, and what had left by then.
        self.base = {"SKU-1": 20, "SKU-2": 20}

    def live(self, steps):
        for verb, which, place, pieces in steps:
            try:
                getattr(self, verb.replace(" ", "_"))(which, place, pieces)
            except DeskError:
                self.session.rollback()
            self.check()

    def page(self, which):
        self.told += 1
        return [self.order(which, self.told)]

    def order(self, which, updated):
        said = self.said[which]
        lines = tuple(
            an_item(n, pieces, quantity_shipped=sent)
            for n, pieces, sent in zip((1, 2), said["pieces"], said["sent"], strict=True)
        )
        return an_order(which + 1, said["status"], updated=updated, items=lines)

    def tell(self, which):
        import_page(self.session, self.account_id, self.page(which), now=NOW, by="test")
        self.session.commit()

    def ours(self, which):
        self.session.expire_all()
        mine = select(Order).join(Order.amazon_order).where(AmazonOrder.account_id == self.account_id)
        found = self.session.scalar(mine.where(AmazonOrder.number == f"303-0000000-{which + 1:07}"))
        if found is None:
            raise RefusedError("order_unknown")
        return found

    def arrive(self, which, place, pieces):
        if self.said[which]["status"] == "PENDING" and pieces > 1:
            self.said[which]["status"] = "UNSHIPPED"
        self.tell(which)

    def again(self, which, place, pieces):
        import_page(self.session, self.account_id, [self.order(which, self.told)], now=NOW, by="test")
        import_page(self.session, self.account_id, [self.order(which, 0)], now=NOW, by="test")
        self.session.commit()

    def crash(self, which, place, pieces):
        before = (self.told, [dict(one, pieces=list(one["pieces"]), sent=list(one["sent"])) for one in self.said])
        self.said[which]["status"] = "SHIPPED"
        self.said[which]["sent"] = list(self.said[which]["pieces"])
        import_page(self.session, self.account_id, self.page(which), now=NOW, by="test")
        self.session.rollback()
        self.told, self.said = before

    def ship_there(self, which, place, pieces):
        said = self.said[which]
        if said["status"] in {"PENDING", "CANCELLED"}:
            return
        said["sent"][place] = min(said["pieces"][place], said["sent"][place] + pieces)
        said["status"] = "SHIPPED" if said["sent"] == said["pieces"] else "PARTIALLY_SHIPPED"
        self.tell(which)

    def shrink(self, which, place, pieces):
        said = self.said[which]
        said["pieces"][place] = max(said["sent"][place], said["pieces"][place] - pieces)
        self.tell(which)

    def cancel(self, which, place, pieces):
        if not any(self.said[which]["sent"]):
            self.said[which]["status"] = "CANCELLED"
        self.tell(which)

    def ship(self, which, place, pieces):
        order = self.ours(which)
        shipments.create(self.session, order.id, [Parcel(quantities={order.items[place].id: pieces})], **BY)

    def take_back(self, which, place, pieces):
        take_back(self.session, self.ours(which).id, place, pieces)

    def refund(self, which, place, pieces, back=()):
        order = self.ours(which)
        credit_memos.create(
            self.session, order.id, Refund({order.items[place].id: pieces}, shipping=0), return_to_stock=back, **BY
        )

    def refund_to_stock(self, which, place, pieces):
        self.refund(which, place, pieces, back=[self.ours(which).items[place].id])

    def ask_to_stock(self, which, place, pieces):
        order = self.ours(which)
        line = order.items[place].id
        about = {"on_amazon": True, "reason": "CustomerReturn", "return_to_stock": [line]} | BY
        credit_memos.create(self.session, order.id, Refund({line: pieces}, shipping=0), **about)

    def answer(self, which, place, pieces):
        asked = [memo for memo in self.memos(self.ours(which)) if memo.state == "asked"]
        for memo in asked:
            settled(self.session, memo, "verified" if pieces > 1 else "undone")

    def count(self, which, place, pieces):
        sku = f"SKU-{place + 1}"
        left = self.left(sku)
        id_ = product(self.session, sku, self.account_id).id
        products.count(self.session, id_, pieces * 5, reason="counted", **BY)
        self.base[sku] = pieces * 5 + left

    def file(self, which, place, pieces):
        sku = f"SKU-{place + 1}"
        left = self.left(sku)
        kept = products.keep_file(self.session, self.account_id, "", f"sku,quantity\n{sku},{pieces * 7}", **BY)
        products.confirm_file(self.session, kept.id, **BY)
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
        return orders.credit_memos(self.session, order.id)

    def check(self):
        check_no_drift(self.session)
        for sku, base in self.base.items():
            assert product(self.session, sku, self.account_id).quantity == base - self.left(sku)
        self.session.commit()


def test_a_hold_is_written_for_what_moved_and_for_nothing_else(session, account):
    a_product(session)
    imported(session, an_order(1, items=items(2, 1)), an_order(2, fulfilled_by="AMAZON", **shipped(an_order(1))))

    held = session.execute(select(StockHold.order_item_id, StockHold.reserved, StockHold.steps)).all()
    assert [tuple(row) for row in held] == [("90000000000001", 2, 1)]
