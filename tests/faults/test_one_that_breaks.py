"""What cannot be moved on for a reason nobody thought of waits by itself, and holds up nothing else."""

import pytest
from sqlalchemy import delete, select

from webapp.models.shipments import Parcel, ParcelItem
from webapp.models.submissions import Submission
from webapp.services.submissions import feeds

pytestmark = pytest.mark.both_databases


def lose(desk, number):
    """The parcel is gone and its telling is not, as no verb leaves it."""
    mine = Parcel.order_id == desk.commerce_order(number).id
    desk.session.execute(delete(ParcelItem).where(ParcelItem.parcel_id.in_(select(Parcel.id).where(mine))))
    desk.session.execute(delete(Parcel).where(mine))
    desk.session.commit()


def asked(desk, memo):
    return desk.session.scalars(select(Submission).where(Submission.subject == str(memo.id))).all()


def test_a_parcel_that_cannot_be_told_waits_and_the_others_are_told(desk):
    numbers = [desk.world.place("DE") for _ in range(3)]
    desk.sync()
    first, second, third = [desk.ship(number)[0] for number in numbers]
    lose(desk, numbers[0])

    desk.advance()

    desk.session.expire_all()
    assert (first.state, first.cause, first.tries) == ("queued", "submission_broke", 1)
    assert first.due_at > desk.clock()
    assert (second.state, third.state) == ("accepted", "accepted")
    desk.advance_until_ended(second)
    assert second.state == "verified"


def test_a_report_that_cannot_be_had_is_given_up_and_the_next_refund_goes(desk):
    numbers = [desk.world.place("DE", status="SHIPPED") for _ in range(2)]
    desk.sync()
    desk.world.faults.arm("error_500", "downloadDocument", times=None)
    first = desk.refund(numbers[0])
    desk.later(31)
    (told,) = asked(desk, first)
    desk.advance()
    second = desk.refund(numbers[1])
    desk.later(feeds.LONGEST.total_seconds())

    # Hours later, but asked for the first time: the desk was off.
    desk.advance()

    desk.session.refresh(told)
    assert (told.state, told.cause) == ("sent", "unavailable")
    for _ in range(feeds.ASKED):
        desk.later(120)
        desk.advance()
    desk.session.expire_all()
    assert (told.state, told.cause, first.state) == ("unproved", "feed_never_ended", "asked")
    assert asked(desk, second)[0].state == "sent"
