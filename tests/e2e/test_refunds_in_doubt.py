"""Refunds with an unknown outcome at Amazon: they are never resent automatically, a user decides."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.e2e.test_refund_at_amazon import TWO_LINES, refund_counts, refunded_at_amazon, send_and_finish, submission_of
from tests.support.account_harness import AmazonProxy
from tests.support.running_app import wait_until
from webapp.domain.amazon.errors import Forbidden, Throttled
from webapp.domain.amazon.types import FeedMessage, FeedReport
from webapp.domain.common.money import Money
from webapp.domain.errors import RefusedError
from webapp.domain.invoicing.amazon_refunds import Refund
from webapp.models.audit_log import Event
from webapp.services.submissions import feeds, refunds
from webapp.services.submissions import user_actions as submission_actions

pytestmark = pytest.mark.both_databases


@pytest.fixture
def number(harness):
    """A shipped order of two lines, with shipping and tax on them."""
    number = harness.world.place("DE", status="SHIPPED", lines=TWO_LINES)
    harness.sync()
    return number


@pytest.mark.parametrize("fault", ["lost_answer", "malformed_json", "truncated_body"])
def test_after_a_lost_response_the_feed_is_found_and_nothing_is_refunded_twice(harness, number, fault):
    harness.world.faults.arm(fault, "createFeed")
    memo = harness.refund(number)

    assert send_and_finish(harness, memo).state == "verified"
    assert harness.world.call_counts["createFeed"] == 1
    assert sum(refunded_at_amazon(harness, number).values()) == memo.total


@pytest.mark.parametrize("fault", ["hang", "error_500", "error_503_html"])
def test_a_feed_that_amazon_does_not_list_is_left_to_a_user(harness, number, fault):
    options = {"seconds": 2.5} if fault == "hang" else {}
    harness.world.faults.arm(fault, "createFeed", **options)
    memo = harness.refund(number)

    submission = send_and_finish(harness, memo)

    assert (submission.state, submission.cause) == ("unproved", "feed_lost")
    # Amazon counts a call when it lets go of it, which may be after the desk has given it up.
    wait_until(lambda: harness.world.call_counts["createFeed"])
    assert (harness.world.call_counts["createFeed"], refunded_at_amazon(harness, number)) == (1, {})
    assert harness.world.call_counts["getFeeds"] > 2
    # Nothing is given free before a person has said what happened.
    order = harness.commerce_order(number)
    assert (memo.state, order.total_refunding, order.total_refunded) == ("asked", memo.total, 0)
    with pytest.raises(RefusedError) as refused:
        submission_actions.resubmit(harness.session, submission.id, undo_seconds=0, now=harness.clock(), actor="test")
    assert refused.value.code == "refund_in_doubt"


def test_while_the_feed_is_looked_for_the_refund_shows_that_the_response_was_lost(harness, number):
    harness.world.faults.arm("lost_answer", "createFeed")
    submission = submission_of(harness, harness.refund(number))
    harness.later(31)

    harness.advance()

    harness.session.refresh(submission)
    assert (submission.state, submission.cause, submission.tries) == ("sending", "outcome_unknown", 1)
    assert submission.message


def test_two_feeds_that_match_after_a_lost_response_are_left_to_a_user(harness, number):
    """Another program of the seller's refunds as well."""
    other = harness.world.place("DE", status="SHIPPED")
    harness.sync()
    item = harness.order(other).items[0]
    # As many lines as ours has.
    theirs = Refund(other, item.order_item_id, "CustomerReturn", item_price=Money(100, "EUR"))
    marketplaces = [harness.order(other).store.marketplace_id]
    harness.session.rollback()
    harness.amazon.create_feed(harness.amazon.prepare_refunds(marketplaces, [theirs, theirs]))
    harness.world.faults.arm("lost_answer", "createFeed")
    memo = harness.refund(number)

    submission = send_and_finish(harness, memo)

    assert (submission.state, submission.cause) == ("unproved", "feed_ambiguous")
    assert harness.world.call_counts["createFeed"] == 2
    assert sum(refunded_at_amazon(harness, number).values()) == memo.total
    order = harness.commerce_order(number)
    assert (memo.state, order.total_refunding, order.total_refunded) == ("asked", memo.total, 0)


def test_a_feed_that_never_ends_is_left_to_a_user_and_the_next_refund_is_sent(harness, number):
    other = harness.world.place("DE", status="SHIPPED")
    harness.sync()
    harness.world.feed_seconds = 10**6
    memo = harness.refund(number)
    submission = submission_of(harness, memo)
    harness.later(31)
    harness.advance()
    harness.later(feeds.MAX_PROCESSING_TIME.total_seconds() - 60)
    harness.advance()
    harness.session.refresh(submission)
    assert submission.state == "sent"
    next_one = harness.refund(other)

    harness.later(121)
    harness.advance()

    harness.session.expire_all()
    assert (submission.state, submission.cause, memo.state) == ("unproved", "feed_never_ended", "asked")
    assert submission_of(harness, next_one).state == "sent"
    assert harness.world.call_counts["createFeed"] == 2


def refund_in_doubt(harness, number):
    harness.world.faults.arm("error_500", "createFeed")
    return send_and_finish(harness, harness.refund(number))


def test_a_refund_sent_again_by_a_user_is_carried_out_once(harness, number):
    submission = refund_in_doubt(harness, number)

    refunds.resend(harness.session, submission.id, now=harness.clock(), actor="user:1")

    harness.later(121)
    harness.advance_until_ended(submission)
    order = harness.commerce_order(number)
    assert (submission.state, order.state) == ("verified", "closed")
    assert sum(refunded_at_amazon(harness, number).values()) == order.total


def test_a_user_marks_a_refund_as_carried_out(harness, number):
    submission = refund_in_doubt(harness, number)

    refunds.mark_refunded(harness.session, submission.id, now=harness.clock(), actor="user:1")

    order = harness.commerce_order(number)
    assert (submission.state, order.state, order.total_refunded) == ("verified", "closed", order.total)
    assert (submission.message, submission.cause) == (None, None)
    assert refunds.load_memo(harness.session, submission).state == "refunded"
    event = harness.session.scalars(select(Event).where(Event.kind == "refund_verified")).one()
    assert (event.actor, event.order_id) == ("user:1", order.id)
    with pytest.raises(RefusedError) as refused:
        refunds.mark_not_refunded(harness.session, submission.id, now=harness.clock(), actor="user:1")
    assert refused.value.code == "refund_not_in_doubt"


def test_a_user_marks_a_refund_as_not_carried_out_and_the_amount_is_free(harness, number):
    submission = refund_in_doubt(harness, number)

    refunds.mark_not_refunded(harness.session, submission.id, now=harness.clock(), actor="user:1")

    order = harness.commerce_order(number)
    assert (submission.state, submission.cause, submission.message) == ("rejected", "refund_missed", None)
    assert (order.state, refund_counts(order)) == ("complete", ([(0, 0), (0, 0)], 0, 0))
    again = submission_actions.resubmit(
        harness.session, submission.id, undo_seconds=0, now=harness.clock(), actor="user:1"
    )
    harness.later(121)
    harness.advance_until_ended(again)
    assert (again.state, harness.commerce_order(number).state) == ("verified", "closed")


def test_a_contradictory_report_verifies_nothing(harness, number):
    harness.world.faults.arm("contradicting_report")
    memo = harness.refund(number)

    submission = send_and_finish(harness, memo)

    assert (submission.state, submission.cause) == ("unproved", "refund_report_contradicts")
    order = harness.commerce_order(number)
    assert (order.state, order.total_refunding, order.total_refunded) == ("complete", memo.total, 0)


def test_an_aborted_feed_may_have_refunded_so_a_user_decides(harness, number):
    harness.world.faults.arm("feed_fatal")

    submission = send_and_finish(harness, harness.refund(number))

    assert (submission.state, submission.cause) == ("unproved", "feed_aborted")


class WithReport(AmazonProxy):
    """A client whose feeds end with this report."""

    def __init__(self, amazon, report):
        super().__init__(amazon)
        self.report = report

    def feed(self, feed_id):
        return replace(self.amazon.feed(feed_id), result_document_id="report")

    def feed_report(self, refunded_at_amazon):
        assert refunded_at_amazon.result_document_id == "report"
        return self.report


NO = tuple(FeedMessage(place, "Error", "18102", "No.") for place in (1, 2))


@pytest.mark.parametrize(
    ("report", "state", "cause"),
    [
        # It counts no success and agrees with itself: nothing was refunded.
        (FeedReport(2, 0, 2, 0, NO), "rejected", "feed_failed"),
        (FeedReport(2, 1, 1, 0, NO[:1]), "unproved", "feed_aborted"),
        (FeedReport(2, 0, 1, 0, NO), "unproved", "feed_aborted"),
    ],
    ids=["none", "some", "who knows"],
)
def test_an_aborted_feed_is_rejected_only_if_its_report_counts_no_success(harness, number, report, state, cause):
    harness.world.faults.arm("feed_fatal")
    harness.amazon = WithReport(harness.amazon, report)

    submission = send_and_finish(harness, harness.refund(number))

    assert (submission.state, submission.cause) == (state, cause)
    order = harness.commerce_order(number)
    assert order.total_refunded == 0
    assert (order.total_refunding > 0) is (state == "unproved")


class Refusing(AmazonProxy):
    """A client whose feeds Amazon refuses with `error` until that is None."""

    def __init__(self, amazon, error):
        super().__init__(amazon)
        self.error = error

    def create_feed(self, prepared):
        if self.error is not None:
            raise self.error
        return self.amazon.create_feed(prepared)


def test_a_feed_that_amazon_refuses_refunds_nothing_and_frees_the_amount(harness, number):
    harness.amazon = Refusing(harness.amazon, Forbidden("The role is missing.", request_id="request-1"))

    memo = harness.refund(number)
    submission = send_and_finish(harness, memo)

    assert (submission.state, submission.message, submission.request_id) == (
        "rejected",
        "The role is missing.",
        "request-1",
    )
    assert (memo.state, refund_counts(harness.commerce_order(number))) == ("refused", ([(0, 0), (0, 0)], 0, 0))
    harness.amazon.error = None
    again = harness.refund(number)
    harness.later(121)
    assert (send_and_finish(harness, again).state, sum(refunded_at_amazon(harness, number).values())) == (
        "verified",
        again.total,
    )


def test_a_throttled_refund_waits_as_long_as_amazon_asks_and_is_sent_once(harness, number):
    harness.amazon = Refusing(harness.amazon, Throttled("Later.", wait=300))
    memo = harness.refund(number)
    submission = submission_of(harness, memo)
    harness.later(31)

    harness.advance()

    harness.session.refresh(submission)
    assert (submission.state, submission.cause, memo.state) == ("sending", "throttled", "asked")
    assert submission.due_at >= harness.clock() + timedelta(seconds=299)
    harness.amazon.error = None
    harness.later(301)
    harness.advance_until_ended(submission)
    assert (submission.state, harness.world.call_counts["createFeed"]) == ("verified", 1)
    assert sum(refunded_at_amazon(harness, number).values()) == memo.total
