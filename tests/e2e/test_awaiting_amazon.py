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


def state(harness, number):
    value = harness.commerce_order(number).state
    harness.session.commit()
    return value


def audit_args(harness):
    return {"now": harness.clock(), "actor": "test"}


def state_changes(harness, number):
    """Return the states of the order after it was created, from its history."""
    order = harness.commerce_order(number)
    events = harness.session.scalars(select(Event.kind).where(Event.order_id == order.id).order_by(Event.id)).all()
    return [kind for kind in events if kind in {"order_processing", "order_awaiting_amazon", "order_complete"}]


def test_the_order_awaits_amazon_until_the_package_is_shown(harness, number):
    harness.ship(number, undo_seconds=30)
    assert state(harness, number) == "awaiting_amazon"

    harness.later(31)
    harness.advance()
    assert state(harness, number) == "awaiting_amazon"
    harness.sync()

    assert state(harness, number) == "complete"
    assert state_changes(harness, number) == ["order_awaiting_amazon", "order_complete"]


def test_a_rejected_package_returns_the_order_to_processing_until_it_is_retried(harness, number):
    harness.world.faults.arm("package_not_found", times=None)
    (submission,) = harness.ship(number)
    harness.advance_until_ended(submission)
    assert (submission.state, state(harness, number)) == ("rejected", "processing")

    harness.world.faults.disarm()
    resubmitted = submission_actions.resubmit(harness.session, submission.id, undo_seconds=0, **audit_args(harness))
    assert state(harness, number) == "awaiting_amazon"
    harness.advance_until_ended(resubmitted)

    assert (resubmitted.state, state(harness, number)) == ("verified", "complete")
    assert state_changes(harness, number) == [
        "order_awaiting_amazon",
        "order_processing",
        "order_awaiting_amazon",
        "order_complete",
    ]


def test_an_undone_confirmation_returns_the_order_to_processing_until_tracking_is_edited(harness, number):
    (submission,) = harness.ship(number, undo_seconds=30)
    submission_actions.undo(harness.session, submission.id, **audit_args(harness))
    assert state(harness, number) == "processing"

    parcel = shipment_confirmations.find_parcel(harness.session, submission)
    new = parcels.edit(
        harness.session,
        parcel.id,
        carrier="UPS",
        title="",
        tracking_number="1Z999AA10123456784",
        undo_seconds=0,
        **audit_args(harness),
    )
    assert state(harness, number) == "awaiting_amazon"
    harness.advance_until_ended(new)

    assert state(harness, number) == "complete"


def test_a_package_amazon_accepts_and_never_shows_needs_a_person_until_a_sync_shows_it(harness, number):
    harness.world.faults.arm("package_unseen")
    (submission,) = harness.ship(number)
    harness.advance()
    harness.later(10)
    harness.advance()
    assert (submission.state, state(harness, number)) == ("accepted", "awaiting_amazon")

    harness.later(timedelta(minutes=31).total_seconds())
    harness.advance()
    assert (submission.state, state(harness, number)) == ("unproved", "processing")

    harness.at_amazon(number, "ship")
    harness.sync()
    assert (harness.order(number).status, state(harness, number)) == ("SHIPPED", "complete")


def test_one_failed_package_of_two_returns_the_order_to_processing(harness, number):
    first, second = harness.commerce_order(number).items
    submission, undone = harness.ship(
        number,
        Parcel({first.id: 2}, "DHL", "", "JJD01460000T1"),
        Parcel({second.id: 1}, "DHL", "", "JJD01460000T2"),
        undo_seconds=30,
    )
    submission_actions.undo(harness.session, undone.id, **audit_args(harness))
    harness.later(31)
    harness.advance_until_ended(submission)
    assert (submission.state, state(harness, number)) == ("verified", "processing")

    parcels.delete(
        harness.session, shipment_confirmations.find_parcel(harness.session, undone).id, **audit_args(harness)
    )
    assert state(harness, number) == "processing"
    (rest,) = harness.ship(number, Parcel(None, "DHL", "", "JJD01460000T3"))
    harness.advance_until_ended(rest)

    assert state(harness, number) == "complete"


def test_without_a_tracking_number_it_is_complete_once_amazon_says_it_is_shipped(harness, number):
    harness.ship(number, Parcel())
    assert state(harness, number) == "processing"

    harness.at_amazon(number, "ship")
    harness.sync()

    assert state(harness, number) == "complete"


def test_a_conflict_returns_the_order_to_processing_until_a_user_overrides_it(harness, number):
    (submission,) = harness.ship(number)
    harness.at_amazon(number, "request-cancel", reason="Changed my mind")
    harness.advance_until_ended(submission)
    assert (submission.state, state(harness, number)) == ("conflict", "processing")

    submission_actions.override_conflict(harness.session, submission.id, **audit_args(harness))
    assert state(harness, number) == "awaiting_amazon"
    harness.advance_until_ended(submission)

    assert state(harness, number) == "complete"


def test_an_order_released_from_hold_continues_in_the_state_of_its_submission(harness, number):
    (submission,) = harness.ship(number, undo_seconds=30)
    submission_actions.undo(harness.session, submission.id, **audit_args(harness))
    order_id = harness.commerce_order(number).id
    holds.hold(harness.session, order_id, "Ask the carrier", **audit_args(harness))
    submission_actions.resubmit(harness.session, submission.id, undo_seconds=0, **audit_args(harness))
    assert state(harness, number) == "holded"

    holds.unhold(harness.session, order_id, **audit_args(harness))

    assert state(harness, number) == "awaiting_amazon"


@pytest.mark.parametrize("actor", ["MERCHANT", "AMAZON"])
def test_an_order_shipped_before_its_import_is_complete(harness, actor):
    number = harness.world.place("DE", status="SHIPPED", fulfilled_by=actor)
    harness.sync()

    assert state(harness, number) == "complete"


def test_an_order_amazon_cancels_after_all_of_it_was_shipped_waits_for_a_person(harness, number):
    (submission,) = harness.ship(number, undo_seconds=30)
    harness.at_amazon(number, "cancel")
    harness.sync()
    assert state(harness, number) == "awaiting_amazon"
    harness.later(31)
    harness.advance_until_ended(submission)
    assert (submission.cause, state(harness, number)) == ("ship_cancelled", "processing")

    harness.sync()
    assert state(harness, number) == "processing"
    parcels.delete(
        harness.session, shipment_confirmations.find_parcel(harness.session, submission).id, **audit_args(harness)
    )

    assert state(harness, number) == "canceled"
