"""Refunds asked of Amazon: what they hold, what they free, and what stops them before Amazon is asked."""

import pytest
from sqlalchemy import select

from tests.support.factories import NOW, a_component, an_account, an_item, an_order
from tests.support.order_processing import (
    AUDIT_ARGS,
    create_orders,
    create_processing_order,
    event_kinds,
    expect_refusal,
    run_concurrently,
)
from tests.support.refunds import ON_AMAZON, UNSHIPPED, a_shipped_item, nonzero_parts, submission_of
from webapp.domain.invoicing.drafts import CreditRequest
from webapp.models.documents import CreditMemo
from webapp.models.submissions import Submission
from webapp.queries.invoicing import refundable as queries
from webapp.services.invoicing import credit_memos
from webapp.services.shipping import shipments
from webapp.services.submissions import refunds
from webapp.services.submissions import transitions as submission_transitions
from webapp.services.submissions.handlers import PreflightFailure


def test_what_is_asked_for_is_held_and_nothing_else_happens(session, order):
    first, second = [line.id for line in order.items]

    memo = credit_memos.create(session, order.id, CreditRequest({first: 1}, 100), **ON_AMAZON)

    assert (memo.number, memo.state, memo.offline, memo.reason) == ("100001", "asked", False, "CustomerReturn")
    assert [(row["line"], row["cancelled"], nonzero_parts(row)) for row in memo.amazon_lines] == [
        (first, 0, {"item_price": 950, "item_tax": 200, "shipping_price": 50}),
        (second, 0, {"shipping_price": 50}),
    ]
    assert (order.state, order.total_refunded, order.total_refunding) == ("complete", 0, memo.total)
    assert [(line.refunded, line.refunding) for line in order.items] == [(0, 1), (0, 0)]
    assert event_kinds(session, order) == ["refund_requested"]
    refundable = queries.load_refundable(session, order)
    assert (refundable.refused, refundable.left.amount) == (None, f"{(order.total - memo.total) / 100:.2f}")
    assert nonzero_parts({"parts": refundable.lines[first].pending}) == {
        "item_price": 950,
        "item_tax": 200,
        "shipping_price": 50,
    }


def test_an_adjustment_is_carried_on_the_lines_and_a_fee_kept_of_them(session, order):
    first, _ = [line.id for line in order.items]
    asked = CreditRequest({first: 1}, 0, adjustment_refund=200, adjustment_fee=50)

    memo = credit_memos.create(session, order.id, asked, **ON_AMAZON)

    assert [nonzero_parts(row) for row in memo.amazon_lines] == [{"item_price": 1100, "item_tax": 200}]
    assert memo.total == 1300 == sum(nonzero_parts(memo.amazon_lines[0]).values())


def test_of_two_tabs_one_requests_and_the_other_is_refused(app, session, order):
    order_id, first = order.id, order.items[0].id
    session.commit()

    def ask(own):
        credit_memos.create(own, order_id, CreditRequest({first: 2}, 0), **ON_AMAZON)

    assert run_concurrently(app, ask, ask) == ["done", "quantity_over"]
    assert len(session.scalars(select(CreditMemo)).all()) == 1
    assert len(session.scalars(select(Submission)).all()) == 1


def test_of_an_offline_and_an_amazon_refund_at_once_one_is_refused(app, session, order):
    order_id = order.id
    session.commit()

    def ask(own):
        credit_memos.create(own, order_id, CreditRequest(), **ON_AMAZON)

    def offline(own):
        credit_memos.create(own, order_id, CreditRequest(), **AUDIT_ARGS)

    answers = run_concurrently(app, ask, offline)
    assert answers in (["cannot_refund", "done"], ["done", "nothing_to_refund"])
    session.expire_all()
    assert order.total_refunded + order.total_refunding == order.total


def test_what_amazon_has_no_part_for_is_refused_with_what_it_can_carry(session):
    an_account(session)
    parts_of = (a_component("ITEM", "10.00"), a_component("COD_FEE", "4.00"))
    one = an_item(1, 1, quantity_shipped=1, total=a_component("ITEM", "14.00").value, components=parts_of)
    (order,) = create_orders(session, an_order(items=(one,), status="SHIPPED"))
    session.commit()

    assert expect_refusal(lambda: credit_memos.create(session, order.id, CreditRequest(), **ON_AMAZON)) == (
        "refund_over_at_amazon",
        {"left": "10.00", "over": "4.00", "currency": "EUR"},
    )
    memo = credit_memos.create(session, order.id, CreditRequest(adjustment_fee=400), **ON_AMAZON)
    assert [nonzero_parts(row) for row in memo.amazon_lines] == [{"item_price": 1000}]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"status": "SHIPPED", "fulfilled_by": "AMAZON"}, "refund_fba"),
        (
            {"status": "UNSHIPPED", "items": (a_shipped_item(1, 2, shipped=0), a_shipped_item(2, 1, shipped=0))},
            "refund_cancel_instead",
        ),
        ({"status": "SHIPPED", "items": (an_item(1, components=(), quantity_shipped=2),)}, "refund_paid_unknown"),
    ],
)
def test_what_cannot_be_refunded_at_amazon_says_why_and_changes_nothing(session, fields, code):
    order = create_processing_order(session, **{"items": (a_shipped_item(1, 2), a_shipped_item(2, 1))} | fields)
    session.commit()
    assert expect_refusal(lambda: credit_memos.create(session, order.id, CreditRequest(), **ON_AMAZON))[0] == code


def test_shipped_here_but_not_yet_at_amazon_it_waits_for_amazon(session):
    order = create_processing_order(
        session, items=(a_shipped_item(1, 2, shipped=0), a_shipped_item(2, 1)), status="PARTIALLY_SHIPPED"
    )
    shipments.create(session, order.id, **AUDIT_ARGS)
    first = order.items[0].id

    code, about = expect_refusal(
        lambda: credit_memos.create(session, order.id, CreditRequest({first: 1}, 0), **ON_AMAZON)
    )

    assert (code, about) == ("refund_not_shipped", {"item": "SKU-1"})


def test_a_reason_amazon_does_not_have_is_refused(session, order):
    about = ON_AMAZON | {"reason": "BecauseISaySo"}
    assert (
        expect_refusal(lambda: credit_memos.create(session, order.id, CreditRequest(), **about))[0] == "reason_unknown"
    )


def test_units_that_will_not_be_shipped_need_a_reason_that_says_so(session):
    order = create_processing_order(
        session, items=(a_shipped_item(1, 2, shipped=1), a_shipped_item(2, 1)), status="PARTIALLY_SHIPPED"
    )
    unshipped, shipped = (CreditRequest({line.id: 1}, 0) for line in order.items)

    def create(request, reason):
        return credit_memos.create(session, order.id, request, **(ON_AMAZON | {"reason": reason}))

    assert expect_refusal(lambda: create(unshipped, "CustomerReturn"))[0] == "refund_reason_cancels"
    assert expect_refusal(lambda: create(shipped, "BuyerCanceled"))[0] == "refund_reason_only_cancels"
    assert create(unshipped, "BuyerCanceled").amazon_lines[0]["cancelled"] == 1
    assert create(shipped, "NoInventory").amazon_lines[0]["cancelled"] == 0


def test_what_amazon_is_asked_to_refund_is_not_shipped_meanwhile(session):
    order = create_processing_order(
        session, items=(a_shipped_item(1, 2, shipped=1), a_shipped_item(2, 1)), status="PARTIALLY_SHIPPED"
    )
    credit_memos.create(session, order.id, CreditRequest({order.items[0].id: 1}, 0), **UNSHIPPED)

    assert expect_refusal(lambda: shipments.create(session, order.id, **AUDIT_ARGS))[0] == "nothing_to_ship"
    assert order.state == "processing"


def test_cancelled_at_amazon_meanwhile_what_was_asked_for_is_given_back_without_asking(session):
    lines = (a_shipped_item(1, 2, shipped=1), a_shipped_item(2, 1))
    order = create_processing_order(session, items=lines, status="PARTIALLY_SHIPPED")
    memo = credit_memos.create(session, order.id, CreditRequest({order.items[0].id: 1}, 0), **UNSHIPPED)
    submission = submission_of(session, memo)
    create_orders(session, an_order(items=lines, status="CANCELLED", updated=5))
    assert (order.state, memo.state, order.total_refunding) == ("canceled", "asked", memo.total)

    objection = refunds.RefundHandler().check_preflight(session, submission)
    submission_transitions.reject(session, submission, None, NOW, cause=objection.cause)
    session.commit()

    assert (objection.cause, objection.conflict) == ("refund_cancelled", False)
    assert (memo.state, memo.offline, order.state) == ("offline", True, "canceled")
    assert (order.total_refunded, order.total_refunding) == (order.total_invoiced, 0)
    assert [(line.refunded, line.refunding) for line in order.items] == [(2, 0), (1, 0)]


def test_what_was_not_to_be_sent_and_was_sent_is_not_refunded(session):
    order = create_processing_order(
        session, items=(a_shipped_item(1, 2, shipped=1), a_shipped_item(2, 1)), status="PARTIALLY_SHIPPED"
    )
    memo = credit_memos.create(session, order.id, CreditRequest({order.items[0].id: 1}, 0), **UNSHIPPED)
    assert [row["cancelled"] for row in memo.amazon_lines] == [1]
    assert refunds.RefundHandler().check_preflight(session, submission_of(session, memo)) is None

    create_orders(session, an_order(items=(a_shipped_item(1, 2), a_shipped_item(2, 1)), status="SHIPPED", updated=5))

    assert refunds.RefundHandler().check_preflight(session, submission_of(session, memo)) == PreflightFailure(
        "refund_shipped_meanwhile"
    )


def test_what_the_buyer_has_paid_less_for_since_is_not_refunded(session, order):
    memo = credit_memos.create(session, order.id, CreditRequest({order.items[0].id: 2}, 0), **ON_AMAZON)

    create_orders(
        session, an_order(items=(a_shipped_item(1, 2, price=500), a_shipped_item(2, 1)), status="SHIPPED", updated=5)
    )

    assert refunds.RefundHandler().check_preflight(session, submission_of(session, memo)) == PreflightFailure(
        "refund_over_now"
    )
