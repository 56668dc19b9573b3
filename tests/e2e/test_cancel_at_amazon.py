import pytest
from sqlalchemy import select

from webapp.domain.errors import InvalidError, RefusedError
from webapp.models.audit_log import Event
from webapp.models.documents import CreditMemo
from webapp.models.submissions import Feed, Submission
from webapp.services.submissions import user_actions as submission_actions

pytestmark = pytest.mark.both_databases


@pytest.fixture
def number(harness):
    """An unshipped order that has arrived."""
    number = harness.world.place("DE")
    harness.sync()
    return number


def count_cancellations(harness, number):
    return len(harness.world.effects("cancellation", number))


def count_feeds(harness):
    return harness.world.call_counts["createFeed"]


def test_a_cancellation_is_sent_once_and_verified(harness, number):
    submission = harness.cancel(number)
    assert submission.state == "queued"
    harness.advance()
    harness.session.refresh(submission)
    assert (submission.state, count_feeds(harness)) == ("queued", 0)
    assert (harness.order(number).status, harness.commerce_order(number).state) == ("UNSHIPPED", "processing")

    harness.later(31)
    harness.advance_until_ended(submission)

    assert (submission.state, submission.request_id is not None) == ("verified", True)
    assert (harness.order(number).status, harness.order(number).cancelled_by) == ("CANCELLED", "MERCHANT")
    order = harness.commerce_order(number)
    assert (order.state, order.total_refunded) == ("canceled", order.total)
    assert harness.session.scalars(select(CreditMemo.total)).one() == order.total
    assert (count_cancellations(harness, number), count_feeds(harness)) == (1, 1)
    kinds = harness.session.scalars(select(Event.kind).where(Event.submission_id == submission.id)).all()
    assert kinds == ["cancellation_requested", "cancellation_accepted", "cancellation_verified"]


def test_a_cancellation_undone_in_time_is_not_sent(harness, number):
    submission = harness.cancel(number)

    submission_actions.undo(harness.session, submission.id, now=harness.clock(), actor="test")

    harness.later(60)
    assert harness.advance() == 0
    assert (submission.state, count_feeds(harness), harness.order(number).status) == ("undone", 0, "UNSHIPPED")


def test_a_cancellation_that_is_being_sent_cannot_be_undone(harness, number):
    submission = harness.cancel(number)
    harness.later(31)
    harness.advance()

    with pytest.raises(RefusedError) as refused:
        submission_actions.undo(harness.session, submission.id, now=harness.clock(), actor="test")

    assert refused.value.code == "undo_too_late"


def test_many_cancellations_go_in_one_feed(harness):
    numbers = [harness.world.place(country) for country in ("DE", "FR", "GB", "DE", "SE")]
    harness.sync()
    submissions = [harness.cancel(number) for number in numbers]
    harness.later(31)

    for submission in submissions:
        harness.advance_until_ended(submission)

    assert [submission.state for submission in submissions] == ["verified"] * 5
    assert count_feeds(harness) == 1
    assert [count_cancellations(harness, number) for number in numbers] == [1] * 5


def test_the_next_feed_waits_for_the_feed_interval(harness):
    first, second = harness.world.place("DE"), harness.world.place("DE")
    harness.sync()
    submission = harness.cancel(first)
    harness.later(31)
    harness.advance_until_ended(submission)
    next_submission = harness.cancel(second)
    harness.later(31)

    harness.advance()

    harness.session.refresh(next_submission)
    sent_at = harness.session.scalars(select(Feed.sending_at)).one()
    assert (next_submission.state, (next_submission.due_at - sent_at).total_seconds()) == ("queued", 120)
    assert count_feeds(harness) == 1


def test_a_rejection_keeps_amazons_message_and_changes_nothing(harness, number):
    harness.world.faults.arm("feed_rejected", "createFeed")
    submission = harness.cancel(number)
    harness.later(31)

    harness.advance_until_ended(submission)

    assert submission.state == "rejected"
    assert submission.message
    assert (harness.order(number).status, harness.commerce_order(number).state) == ("UNSHIPPED", "processing")
    assert harness.order(number).note == "note_cancel_rejected"
    again = harness.cancel(number)
    harness.later(130)
    harness.advance_until_ended(again)
    assert (again.state, count_cancellations(harness, number)) == ("verified", 1)


def test_a_fatal_feed_is_reported(harness, number):
    harness.world.faults.arm("feed_fatal", "createFeed")
    submission = harness.cancel(number)
    harness.later(31)

    harness.advance_until_ended(submission)

    assert (submission.state, submission.cause) == ("rejected", "feed_failed")
    assert harness.commerce_order(number).state == "processing"


def test_an_error_is_recorded_on_the_submission_and_the_next_try_waits(harness, number):
    submission = harness.cancel(number)
    harness.later(31)
    harness.world.faults.arm("error_500", "getOrder", times=None)

    harness.advance()

    harness.session.refresh(submission)
    assert (submission.state, submission.cause, submission.tries) == ("queued", "unavailable", 1)
    assert submission.due_at > harness.clock()
    calls = harness.world.call_counts["getOrder"]
    harness.advance()
    assert harness.world.call_counts["getOrder"] == calls


def test_the_buyer_cancels_meanwhile_and_no_feed_is_sent(harness, number):
    submission = harness.cancel(number)
    harness.at_amazon(number, "cancel", actor="BUYER")
    harness.later(31)

    harness.advance_until_ended(submission)

    assert (submission.state, submission.cause, count_feeds(harness)) == ("verified", "cancelled_meanwhile", 0)
    assert harness.commerce_order(number).state == "canceled"


def test_shipped_meanwhile_it_is_refused_and_no_feed_is_sent(harness, number):
    submission = harness.cancel(number)
    harness.at_amazon(number, "ship")
    harness.later(31)

    harness.advance_until_ended(submission)

    assert (submission.state, submission.cause, count_feeds(harness)) == ("rejected", "cancel_shipped", 0)
    assert harness.commerce_order(number).state == "complete"


def test_a_second_click_is_refused_and_there_is_one_submission(harness, number):
    harness.cancel(number)

    with pytest.raises(RefusedError) as refused:
        harness.cancel(number)

    assert refused.value.code == "cancel_requested_already"
    assert len(harness.session.scalars(select(Submission)).all()) == 1


@pytest.mark.parametrize(
    ("wishes", "code"),
    [
        ({"status": "PENDING"}, "cancel_pending"),
        ({"status": "SHIPPED"}, "cancel_shipped"),
        ({"status": "PARTIALLY_SHIPPED"}, "cancel_partially_shipped"),
        ({"status": "CANCELLED"}, "cancel_cancelled_already"),
        ({"fulfilled_by": "AMAZON"}, "cancel_fba"),
    ],
)
def test_what_cannot_be_cancelled_says_why(harness, wishes, code):
    number = harness.world.place("DE", **wishes)
    harness.sync()

    with pytest.raises(RefusedError) as refused:
        harness.cancel(number)

    assert refused.value.code == code
    assert harness.session.scalars(select(Submission)).all() == []


def test_a_reason_amazon_does_not_have_is_refused(harness, number):
    with pytest.raises(InvalidError) as refused:
        harness.cancel(number, "BecauseISaySo")

    assert (refused.value.code, refused.value.field) == ("reason_unknown", "reason")


@pytest.mark.parametrize("fault", ["lost_answer", "malformed_json", "truncated_body"])
def test_after_a_lost_response_the_change_is_looked_for_and_sent_once(harness, number, fault):
    harness.world.faults.arm(fault, "createFeed")
    submission = harness.cancel(number)
    harness.later(31)

    harness.advance_until_ended(submission)

    assert (submission.state, count_cancellations(harness, number), count_feeds(harness)) == ("verified", 1, 1)


@pytest.mark.parametrize("fault", ["hang", "error_500", "error_503_html"])
def test_what_never_reached_amazon_is_sent_again(harness, number, fault):
    options = {"seconds": 2.5} if fault == "hang" else {}
    harness.world.faults.arm(fault, "createFeed", **options)
    submission = harness.cancel(number)
    harness.later(31)

    harness.advance_until_ended(submission)

    assert (submission.state, count_cancellations(harness, number)) == ("verified", 1)


@pytest.mark.parametrize("operation", ["createFeedDocument", "getFeed", "getFeedDocument", "getOrder"])
@pytest.mark.parametrize("fault", ["error_503_html", "malformed_json", "throttled_without_body"])
def test_a_temporary_error_only_delays_the_cancellation(harness, number, operation, fault):
    harness.world.faults.arm(fault, operation, times=8)
    submission = harness.cancel(number)
    harness.later(31)

    harness.advance_until_ended(submission)

    assert (submission.state, count_cancellations(harness, number), count_feeds(harness)) == ("verified", 1, 1)


def test_a_cancellation_uses_rest_where_amazon_offers_it(harness, number):
    harness.world.switches["rest_cancel"] = True
    submission = harness.cancel(number)
    harness.later(31)

    harness.advance_until_ended(submission, method="rest")

    assert (submission.state, count_cancellations(harness, number), count_feeds(harness)) == ("verified", 1, 0)


def test_a_cancellation_uses_a_feed_where_rest_is_not_available(harness, number):
    submission = harness.cancel(number)
    harness.later(31)

    harness.advance_until_ended(submission, method="rest")

    assert (submission.state, count_cancellations(harness, number), count_feeds(harness)) == ("verified", 1, 1)
    assert harness.world.call_counts["cancelOrder"] == 1


def test_a_lost_response_of_the_rest_call_is_looked_for(harness, number):
    harness.world.switches["rest_cancel"] = True
    harness.world.faults.arm("lost_answer", "cancelOrder")
    submission = harness.cancel(number)
    harness.later(31)

    harness.advance_until_ended(submission, method="rest")

    assert (submission.state, count_cancellations(harness, number)) == ("verified", 1)
    assert harness.world.call_counts["cancelOrder"] == 1
