"""Orders that change at Amazon before their parcel is sent."""

import pytest

from simulator.operations import lifecycle
from tests.e2e.test_ship_at_amazon import count_confirmations, parcel_of
from webapp.domain.shipping.parcels import Parcel
from webapp.services.shipping import parcels
from webapp.services.submissions import user_actions as submission_actions

pytestmark = pytest.mark.both_databases


def test_the_buyer_asks_to_cancel_meanwhile_and_a_user_ships_anyway(harness, number):
    (submission,) = harness.ship(number)
    harness.at_amazon(number, "request-cancel", reason="Changed my mind")

    harness.advance_until_ended(submission)

    assert (submission.state, submission.open, submission.cause) == ("conflict", True, "ship_cancel_requested")
    assert (submission.snapshot["cancel_requested"], harness.order(number).cancel_requested) == (False, True)
    assert count_confirmations(harness, number) == 0
    harness.later(600)
    harness.advance()
    assert (submission.state, count_confirmations(harness, number)) == ("conflict", 0)

    submission_actions.override_conflict(harness.session, submission.id, now=harness.clock(), actor="test")
    harness.advance_until_ended(submission)

    assert (submission.state, count_confirmations(harness, number)) == ("verified", 1)


def test_the_buyer_asks_to_cancel_meanwhile_and_the_order_is_cancelled_instead(harness, number):
    (submission,) = harness.ship(number)
    harness.at_amazon(number, "request-cancel", reason="Changed my mind")
    harness.advance_until_ended(submission)

    cancellation = parcels.delete_and_cancel_order(
        harness.session,
        parcel_of(harness, submission).id,
        "BuyerCanceled",
        undo_seconds=0,
        now=harness.clock(),
        actor="test",
    )
    harness.advance_until_ended(cancellation)

    harness.session.refresh(submission)
    order = harness.commerce_order(number)
    assert (submission.state, cancellation.state, order.state) == ("undone", "verified", "canceled")
    assert [(line.shipped, line.canceled) for line in order.items] == [(0, 2), (0, 1)]
    assert (count_confirmations(harness, number), order.total_refunded) == (0, order.total)


def test_after_a_cancellation_at_amazon_the_parcel_is_removed_and_the_order_is_canceled(harness, number):
    (submission,) = harness.ship(number)
    harness.at_amazon(number, "cancel", actor="BUYER")
    harness.advance_until_ended(submission)
    assert (submission.state, submission.cause, harness.commerce_order(number).state) == (
        "conflict",
        "ship_cancelled",
        "processing",
    )

    parcels.delete(harness.session, parcel_of(harness, submission).id, now=harness.clock(), actor="test")

    order = harness.commerce_order(number)
    assert (submission.state, order.state, order.total_refunded) == ("undone", "canceled", order.total)
    assert [(line.shipped, line.canceled) for line in order.items] == [(0, 2), (0, 1)]


def test_a_parcel_of_units_shipped_elsewhere_waits_for_a_decision(harness, number):
    first, _ = harness.commerce_order(number).items
    (submission,) = harness.ship(number, Parcel({first.id: 2}, "DHL", "", "JJD01460000T1"))
    package = {
        "packageReferenceId": "9",
        "createdTime": "2026-01-01T00:00:00Z",
        "packageStatus": {"status": "SHIPPED"},
        "carrier": "GLS",
        "shipTime": "2026-01-01T00:00:00Z",
        "trackingNumber": "THERE",
        "packageItems": [{"orderItemId": first.order_item_id, "quantity": 1}],
    }
    with harness.world.lock:
        lifecycle.save_package(harness.world, harness.world.orders[number], package, channel="control")

    harness.advance_until_ended(submission)

    assert (submission.state, submission.cause) == ("conflict", "ship_more_than_left")
