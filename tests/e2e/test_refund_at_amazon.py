"""Refunds at Amazon: each is sent once, verified by Amazon's report, and never resent automatically."""

import pytest
from sqlalchemy import select

from webapp.domain.common.money import Money
from webapp.domain.errors import AppError, RefusedError
from webapp.models.audit_log import Event
from webapp.models.documents import CreditMemo
from webapp.models.submissions import Submission
from webapp.queries.invoicing import refundable as queries
from webapp.services.submissions import refunds
from webapp.services.submissions import user_actions as submission_actions

pytestmark = pytest.mark.both_databases

TWO_LINES = ((0, 2), (1, 1))


@pytest.fixture
def number(harness):
    """A shipped order of two lines, with shipping and tax on them."""
    number = harness.world.place("DE", status="SHIPPED", lines=TWO_LINES)
    harness.sync()
    return number


def refunded_at_amazon(harness, number):
    """Return what Amazon has refunded of the order, in minor units by Amazon's item ID."""
    amounts: dict[str, int] = {}
    for entry in harness.world.effects("refund", number):
        amount = Money.parse(entry["total"]["amount"], entry["total"]["currencyCode"])
        amounts[entry["order_item_id"]] = amounts.get(entry["order_item_id"], 0) + amount.minor
    return amounts


def lines(harness, number):
    return [item.id for item in harness.commerce_order(number).items]


def submission_of(harness, memo):
    statement = select(Submission).where(Submission.kind == "refund", Submission.subject == str(memo.id))
    return harness.session.scalars(statement).one()


def send_and_finish(harness, memo):
    submission = submission_of(harness, memo)
    harness.later(31)
    harness.advance_until_ended(submission)
    harness.session.expire_all()
    return submission


def refund_counts(order):
    return [(item.refunded, item.refunding) for item in order.items], order.total_refunded, order.total_refunding


def test_one_line_is_refunded_then_the_rest_and_the_order_is_closed(harness, number):
    first, _ = lines(harness, number)
    order = harness.commerce_order(number)
    assert order.state == "complete"

    memo = harness.refund(number, {first: 1}, 0)

    submission = submission_of(harness, memo)
    assert (memo.state, memo.offline, submission.state) == ("asked", False, "queued")
    order = harness.commerce_order(number)
    assert (order.state, *refund_counts(order)) == ("complete", [(0, 1), (0, 0)], 0, memo.total)
    assert refunded_at_amazon(harness, number) == {}
    submission = send_and_finish(harness, memo)
    order = harness.commerce_order(number)
    assert (submission.state, memo.state, order.state) == ("verified", "refunded", "complete")
    assert refund_counts(order) == ([(1, 0), (0, 0)], memo.total, 0)
    assert refunded_at_amazon(harness, number) == {order.items[0].order_item_id: memo.total}

    rest = harness.refund(number)

    assert send_and_finish(harness, rest).state == "verified"
    order = harness.commerce_order(number)
    assert (order.state, order.total_refunded) == ("closed", order.total)
    assert sum(refunded_at_amazon(harness, number).values()) == memo.total + rest.total == order.total
    assert queries.load_refundable(harness.session, order).left.minor == 0
    kinds = harness.session.scalars(
        select(Event.kind).where(Event.submission_id == submission.id).order_by(Event.id)
    ).all()
    assert kinds == ["refund_requested", "refund_accepted", "refund_verified"]


def test_every_refunded_component_at_amazon_is_the_requested_one(harness, number):
    memo = harness.refund(number)
    send_and_finish(harness, memo)

    entries = {entry["order_item_id"]: entry["amounts"] for entry in harness.world.effects("refund", number)}
    assert entries == {
        row["item"]: {
            f"{name.replace('_', '-')}-adj": {"amount": Money(amount, "EUR").amount, "currencyCode": "EUR"}
            for name, amount in row["parts"].items()
            if amount
        }
        for row in memo.amazon_lines
    }


def test_a_refund_undone_in_time_is_not_sent_and_frees_the_amount(harness, number):
    memo = harness.refund(number)

    submission_actions.undo(harness.session, submission_of(harness, memo).id, now=harness.clock(), actor="test")

    harness.later(60)
    assert harness.advance() == 0
    order = harness.commerce_order(number)
    assert (memo.state, refund_counts(order), refunded_at_amazon(harness, number)) == (
        "undone",
        ([(0, 0), (0, 0)], 0, 0),
        {},
    )
    assert send_and_finish(harness, harness.refund(number)).state == "verified"


def test_the_same_refund_from_a_second_tab_is_refused_and_changes_nothing(harness, number):
    first, _ = lines(harness, number)
    memo = harness.refund(number, {first: 2})

    with pytest.raises(AppError) as refused:
        harness.refund(number, {first: 1})

    assert (refused.value.code, refused.value.arguments["left"]) == ("quantity_over", 0)
    assert harness.session.scalars(select(CreditMemo.id)).all() == [memo.id]
    assert len(harness.session.scalars(select(Submission)).all()) == 1


def test_while_one_feed_is_under_way_the_next_refund_waits(harness, number):
    other = harness.world.place("DE", status="SHIPPED")
    harness.sync()
    harness.world.feed_seconds = 3600
    memo = harness.refund(number)
    harness.later(31)
    harness.advance()
    next_memo = harness.refund(other)
    harness.later(600)
    harness.advance()

    assert (submission_of(harness, memo).state, submission_of(harness, next_memo).state) == ("sent", "queued")
    assert harness.world.call_counts["createFeed"] == 1


def test_many_refunds_go_in_one_feed_with_a_result_each(harness, number):
    other = harness.world.place("DE", status="SHIPPED", lines=((0, 1),))
    harness.sync()
    memo, other_memo = harness.refund(number), harness.refund(other)
    # Somebody refunds the second one in Seller Central meanwhile.
    harness.at_amazon(other, "refund")

    assert send_and_finish(harness, memo).state == "verified"
    assert submission_of(harness, other_memo).state == "rejected"
    assert harness.world.call_counts["createFeed"] == 1
    assert "18102" in submission_of(harness, other_memo).message
    assert (other_memo.state, refund_counts(harness.commerce_order(other))) == ("refused", ([(0, 0)], 0, 0))


def test_refused_lines_of_a_credit_memo_can_be_resubmitted_and_the_rest_stays(harness, number):
    first, second = harness.commerce_order(number).items
    harness.at_amazon(number, "refund", item=second.order_item_id)
    memo = harness.refund(number)
    total, numbers = memo.total, memo.number

    submission = send_and_finish(harness, memo)

    assert (submission.state, submission.cause) == ("rejected", "refund_partly_refused")
    assert "18102" in submission.message
    order = harness.commerce_order(number)
    assert (memo.state, memo.number, [item.order_item_id for item in memo.items]) == ("refunded", numbers, [first.id])
    assert 0 < memo.total < total
    assert refund_counts(order) == ([(2, 0), (0, 0)], memo.total, 0)
    assert (
        refunded_at_amazon(harness, number)[first.order_item_id] == memo.total == sum(item.total for item in memo.items)
    )
    assert order.state == "complete"

    again = submission_actions.resubmit(
        harness.session, submission.id, undo_seconds=0, now=harness.clock(), actor="test"
    )

    rest = refunds.load_memo(harness.session, again)
    assert (rest.total, [item.order_item_id for item in rest.items]) == (total - memo.total, [second.id])
    assert harness.commerce_order(number).total_refunding == rest.total


def test_refused_lines_are_matched_to_their_credit_memo_in_a_shared_feed(harness, number):
    others = [harness.world.place("DE", status="SHIPPED", lines=TWO_LINES) for _ in range(2)]
    harness.sync()
    memos = [harness.refund(order_number) for order_number in (number, *others)]
    # Of the first order the first item is refunded already, of the second one nothing, of the third one the second.
    refunded_items = [
        harness.commerce_order(number).items[0].order_item_id,
        harness.commerce_order(others[1]).items[1].order_item_id,
    ]
    harness.at_amazon(number, "refund", item=refunded_items[0])
    harness.at_amazon(others[1], "refund", item=refunded_items[1])

    send_and_finish(harness, memos[0])

    assert [submission_of(harness, memo).state for memo in memos] == ["rejected", "verified", "rejected"]
    assert harness.world.call_counts["createFeed"] == 1
    sent_items = [[row["item"] for row in memo.amazon_lines] for memo in memos]
    items = [
        [item.order_item_id for item in harness.commerce_order(order_number).items]
        for order_number in (number, *others)
    ]
    assert sent_items == [items[0][1:], items[1], items[2][:1]]
    for memo, order_number in zip(memos, (number, *others), strict=True):
        assert memo.total == sum(
            minor for item, minor in refunded_at_amazon(harness, order_number).items() if item not in refunded_items
        )


def test_a_refund_rejected_as_a_whole_changes_nothing_and_can_be_resubmitted(harness, number):
    harness.world.faults.arm("feed_rejected")
    memo = harness.refund(number, adjustment_fee=100)

    submission = send_and_finish(harness, memo)

    assert (submission.state, memo.state, refunded_at_amazon(harness, number)) == ("rejected", "refused", {})
    assert refund_counts(harness.commerce_order(number)) == ([(0, 0), (0, 0)], 0, 0)
    again = submission_actions.resubmit(
        harness.session, submission.id, undo_seconds=0, now=harness.clock(), actor="test"
    )
    new = refunds.load_memo(harness.session, again)
    assert (new.total, new.adjustment_fee) == (memo.total, 100)
    harness.later(121)
    harness.advance_until_ended(again)
    assert (again.state, sum(refunded_at_amazon(harness, number).values())) == ("verified", memo.total)


def test_units_that_will_not_be_shipped_are_cancelled_with_their_refund(harness):
    number = harness.world.place("DE", status="PARTIALLY_SHIPPED", lines=((0, 2),))
    harness.sync()
    (line,) = lines(harness, number)
    memo = harness.refund(number, {line: 1}, reason="NoInventory")
    assert [row["cancelled"] for row in memo.amazon_lines] == [1]

    send_and_finish(harness, memo)

    assert [entry["quantity_cancelled"] for entry in harness.world.effects("refund", number)] == [1]
    assert harness.commerce_order(number).state == "complete"


@pytest.mark.parametrize(
    ("wishes", "code"),
    [
        ({"fulfilled_by": "AMAZON", "status": "SHIPPED"}, "refund_fba"),
        ({"status": "UNSHIPPED"}, "refund_cancel_instead"),
    ],
)
def test_what_amazon_cannot_refund_says_why_and_changes_nothing(harness, wishes, code):
    number = harness.world.place("DE", **wishes)
    harness.sync()

    with pytest.raises(RefusedError) as refused:
        harness.refund(number)

    assert refused.value.code == code
    assert harness.session.scalars(select(CreditMemo)).all() == []
    assert harness.session.scalars(select(Submission)).all() == []


def test_a_refund_of_a_store_that_became_read_only_is_not_sent(harness, number):
    memo = harness.refund(number)
    harness.order(number).store.import_orders = False
    harness.session.commit()

    submission = send_and_finish(harness, memo)

    assert (submission.state, submission.cause, memo.state) == ("rejected", "refund_read_only", "refused")
    assert harness.world.call_counts["createFeed"] == 0


def test_syncing_the_order_again_keeps_its_refunds(harness, number):
    send_and_finish(harness, harness.refund(number, {lines(harness, number)[0]: 1}, 0))
    before = refund_counts(harness.commerce_order(number))

    harness.world.orders[number].body["lastUpdatedTime"] = "2099-01-01T00:00:00Z"
    harness.sync()

    assert refund_counts(harness.commerce_order(number)) == before
