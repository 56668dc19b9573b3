"""From a parcel written here to Amazon showing it, over real HTTP."""

import random

import pytest
from sqlalchemy import func, select

from webapp.domain.errors import RefusedError
from webapp.domain.shipping.parcels import Parcel
from webapp.models.audit_log import Event
from webapp.models.shipments import Parcel as ParcelRow
from webapp.models.shipments import Shipment
from webapp.models.submissions import Submission
from webapp.services.shipping import parcels
from webapp.services.submissions import shipment_confirmations
from webapp.services.submissions import user_actions as submission_actions

pytestmark = pytest.mark.both_databases


def count_confirmations(harness, number):
    """How often Amazon carried out a confirmation for the order."""
    return len(harness.world.effects("shipment", number))


def parcel_of(harness, submission):
    return shipment_confirmations.find_parcel(harness.session, submission)


def test_two_parcels_then_the_rest_are_sent_and_verified(harness, number):
    first, second = harness.commerce_order(number).items
    submissions = harness.ship(
        number,
        Parcel({first.id: 1}, "DHL", "", "JJD0146000001"),
        Parcel({second.id: 1}, "Other", "Bike courier", "JJD01460000B2"),
    )
    assert [submission.state for submission in submissions] == ["queued", "queued"]
    assert harness.order(number).status == "UNSHIPPED"

    for submission in submissions:
        harness.advance_until_ended(submission)

    assert [submission.state for submission in submissions] == ["verified", "verified"]
    assert harness.order(number).status == "PARTIALLY_SHIPPED"
    assert harness.commerce_order(number).state == "processing"
    assert harness.packages_at_amazon(number) == {
        "1": ("JJD0146000001", {first.order_item_id: 1}),
        "2": ("JJD01460000B2", {second.order_item_id: 1}),
    }

    (rest,) = harness.ship(number, Parcel(None, "UPS", "", "1Z999AA10123456784"))
    assert harness.commerce_order(number).state == "awaiting_amazon"
    harness.advance_until_ended(rest)

    assert (rest.state, harness.order(number).status) == ("verified", "SHIPPED")
    assert harness.commerce_order(number).state == "complete"
    assert [line.shipped for line in harness.commerce_order(number).items] == [2, 1]
    assert (count_confirmations(harness, number), len(harness.packages_at_amazon(number))) == (3, 3)
    kinds = harness.session.scalars(select(Event.kind).where(Event.submission_id == rest.id).order_by(Event.id)).all()
    assert kinds == ["shipment_requested", "shipment_accepted", "shipment_verified"]


def test_within_the_undo_window_nothing_is_sent(harness, number):
    (submission,) = harness.ship(number, undo_seconds=30)
    harness.advance()
    assert (submission.state, count_confirmations(harness, number)) == ("queued", 0)

    submission_actions.undo(harness.session, submission.id, now=harness.clock(), actor="test")
    harness.later(60)
    harness.advance()

    assert (submission.state, count_confirmations(harness, number)) == ("undone", 0)
    assert harness.commerce_order(number).state == "processing"
    parcels.delete(harness.session, parcel_of(harness, submission).id, now=harness.clock(), actor="test")
    order = harness.commerce_order(number)
    assert (order.state, [line.shipped for line in order.items]) == ("processing", [0, 0])
    assert harness.session.scalars(select(ParcelRow)).all() == []
    assert [shipment.quantities for shipment in harness.session.scalars(select(Shipment))] == [{}]


def test_a_sync_verifies_a_shipment(harness, number):
    (submission,) = harness.ship(number)
    harness.advance()
    assert submission.state == "accepted"

    harness.sync()

    harness.session.refresh(submission)
    assert submission.state == "verified"


def test_a_rejected_parcel_can_be_corrected_and_sent_again(harness, number):
    harness.world.orders[number].body["programs"] = ["FBM_SHIP_PLUS"]
    (submission,) = harness.ship(number)
    harness.advance_until_ended(submission)
    assert (submission.state, submission.cause, count_confirmations(harness, number)) == ("rejected", "ship_plus", 0)
    assert harness.order(number).note == "note_ship_rejected"

    harness.world.orders[number].body["programs"] = []
    new = parcels.edit(
        harness.session,
        parcel_of(harness, submission).id,
        carrier="UPS",
        title="",
        tracking_number="1z 999 aa1 01 2345 6784",
        undo_seconds=0,
        now=harness.clock(),
        actor="test",
    )
    harness.later(1)
    harness.advance_until_ended(new)

    assert (new.state, [tracking for tracking, _ in harness.packages_at_amazon(number).values()]) == (
        "verified",
        ["1Z999AA10123456784"],
    )


def test_a_rejection_shows_amazons_message(harness, number):
    (submission,) = harness.ship(number, Parcel(None, "DHL", "", "JJD01460000T1"))
    parcel_of(harness, submission).reference = 10**6
    submission.subject = str(10**6)
    harness.session.commit()
    harness.at_amazon(number, "ship")
    submissions_of = select(func.count(Submission.id))

    harness.advance_until_ended(submission)
    assert (submission.state, submission.cause) == ("conflict", "ship_shipped_there")
    submission_actions.override_conflict(harness.session, submission.id, now=harness.clock(), actor="test")
    harness.advance_until_ended(submission)

    assert submission.state == "rejected"
    assert "PackageToUpdateNotFound" in submission.message
    assert submission.request_id
    assert (count_confirmations(harness, number), harness.session.scalar(submissions_of)) == (1, 1)


def test_a_confirmed_parcel_is_corrected_under_its_own_number(harness, number):
    (submission,) = harness.ship(number, Parcel(None, "DHL", "", "JJD01460OLD01"))
    harness.advance_until_ended(submission)

    def correct(carrier, tracking_number):
        about = {"carrier": carrier, "title": "", "tracking_number": tracking_number, "undo_seconds": 0}
        return parcels.edit(
            harness.session, parcel_of(harness, submission).id, now=harness.clock(), actor="test", **about
        )

    new = correct("DHL", "JJD01460NEW01")
    harness.advance_until_ended(new)
    assert (new.state, [tracking for tracking, _ in harness.packages_at_amazon(number).values()]) == (
        "verified",
        ["JJD01460NEW01"],
    )

    # The carrier alone: the number that is shown already proves nothing.
    other = correct("DHL Express", "JJD01460NEW01")
    harness.sync()
    assert other.state == "queued"
    harness.advance_until_ended(other)
    (package,) = harness.world.orders[number].body["packages"]
    assert (other.state, package["carrier"]) == ("verified", "DHL Express")
    assert [entry["edited"] for entry in harness.world.effects("shipment", number)] == [False, True, True]


def test_a_parcel_without_a_tracking_number_is_not_sent_until_it_has_one(harness, number):
    (submission,) = harness.ship(number, Parcel())
    assert (submission.state, submission.cause, harness.advance()) == ("rejected", "ship_untracked", 0)
    with pytest.raises(RefusedError) as refused:
        submission_actions.resubmit(harness.session, submission.id, undo_seconds=0, now=harness.clock(), actor="test")
    assert refused.value.code == "ship_untracked"

    new = parcels.edit(
        harness.session,
        parcel_of(harness, submission).id,
        carrier="DHL",
        title="",
        tracking_number="JJD01460000T1",
        undo_seconds=0,
        now=harness.clock(),
        actor="test",
    )
    harness.advance_until_ended(new)

    assert (new.state, count_confirmations(harness, number)) == ("verified", 1)


def test_a_confirmed_parcel_cannot_be_removed(harness, number):
    (submission,) = harness.ship(number)
    parcel_id = parcel_of(harness, submission).id

    def take_back():
        with pytest.raises(RefusedError) as refused:
            parcels.delete(harness.session, parcel_id, now=harness.clock(), actor="test")
        return refused.value.code

    harness.advance()
    assert (submission.state, take_back()) == ("accepted", "parcel_being_told")
    harness.advance_until_ended(submission)
    assert (submission.state, take_back()) == ("verified", "parcel_at_amazon")
    assert harness.commerce_order(number).state == "complete"


@pytest.mark.parametrize("fault", ["lost_answer", "malformed_json", "truncated_body"])
def test_after_a_lost_response_the_change_is_looked_for_and_sent_once(harness, number, fault):
    harness.world.faults.arm(fault, "confirmShipment")
    (submission,) = harness.ship(number)

    harness.advance_until_ended(submission)

    assert (submission.state, count_confirmations(harness, number), harness.world.call_counts["confirmShipment"]) == (
        "verified",
        1,
        1,
    )


def test_after_a_lost_response_one_stale_read_decides_nothing(harness, number):
    harness.world.faults.arm("lost_answer", "confirmShipment")
    (submission,) = harness.ship(number)
    harness.later(31)
    harness.advance()
    harness.world.faults.arm("reordered_updates", "getOrder")

    harness.advance_until_ended(submission)

    assert (submission.state, count_confirmations(harness, number), harness.world.call_counts["confirmShipment"]) == (
        "verified",
        1,
        1,
    )


@pytest.mark.parametrize("fault", ["hang", "error_500", "error_503_html", "throttled", "throttled_without_body"])
def test_a_change_that_did_not_reach_amazon_is_sent_again(harness, number, fault):
    options = {"seconds": 2.5} if fault == "hang" else {}
    harness.world.faults.arm(fault, "confirmShipment", times=3, **options)
    (submission,) = harness.ship(number)

    harness.advance_until_ended(submission)

    assert (submission.state, count_confirmations(harness, number)) == ("verified", 1)


def test_with_wrong_credentials_the_parcel_waits_and_the_account_shows_the_reason(harness, number):
    harness.world.faults.arm("expired_token", "confirmShipment", times=2)
    (submission,) = harness.ship(number)

    harness.advance_until_ended(submission)

    assert (submission.state, count_confirmations(harness, number)) == ("verified", 1)


def test_a_parcel_the_order_never_shows_is_unproved_and_can_be_sent_again(harness, number):
    harness.world.faults.arm("package_unseen", "confirmShipment")
    (submission,) = harness.ship(number)

    harness.advance_until_ended(submission)

    assert (submission.state, submission.cause, count_confirmations(harness, number)) == (
        "unproved",
        "ship_not_shown",
        0,
    )
    assert harness.order(number).note == "note_ship_unproved"
    new = submission_actions.resubmit(harness.session, submission.id, undo_seconds=0, now=harness.clock(), actor="test")
    harness.advance_until_ended(new)
    harness.session.refresh(submission)
    assert (new.state, submission.state, count_confirmations(harness, number)) == ("verified", "verified", 1)


def test_a_parcel_that_amazon_does_not_find_is_rejected(harness, number):
    harness.world.faults.arm("package_not_found", "confirmShipment")
    (submission,) = harness.ship(number)

    harness.advance_until_ended(submission)

    assert (submission.state, count_confirmations(harness, number)) == ("rejected", 0)
    assert "Unable to find package to update." in submission.message


def test_a_hundred_parcels_on_a_bad_day_none_missing_and_none_doubled(harness):
    chance = random.Random(7)
    numbers = [harness.world.place("DE", lines=((1, chance.randint(1, 3)), (2, 1))) for _ in range(50)]
    harness.sync()
    submissions = []
    for number in numbers:
        first, second = harness.commerce_order(number).items
        packed = [
            Parcel({first.id: first.ordered}, "DHL", "", f"JJD{number}A"),
            Parcel({second.id: 1}, "DHL", "", f"JJD{number}B"),
        ]
        submissions += harness.ship(number, *packed)
    for name in ("lost_answer", "malformed_json", "error_500", "error_503_html", "throttled", "truncated_body"):
        for operation in ("confirmShipment", "getOrder"):
            harness.world.faults.arm(name, operation, times=None, probability=0.06)
    harness.world.faults.arm("reordered_updates", "getOrder", times=None, probability=0.05)

    for _ in range(400):
        if harness.advance() == 0:
            break
        harness.later(5)

    for submission in submissions:
        harness.session.refresh(submission)
    assert {submission.state for submission in submissions} == {"verified"}
    for number in numbers:
        order = harness.commerce_order(number)
        assert harness.packages_at_amazon(number) == {
            "1": (f"JJD{number}A".replace("-", ""), {order.items[0].order_item_id: order.items[0].ordered}),
            "2": (f"JJD{number}B".replace("-", ""), {order.items[1].order_item_id: 1}),
        }
        assert (harness.order(number).status, order.state) == ("SHIPPED", "complete")


def test_the_request_that_amazon_accepted_is_kept_and_in_the_history(harness, number):
    (submission,) = harness.ship(number)
    harness.advance_until_ended(submission)
    accepted = [call["request_id"] for call in harness.world.calls if call["operation"] == "confirmShipment"]
    assert submission.request_id in accepted
    events = select(Event.args).where(Event.submission_id == submission.id, Event.kind == "shipment_accepted")
    assert harness.session.scalars(events).one()["request_id"] == submission.request_id


@pytest.mark.parametrize(
    ("program", "code"),
    [("AMAZON_EASY_SHIP", "ship_easy_ship"), ("IN_STORE_PICK_UP", "ship_in_store_pickup")],
)
def test_an_order_that_amazon_ships_otherwise_is_refused_before_anything_is_sent(harness, program, code):
    number = harness.world.place(programs=(program,))
    harness.sync()

    with pytest.raises(RefusedError, match=code):
        harness.ship(number)

    assert count_confirmations(harness, number) == 0
    assert harness.session.scalars(select(Shipment)).all() == []
