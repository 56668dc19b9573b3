"""A refund that Amazon refused, asked for again; and books that agree whatever is asked and answered."""

import random

import pytest
from sqlalchemy import select

from tests.support.factories import NOW, a_store, an_account, an_order
from tests.support.order_processing import AUDIT_ARGS, create_orders, expect_refusal, run_concurrently
from tests.support.refunds import ON_AMAZON, a_shipped_item, apply_feed_report
from webapp.domain.errors import AppError
from webapp.domain.invoicing.drafts import CreditRequest
from webapp.models.documents import CreditMemo
from webapp.models.orders import Order
from webapp.queries.invoicing import printing as printable_documents
from webapp.queries.invoicing import refundable as queries
from webapp.services.invoicing import credit_memos
from webapp.services.submissions import transitions as submission_transitions
from webapp.services.submissions import user_actions as submission_actions
from webapp.services.sync.importing.import_page import import_page


def asked_again(session, submission):
    return submission_actions.resubmit(session, submission.id, undo_seconds=30, **AUDIT_ARGS)


def test_what_amazon_refused_is_asked_for_again_once(session, order):
    """Nothing counts the pieces here, and there is money left for a second time."""
    goodwill = CreditRequest(dict.fromkeys([line.id for line in order.items], 0), 0, adjustment_refund=500)
    submission = apply_feed_report(session, credit_memos.create(session, order.id, goodwill, **ON_AMAZON), 0, 1)

    new = asked_again(session, submission)

    assert expect_refusal(lambda: asked_again(session, submission)) == ("refund_again_done", {})
    # Undone before it was sent, it can be requested once more.
    submission_actions.undo(session, new.id, **AUDIT_ARGS)
    newer = asked_again(session, submission)
    submission_transitions.reject(session, newer, "No.", NOW)
    session.commit()
    assert expect_refusal(lambda: asked_again(session, submission)) == ("refund_again_done", {})
    assert asked_again(session, newer).state == "queued"
    assert order.total_refunding == 500


def test_what_is_asked_for_again_is_what_was_refused_to_the_last_detail(session, order):
    first, second = [line.id for line in order.items]
    about = ON_AMAZON | {"reason": "PriceError", "return_to_stock": {first}}
    asked = CreditRequest({first: 1, second: 1}, 100, adjustment_refund=30, adjustment_fee=50)
    old = credit_memos.create(session, order.id, asked, **about)
    submission = apply_feed_report(session, old, 0, 1)

    new = asked_again(session, submission)

    memo = session.get_one(CreditMemo, int(new.subject))
    assert (old.state, memo.state, memo.id != old.id) == ("refused", "asked", True)
    for name in ("reason", "total", "shipping", "adjustment_refund", "adjustment_fee", "amazon_lines"):
        assert getattr(memo, name) == getattr(old, name), name
    assert [(i.order_item_id, i.quantity, i.return_to_stock) for i in memo.items] == [
        (first, 1, True),
        (second, 1, False),
    ]
    assert (new.details["again_of"], new.details["reason"]) == (submission.id, "PriceError")


def test_of_what_was_refused_in_part_only_that_part_is_asked_for_again(session, order):
    first, second = [line.id for line in order.items]
    old = credit_memos.create(session, order.id, CreditRequest({first: 1, second: 1}, 100), **ON_AMAZON)
    submission = apply_feed_report(session, old, 1)

    new = asked_again(session, submission)

    memo = session.get_one(CreditMemo, int(new.subject))
    # 10.00 with 4.00 tax and 1.00 off, and its half of the shipping.
    assert (old.total, memo.total, memo.shipping) == (1150 + 50, 1300 + 50, 50)
    assert [(i.order_item_id, i.quantity) for i in memo.items if i.quantity] == [(second, 1)]


def test_what_somebody_gave_back_meanwhile_is_not_asked_for_again(session, order):
    first = order.items[0].id
    submission = apply_feed_report(
        session, credit_memos.create(session, order.id, CreditRequest({first: 2}, 0), **ON_AMAZON), 0
    )
    assert submission_actions.resubmit_error(session, submission) is None

    credit_memos.create(session, order.id, CreditRequest({first: 1}, 0), **AUDIT_ARGS)
    assert expect_refusal(lambda: asked_again(session, submission)) == ("refund_again_gone", {})

    credit_memos.create(session, order.id, CreditRequest(), **AUDIT_ARGS)
    assert order.state == "closed"
    assert expect_refusal(lambda: asked_again(session, submission)) == ("refund_again_closed", {})
    assert submission_actions.resubmit_error(session, submission) == "refund_again_closed"


def test_what_amazon_refused_is_asked_for_again_in_one_of_two_tabs(app, session, order):
    goodwill = CreditRequest(dict.fromkeys([line.id for line in order.items], 0), 0, adjustment_refund=500)
    submission_id = apply_feed_report(session, credit_memos.create(session, order.id, goodwill, **ON_AMAZON), 0, 1).id
    session.commit()

    def again(own):
        submission_actions.resubmit(own, submission_id, undo_seconds=30, **AUDIT_ARGS)

    assert run_concurrently(app, again, again) == ["done", "refund_again_done"]
    session.expire_all()
    assert order.total_refunding == 500


def books_agree(session, order):
    """Ordered, invoiced, refunded and held, line by line and in money, as the documents say."""
    memos = session.scalars(select(CreditMemo).where(CreditMemo.order_id == order.id)).all()
    given = [memo for memo in memos if memo.state in ("offline", "refunded")]
    held = [memo for memo in memos if memo.state == "asked"]
    assert order.total_refunded == sum(memo.total for memo in given)
    assert order.total_refunding == sum(memo.total for memo in held)
    assert order.total_refunded + order.total_refunding <= order.total_invoiced
    for line in order.items:
        for counted, some in ((line.refunded, given), (line.refunding, held)):
            assert counted == sum(i.quantity for memo in some for i in memo.items if i.order_item_id == line.id)
    for memo in memos:
        adjustment = memo.adjustment_refund - memo.adjustment_fee
        assert memo.total == sum(i.total for i in memo.items) + adjustment
        if memo.state in ("asked", "refunded"):
            assert memo.total == sum(sum(row["parts"].values()) for row in memo.amazon_lines)
    refundable = queries.load_refundable(session, order)
    for line in refundable.lines.values():
        for name, paid in line.paid.items():
            assert 0 <= line.refunded[name] + line.pending[name] <= paid
    return (
        order.state,
        order.total_refunded,
        order.total_refunding,
        [(line.invoiced, line.shipped, line.refunded, line.refunding) for line in order.items],
        sorted((memo.number, memo.state, memo.total) for memo in memos),
    )


def step(session, order, chance):
    """One thing somebody does, or Amazon answers; what cannot be is refused and changes nothing."""
    asked = session.scalars(
        select(CreditMemo).where(CreditMemo.order_id == order.id, CreditMemo.state == "asked")
    ).all()
    if asked and chance.random() < 0.4:
        memo = chance.choice(asked)
        apply_feed_report(session, memo, *(place for place in range(len(memo.amazon_lines)) if chance.random() < 0.4))
        return
    pieces = {line.id: chance.randint(0, 2) for line in order.items}
    wish = CreditRequest(
        pieces, chance.choice((0, 0, chance.randint(0, 200))), chance.randint(0, 150), chance.randint(0, 150)
    )
    try:
        credit_memos.create(session, order.id, wish, **(ON_AMAZON if chance.random() < 0.7 else AUDIT_ARGS))
    except AppError:
        session.rollback()


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_asked_and_answered_the_books_agree_before_and_after_reading_the_order_again(session, seed):
    chance = random.Random(seed)
    account = an_account(session)
    a_store(account).auto_invoice = True
    session.commit()
    for n in range(1, 6):
        lines = tuple(
            a_shipped_item(
                10 * n + k,
                chance.randint(1, 4),
                price=chance.randint(1, 999),
                shipping=chance.randint(0, 99),
                tax=chance.randint(0, 99),
                discount=-chance.randint(0, 1),
                wrap=chance.choice((0, 50)),
            )
            for k in range(chance.randint(1, 3))
        )
        amazon_order = an_order(n, items=lines, status="SHIPPED")
        order = create_orders(session, amazon_order)[-1]
        for _ in range(12):
            step(session, order, chance)
            books_agree(session, order)
        before = books_agree(session, order)

        import_page(session, 1, [an_order(n, items=lines, status="SHIPPED", updated=5)], now=NOW, actor="test")
        session.commit()
        session.expire_all()

        assert books_agree(session, session.get_one(Order, order.id)) == before


def test_what_amazon_has_not_refunded_is_no_paper_for_anybody(session, order):
    first, second = [line.id for line in order.items]
    offline = credit_memos.create(session, order.id, CreditRequest({second: 1}, 0), **AUDIT_ARGS)
    asked = credit_memos.create(session, order.id, CreditRequest({first: 1}, 0), **ON_AMAZON)

    def printed():
        return printable_documents.list_of_orders(session, [order.id], ["credit_memo"])

    assert printed() == [("credit_memo", offline.id)]
    assert printable_documents.filter_existing(session, "credit_memo", [asked.id, offline.id]) == [
        ("credit_memo", offline.id)
    ]
    apply_feed_report(session, asked)
    assert printed() == [("credit_memo", offline.id), ("credit_memo", asked.id)]
