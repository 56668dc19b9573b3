"""An order is complete only when Amazon shows its shipments; until then it awaits Amazon, or a person has to act."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from webapp.domain.shipping.parcels import Parcel
from webapp.models.audit_log import Event
from webapp.services.orders import holds
from webapp.services.shipping import parcels
from webapp.services.submissions import shipment_confirmations
from webapp.services.submissions import user_actions as submission_actions

pytestmark = pytest.mark.both_databases


def state(desk, number):
    found = desk.commerce_order(number).state
    desk.session.commit()
    return found


def told(desk):
    return {"now": desk.clock(), "actor": "test"}


def moves(desk, number):
    """The states the order went through after it was created, from its history."""
    order = desk.commerce_order(number)
    events = desk.session.scalars(select(Event.kind).where(Event.order_id == order.id).order_by(Event.id)).all()
    return [kind for kind in events if kind in {"order_processing", "order_awaiting_amazon", "order_complete"}]


def test_the_order_awaits_amazon_until_the_package_is_shown(desk, number):
    desk.ship(number, undo_seconds=30)
    assert state(desk, number) == "awaiting_amazon"

    desk.later(31)
    desk.advance()
    assert state(desk, number) == "awaiting_amazon"
    desk.sync()

    assert state(desk, number) == "complete"
    assert moves(desk, number) == ["order_awaiting_amazon", "order_complete"]


def test_a_package_amazon_rejects_puts_the_order_back_into_the_work_until_it_is_retried(desk, number):
    desk.world.faults.arm("package_not_found", times=None)
    (one,) = desk.ship(number)
    desk.advance_until_ended(one)
    assert (one.state, state(desk, number)) == ("rejected", "processing")

    desk.world.faults.disarm()
    again = submission_actions.resubmit(desk.session, one.id, undo_seconds=0, **told(desk))
    assert state(desk, number) == "awaiting_amazon"
    desk.advance_until_ended(again)

    assert (again.state, state(desk, number)) == ("verified", "complete")
    assert moves(desk, number) == [
        "order_awaiting_amazon",
        "order_processing",
        "order_awaiting_amazon",
        "order_complete",
    ]


def test_an_undone_confirmation_puts_the_order_back_until_tracking_is_edited(desk, number):
    (one,) = desk.ship(number, undo_seconds=30)
    submission_actions.undo(desk.session, one.id, **told(desk))
    assert state(desk, number) == "processing"

    parcel = shipment_confirmations.parcel_of(desk.session, one)
    new = parcels.edit(
        desk.session,
        parcel.id,
        carrier="UPS",
        title="",
        tracking_number="1Z999AA10123456784",
        undo_seconds=0,
        **told(desk),
    )
    assert state(desk, number) == "awaiting_amazon"
    desk.advance_until_ended(new)

    assert state(desk, number) == "complete"


def test_a_package_amazon_accepts_and_never_shows_needs_a_person_until_a_sync_shows_it(desk, number):
    desk.world.faults.arm("package_unseen")
    (one,) = desk.ship(number)
    desk.advance()
    desk.later(10)
    desk.advance()
    assert (one.state, state(desk, number)) == ("accepted", "awaiting_amazon")

    desk.later(timedelta(minutes=31).total_seconds())
    desk.advance()
    assert (one.state, state(desk, number)) == ("unproved", "processing")

    desk.at_amazon(number, "ship")
    desk.sync()
    assert (desk.order(number).status, state(desk, number)) == ("SHIPPED", "complete")


def test_one_package_of_two_that_fails_is_enough(desk, number):
    first, second = desk.commerce_order(number).items
    one, other = desk.ship(
        number,
        Parcel({first.id: 2}, "DHL", "", "JJD01460000T1"),
        Parcel({second.id: 1}, "DHL", "", "JJD01460000T2"),
        undo_seconds=30,
    )
    submission_actions.undo(desk.session, other.id, **told(desk))
    desk.later(31)
    desk.advance_until_ended(one)
    assert (one.state, state(desk, number)) == ("verified", "processing")

    parcels.take_back(desk.session, shipment_confirmations.parcel_of(desk.session, other).id, **told(desk))
    assert state(desk, number) == "processing"
    (rest,) = desk.ship(number, Parcel(None, "DHL", "", "JJD01460000T3"))
    desk.advance_until_ended(rest)

    assert state(desk, number) == "complete"


def test_without_a_tracking_number_it_is_complete_once_amazon_says_it_is_shipped(desk, number):
    desk.ship(number, Parcel())
    assert state(desk, number) == "processing"

    desk.at_amazon(number, "ship")
    desk.sync()

    assert state(desk, number) == "complete"


def test_a_conflict_puts_the_order_back_until_a_person_insists(desk, number):
    (one,) = desk.ship(number)
    desk.at_amazon(number, "request-cancel", reason="Changed my mind")
    desk.advance_until_ended(one)
    assert (one.state, state(desk, number)) == ("conflict", "processing")

    submission_actions.override_conflict(desk.session, one.id, **told(desk))
    assert state(desk, number) == "awaiting_amazon"
    desk.advance_until_ended(one)

    assert state(desk, number) == "complete"


def test_a_failed_order_put_on_hold_goes_on_where_amazon_stands(desk, number):
    (one,) = desk.ship(number, undo_seconds=30)
    submission_actions.undo(desk.session, one.id, **told(desk))
    order_id = desk.commerce_order(number).id
    holds.hold(desk.session, order_id, "Ask the carrier", **told(desk))
    submission_actions.resubmit(desk.session, one.id, undo_seconds=0, **told(desk))
    assert state(desk, number) == "holded"

    holds.unhold(desk.session, order_id, **told(desk))

    assert state(desk, number) == "awaiting_amazon"


@pytest.mark.parametrize("actor", ["MERCHANT", "AMAZON"])
def test_what_was_shipped_before_it_was_imported_is_complete(desk, actor):
    number = desk.world.place("DE", status="SHIPPED", fulfilled_by=actor)
    desk.sync()

    assert state(desk, number) == "complete"


def test_an_order_amazon_cancels_after_all_of_it_was_shipped_waits_for_a_person(desk, number):
    (one,) = desk.ship(number, undo_seconds=30)
    desk.at_amazon(number, "cancel")
    desk.sync()
    assert state(desk, number) == "awaiting_amazon"
    desk.later(31)
    desk.advance_until_ended(one)
    assert (one.cause, state(desk, number)) == ("ship_cancelled", "processing")

    desk.sync()
    assert state(desk, number) == "processing"
    parcels.take_back(desk.session, shipment_confirmations.parcel_of(desk.session, one).id, **told(desk))

    assert state(desk, number) == "canceled"
