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


def told(harness, number):
    return len(harness.world.effects("cancellation", number))


def feeds_at_amazon(harness):
    return harness.world.call_counts["createFeed"]


def test_a_cancellation_is_told_once_and_proved(harness, number):
    submission = harness.cancel(number)
    assert submission.state == "queued"
    harness.advance()
    harness.session.refresh(submission)
    assert (submission.state, feeds_at_amazon(harness)) == ("queued", 0)
    assert (harness.order(number).status, harness.commerce_order(number).state) == ("UNSHIPPED", "processing")

    harness.later(31)
    harness.advance_until_ended(submission)

    assert (submission.state, submission.request_id is not None) == ("verified", True)
    assert (harness.order(number).status, harness.order(number).cancelled_by) == ("CANCELLED", "MERCHANT")
    order = harness.commerce_order(number)
    assert (order.state, order.total_refunded) == ("canceled", order.total)
    assert harness.session.scalars(select(CreditMemo.total)).one() == order.total
    assert (told(harness, number), feeds_at_amazon(harness)) == (1, 1)
    kinds = harness.session.scalars(select(Event.kind).where(Event.submission_id == submission.id)).all()
    assert kinds == ["cancellation_requested", "cancellation_accepted", "cancellation_verified"]


def test_undone_in_time_amazon_hears_nothing(harness, number):
    submission = harness.cancel(number)

    submission_actions.undo(harness.session, submission.id, now=harness.clock(), actor="test")

    harness.later(60)
    assert harness.advance() == 0
    assert (submission.state, feeds_at_amazon(harness), harness.order(number).status) == ("undone", 0, "UNSHIPPED")


def test_once_it_is_being_sent_it_cannot_be_undone(harness, number):
    submission = harness.cancel(number)
    harness.later(31)
    harness.advance()

    with pytest.raises(RefusedError) as refused:
        submission_actions.undo(harness.session, submission.id, now=harness.clock(), actor="test")

    assert refused.value.code == "undo_too_late"


def test_many_cancellations_go_in_one_feed(harness):
    numbers = [harness.world.place(country) for country in ("DE", "FR", "GB", "DE", "SE")]
    harness.sync()
    asked = [harness.cancel(number) for number in numbers]
    harness.later(31)

    for submission in asked:
        harness.advance_until_ended(submission)

    assert [submission.state for submission in asked] == ["verified"] * 5
    assert feeds_at_amazon(harness) == 1
    assert [told(harness, number) for number in numbers] == [1] * 5


def test_the_next_feed_waits_for_its_slot(harness):
    first, second = harness.world.place("DE"), harness.world.place("DE")
    harness.sync()
    one = harness.cancel(first)
    harness.later(31)
    harness.advance_until_ended(one)
    other = harness.cancel(second)
    harness.later(31)

    harness.advance()

    harness.session.refresh(other)
    sent_at = harness.session.scalars(select(Feed.sending_at)).one()
    assert (other.state, (other.due_at - sent_at).total_seconds()) == ("queued", 120)
    assert feeds_at_amazon(harness) == 1


def test_rejected_by_amazon_its_words_are_kept_and_nothing_changes(harness, number):
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
    assert (again.state, told(harness, number)) == ("verified", 1)


def test_a_feed_that_ends_fatal_is_said(harness, number):
    harness.world.faults.arm("feed_fatal", "createFeed")
    submission = harness.cancel(number)
    harness.later(31)

    harness.advance_until_ended(submission)

    assert (submission.state, submission.cause) == ("rejected", "feed_failed")
    assert harness.commerce_order(number).state == "processing"


def test_trouble_is_kept_on_what_met_it_and_the_next_try_waits(harness, number):
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

    assert (submission.state, submission.cause, feeds_at_amazon(harness)) == ("verified", "cancelled_meanwhile", 0)
    assert harness.commerce_order(number).state == "canceled"


def test_shipped_meanwhile_it_is_refused_and_no_feed_is_sent(harness, number):
    submission = harness.cancel(number)
    harness.at_amazon(number, "ship")
    harness.later(31)

    harness.advance_until_ended(submission)

    assert (submission.state, submission.cause, feeds_at_amazon(harness)) == ("rejected", "cancel_shipped", 0)
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
def test_after_a_lost_answer_it_looks_and_tells_amazon_once(harness, number, fault):
    harness.world.faults.arm(fault, "createFeed")
    submission = harness.cancel(number)
    harness.later(31)

    harness.advance_until_ended(submission)

    assert (submission.state, told(harness, number), feeds_at_amazon(harness)) == ("verified", 1, 1)


@pytest.mark.parametrize("fault", ["hang", "error_500", "error_503_html"])
def test_what_never_reached_amazon_is_sent_again(harness, number, fault):
    options = {"seconds": 2.5} if fault == "hang" else {}
    harness.world.faults.arm(fault, "createFeed", **options)
    submission = harness.cancel(number)
    harness.later(31)

    harness.advance_until_ended(submission)

    assert (submission.state, told(harness, number)) == ("verified", 1)


@pytest.mark.parametrize("operation", ["createFeedDocument", "getFeed", "getFeedDocument", "getOrder"])
@pytest.mark.parametrize("fault", ["error_503_html", "malformed_json", "throttled_without_body"])
def test_trouble_on_the_way_only_delays_it(harness, number, operation, fault):
    harness.world.faults.arm(fault, operation, times=8)
    submission = harness.cancel(number)
    harness.later(31)

    harness.advance_until_ended(submission)

    assert (submission.state, told(harness, number), feeds_at_amazon(harness)) == ("verified", 1, 1)


def test_through_rest_where_amazon_has_opened_it(harness, number):
    harness.world.switches["rest_cancel"] = True
    submission = harness.cancel(number)
    harness.later(31)

    harness.advance_until_ended(submission, method="rest")

    assert (submission.state, told(harness, number), feeds_at_amazon(harness)) == ("verified", 1, 0)


def test_where_rest_is_closed_the_feed_carries_it(harness, number):
    submission = harness.cancel(number)
    harness.later(31)

    harness.advance_until_ended(submission, method="rest")

    assert (submission.state, told(harness, number), feeds_at_amazon(harness)) == ("verified", 1, 1)
    assert harness.world.call_counts["cancelOrder"] == 1


def test_a_lost_answer_of_rest_is_looked_for(harness, number):
    harness.world.switches["rest_cancel"] = True
    harness.world.faults.arm("lost_answer", "cancelOrder")
    submission = harness.cancel(number)
    harness.later(31)

    harness.advance_until_ended(submission, method="rest")

    assert (submission.state, told(harness, number)) == ("verified", 1)
    assert harness.world.call_counts["cancelOrder"] == 1
