"""A submission that fails with an unexpected error waits, and the others are sent."""

import pytest
from sqlalchemy import delete, select

from webapp.models.shipments import Parcel, ParcelItem
from webapp.models.submissions import Submission
from webapp.services.submissions import feeds

pytestmark = pytest.mark.both_databases


def delete_parcel(harness, number):
    """Delete the parcel but not its submission, which no service does."""
    mine = Parcel.order_id == harness.commerce_order(number).id
    harness.session.execute(delete(ParcelItem).where(ParcelItem.parcel_id.in_(select(Parcel.id).where(mine))))
    harness.session.execute(delete(Parcel).where(mine))
    harness.session.commit()


def submissions_of(harness, memo):
    return harness.session.scalars(select(Submission).where(Submission.subject == str(memo.id))).all()


def test_a_parcel_that_cannot_be_sent_waits_and_the_others_are_sent(harness):
    numbers = [harness.world.place("DE") for _ in range(3)]
    harness.sync()
    first, second, third = [harness.ship(number)[0] for number in numbers]
    delete_parcel(harness, numbers[0])

    harness.advance()

    harness.session.expire_all()
    assert (first.state, first.cause, first.tries) == ("queued", "submission_broke", 1)
    assert first.due_at > harness.clock()
    assert (second.state, third.state) == ("accepted", "accepted")
    harness.advance_until_ended(second)
    assert second.state == "verified"


def test_a_report_that_cannot_be_read_is_given_up_and_the_next_refund_is_sent(harness):
    numbers = [harness.world.place("DE", status="SHIPPED") for _ in range(2)]
    harness.sync()
    harness.world.faults.arm("error_500", "downloadDocument", times=None)
    first = harness.refund(numbers[0])
    harness.later(31)
    (submission,) = submissions_of(harness, first)
    harness.advance()
    second = harness.refund(numbers[1])
    harness.later(feeds.MAX_PROCESSING_TIME.total_seconds())

    # Hours later, but asked for the first time: the desk was off.
    harness.advance()

    harness.session.refresh(submission)
    assert (submission.state, submission.cause) == ("sent", "unavailable")
    for _ in range(feeds.MIN_POLLS):
        harness.later(120)
        harness.advance()
    harness.session.expire_all()
    assert (submission.state, submission.cause, first.state) == ("unproved", "feed_never_ended", "asked")
    assert submissions_of(harness, second)[0].state == "sent"
