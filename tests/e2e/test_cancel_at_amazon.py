import pytest
from sqlalchemy import select

from webapp.domain.errors import InvalidError, RefusedError
from webapp.models.audit_log import Event
from webapp.models.documents import CreditMemo
from webapp.models.submissions import Feed, Submission
from webapp.services.submissions import user_actions as submission_actions

pytestmark = pytest.mark.both_databases


@pytest.fixture
def number(desk):
    """An unshipped order that has arrived."""
    number = desk.world.place("DE")
    desk.sync()
    return number


def told(desk, number):
    return len(desk.world.effects("cancellation", number))


def feeds_at_amazon(desk):
    return desk.world.call_counts["createFeed"]


def test_a_cancellation_is_told_once_and_proved(desk, number):
    submission = desk.cancel(number)
    assert submission.state == "queued"
    desk.advance()
    desk.session.refresh(submission)
    assert (submission.state, feeds_at_amazon(desk)) == ("queued", 0)
    assert (desk.order(number).status, desk.commerce_order(number).state) == ("UNSHIPPED", "processing")

    desk.later(31)
    desk.advance_until_ended(submission)

    assert (submission.state, submission.request_id is not None) == ("verified", True)
    assert (desk.order(number).status, desk.order(number).cancelled_by) == ("CANCELLED", "MERCHANT")
    order = desk.commerce_order(number)
    assert (order.state, order.total_refunded) == ("canceled", order.total)
    assert desk.session.scalars(select(CreditMemo.total)).one() == order.total
    assert (told(desk, number), feeds_at_amazon(desk)) == (1, 1)
    kinds = desk.session.scalars(select(Event.kind).where(Event.submission_id == submission.id)).all()
    assert kinds == ["cancellation_requested", "cancellation_accepted", "cancellation_verified"]


def test_undone_in_time_amazon_hears_nothing(desk, number):
    submission = desk.cancel(number)

    submission_actions.undo(desk.session, submission.id, now=desk.clock(), actor="test")

    desk.later(60)
    assert desk.advance() == 0
    assert (submission.state, feeds_at_amazon(desk), desk.order(number).status) == ("undone", 0, "UNSHIPPED")


def test_once_it_is_being_sent_it_cannot_be_undone(desk, number):
    submission = desk.cancel(number)
    desk.later(31)
    desk.advance()

    with pytest.raises(RefusedError) as refused:
        submission_actions.undo(desk.session, submission.id, now=desk.clock(), actor="test")

    assert refused.value.code == "undo_too_late"


def test_many_cancellations_go_in_one_feed(desk):
    numbers = [desk.world.place(country) for country in ("DE", "FR", "GB", "DE", "SE")]
    desk.sync()
    asked = [desk.cancel(number) for number in numbers]
    desk.later(31)

    for submission in asked:
        desk.advance_until_ended(submission)

    assert [submission.state for submission in asked] == ["verified"] * 5
    assert feeds_at_amazon(desk) == 1
    assert [told(desk, number) for number in numbers] == [1] * 5


def test_the_next_feed_waits_for_its_slot(desk):
    first, second = desk.world.place("DE"), desk.world.place("DE")
    desk.sync()
    one = desk.cancel(first)
    desk.later(31)
    desk.advance_until_ended(one)
    other = desk.cancel(second)
    desk.later(31)

    desk.advance()

    desk.session.refresh(other)
    sent_at = desk.session.scalars(select(Feed.sending_at)).one()
    assert (other.state, (other.due_at - sent_at).total_seconds()) == ("queued", 120)
    assert feeds_at_amazon(desk) == 1


def test_rejected_by_amazon_its_words_are_kept_and_nothing_changes(desk, number):
    desk.world.faults.arm("feed_rejected", "createFeed")
    submission = desk.cancel(number)
    desk.later(31)

    desk.advance_until_ended(submission)

    assert submission.state == "rejected"
    assert submission.message
    assert (desk.order(number).status, desk.commerce_order(number).state) == ("UNSHIPPED", "processing")
    assert desk.order(number).note == "note_cancel_rejected"
    again = desk.cancel(number)
    desk.later(130)
    desk.advance_until_ended(again)
    assert (again.state, told(desk, number)) == ("verified", 1)


def test_a_feed_that_ends_fatal_is_said(desk, number):
    desk.world.faults.arm("feed_fatal", "createFeed")
    submission = desk.cancel(number)
    desk.later(31)

    desk.advance_until_ended(submission)

    assert (submission.state, submission.cause) == ("rejected", "feed_failed")
    assert desk.commerce_order(number).state == "processing"


def test_trouble_is_kept_on_what_met_it_and_the_next_try_waits(desk, number):
    submission = desk.cancel(number)
    desk.later(31)
    desk.world.faults.arm("error_500", "getOrder", times=None)

    desk.advance()

    desk.session.refresh(submission)
    assert (submission.state, submission.cause, submission.tries) == ("queued", "unavailable", 1)
    assert submission.due_at > desk.clock()
    calls = desk.world.call_counts["getOrder"]
    desk.advance()
    assert desk.world.call_counts["getOrder"] == calls


def test_the_buyer_cancels_meanwhile_and_no_feed_is_sent(desk, number):
    submission = desk.cancel(number)
    desk.at_amazon(number, "cancel", by="BUYER")
    desk.later(31)

    desk.advance_until_ended(submission)

    assert (submission.state, submission.cause, feeds_at_amazon(desk)) == ("verified", "cancelled_meanwhile", 0)
    assert desk.commerce_order(number).state == "canceled"


def test_shipped_meanwhile_it_is_refused_and_no_feed_is_sent(desk, number):
    submission = desk.cancel(number)
    desk.at_amazon(number, "ship")
    desk.later(31)

    desk.advance_until_ended(submission)

    assert (submission.state, submission.cause, feeds_at_amazon(desk)) == ("rejected", "cancel_shipped", 0)
    assert desk.commerce_order(number).state == "complete"


def test_a_second_click_is_refused_and_there_is_one_submission(desk, number):
    desk.cancel(number)

    with pytest.raises(RefusedError) as refused:
        desk.cancel(number)

    assert refused.value.code == "cancel_requested_already"
    assert len(desk.session.scalars(select(Submission)).all()) == 1


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
def test_what_cannot_be_cancelled_says_why(desk, wishes, code):
    number = desk.world.place("DE", **wishes)
    desk.sync()

    with pytest.raises(RefusedError) as refused:
        desk.cancel(number)

    assert refused.value.code == code
    assert desk.session.scalars(select(Submission)).all() == []


def test_a_reason_amazon_does_not_have_is_refused(desk, number):
    with pytest.raises(InvalidError) as refused:
        desk.cancel(number, "BecauseISaySo")

    assert (refused.value.code, refused.value.field) == ("reason_unknown", "reason")


@pytest.mark.parametrize("fault", ["lost_answer", "malformed_json", "truncated_body"])
def test_after_a_lost_answer_it_looks_and_tells_amazon_once(desk, number, fault):
    desk.world.faults.arm(fault, "createFeed")
    submission = desk.cancel(number)
    desk.later(31)

    desk.advance_until_ended(submission)

    assert (submission.state, told(desk, number), feeds_at_amazon(desk)) == ("verified", 1, 1)


@pytest.mark.parametrize("fault", ["hang", "error_500", "error_503_html"])
def test_what_never_reached_amazon_is_sent_again(desk, number, fault):
    options = {"seconds": 2.5} if fault == "hang" else {}
    desk.world.faults.arm(fault, "createFeed", **options)
    submission = desk.cancel(number)
    desk.later(31)

    desk.advance_until_ended(submission)

    assert (submission.state, told(desk, number)) == ("verified", 1)


@pytest.mark.parametrize("operation", ["createFeedDocument", "getFeed", "getFeedDocument", "getOrder"])
@pytest.mark.parametrize("fault", ["error_503_html", "malformed_json", "throttled_without_body"])
def test_trouble_on_the_way_only_delays_it(desk, number, operation, fault):
    desk.world.faults.arm(fault, operation, times=8)
    submission = desk.cancel(number)
    desk.later(31)

    desk.advance_until_ended(submission)

    assert (submission.state, told(desk, number), feeds_at_amazon(desk)) == ("verified", 1, 1)


def test_through_rest_where_amazon_has_opened_it(desk, number):
    desk.world.switches["rest_cancel"] = True
    submission = desk.cancel(number)
    desk.later(31)

    desk.advance_until_ended(submission, method="rest")

    assert (submission.state, told(desk, number), feeds_at_amazon(desk)) == ("verified", 1, 0)


def test_where_rest_is_closed_the_feed_carries_it(desk, number):
    submission = desk.cancel(number)
    desk.later(31)

    desk.advance_until_ended(submission, method="rest")

    assert (submission.state, told(desk, number), feeds_at_amazon(desk)) == ("verified", 1, 1)
    assert desk.world.call_counts["cancelOrder"] == 1


def test_a_lost_answer_of_rest_is_looked_for(desk, number):
    desk.world.switches["rest_cancel"] = True
    desk.world.faults.arm("lost_answer", "cancelOrder")
    submission = desk.cancel(number)
    desk.later(31)

    desk.advance_until_ended(submission, method="rest")

    assert (submission.state, told(desk, number)) == ("verified", 1)
    assert desk.world.call_counts["cancelOrder"] == 1
