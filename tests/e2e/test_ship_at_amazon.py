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


def told(desk, number):
    """How often Amazon carried out a confirmation for the order."""
    return len(desk.world.effects("shipment", number))


def parcel_of(desk, submission):
    return shipment_confirmations.parcel_of(desk.session, submission)


def test_two_parcels_then_the_rest_until_amazon_has_proved_all(desk, number):
    first, second = desk.commerce_order(number).items
    asked = desk.ship(
        number,
        Parcel({first.id: 1}, "DHL", "", "JJD0146000001"),
        Parcel({second.id: 1}, "Other", "Bike courier", "JJD01460000B2"),
    )
    assert [one.state for one in asked] == ["queued", "queued"]
    assert desk.order(number).status == "UNSHIPPED"

    for one in asked:
        desk.advance_until_ended(one)

    assert [one.state for one in asked] == ["verified", "verified"]
    assert desk.order(number).status == "PARTIALLY_SHIPPED"
    assert desk.commerce_order(number).state == "processing"
    assert desk.shown(number) == {
        "1": ("JJD0146000001", {first.order_item_id: 1}),
        "2": ("JJD01460000B2", {second.order_item_id: 1}),
    }

    (rest,) = desk.ship(number, Parcel(None, "UPS", "", "1Z999AA10123456784"))
    assert desk.commerce_order(number).state == "awaiting_amazon"
    desk.advance_until_ended(rest)

    assert (rest.state, desk.order(number).status) == ("verified", "SHIPPED")
    assert desk.commerce_order(number).state == "complete"
    assert [line.shipped for line in desk.commerce_order(number).items] == [2, 1]
    assert (told(desk, number), len(desk.shown(number))) == (3, 3)
    kinds = desk.session.scalars(select(Event.kind).where(Event.submission_id == rest.id).order_by(Event.id)).all()
    assert kinds == ["shipment_requested", "shipment_accepted", "shipment_verified"]


def test_within_the_undo_window_amazon_hears_nothing(desk, number):
    (one,) = desk.ship(number, undo_seconds=30)
    desk.advance()
    assert (one.state, told(desk, number)) == ("queued", 0)

    submission_actions.undo(desk.session, one.id, now=desk.clock(), actor="test")
    desk.later(60)
    desk.advance()

    assert (one.state, told(desk, number)) == ("undone", 0)
    assert desk.commerce_order(number).state == "processing"
    parcels.take_back(desk.session, parcel_of(desk, one).id, now=desk.clock(), actor="test")
    order = desk.commerce_order(number)
    assert (order.state, [line.shipped for line in order.items]) == ("processing", [0, 0])
    assert desk.session.scalars(select(ParcelRow)).all() == []
    assert [shipment.quantities for shipment in desk.session.scalars(select(Shipment))] == [{}]


def test_a_sync_proves_it_too(desk, number):
    (one,) = desk.ship(number)
    desk.advance()
    assert one.state == "accepted"

    desk.sync()

    desk.session.refresh(one)
    assert one.state == "verified"


def test_rejected_by_amazon_it_can_be_corrected_and_told_again(desk, number):
    desk.world.orders[number].body["programs"] = ["FBM_SHIP_PLUS"]
    (one,) = desk.ship(number)
    desk.advance_until_ended(one)
    assert (one.state, one.cause, told(desk, number)) == ("rejected", "ship_plus", 0)
    assert desk.order(number).note == "note_ship_rejected"

    desk.world.orders[number].body["programs"] = []
    new = parcels.edit(
        desk.session,
        parcel_of(desk, one).id,
        carrier="UPS",
        title="",
        tracking_number="1z 999 aa1 01 2345 6784",
        undo_seconds=0,
        now=desk.clock(),
        actor="test",
    )
    desk.later(1)
    desk.advance_until_ended(new)

    assert (new.state, [tracking for tracking, _ in desk.shown(number).values()]) == (
        "verified",
        ["1Z999AA10123456784"],
    )


def test_in_amazons_words_what_it_refuses(desk, number):
    (one,) = desk.ship(number, Parcel(None, "DHL", "", "JJD01460000T1"))
    parcel_of(desk, one).reference = 10**6
    one.subject = str(10**6)
    desk.session.commit()
    desk.at_amazon(number, "ship")
    submissions_of = select(func.count(Submission.id))

    desk.advance_until_ended(one)
    assert (one.state, one.cause) == ("conflict", "ship_shipped_there")
    submission_actions.override_conflict(desk.session, one.id, now=desk.clock(), actor="test")
    desk.advance_until_ended(one)

    assert one.state == "rejected"
    assert "PackageToUpdateNotFound" in one.message
    assert one.request_id
    assert (told(desk, number), desk.session.scalar(submissions_of)) == (1, 1)


def test_a_confirmed_parcel_is_corrected_under_its_own_number(desk, number):
    (one,) = desk.ship(number, Parcel(None, "DHL", "", "JJD01460OLD01"))
    desk.advance_until_ended(one)

    def correct(carrier, tracking_number):
        about = {"carrier": carrier, "title": "", "tracking_number": tracking_number, "undo_seconds": 0}
        return parcels.edit(desk.session, parcel_of(desk, one).id, now=desk.clock(), actor="test", **about)

    new = correct("DHL", "JJD01460NEW01")
    desk.advance_until_ended(new)
    assert (new.state, [tracking for tracking, _ in desk.shown(number).values()]) == ("verified", ["JJD01460NEW01"])

    # The carrier alone: the number that is shown already proves nothing.
    other = correct("DHL Express", "JJD01460NEW01")
    desk.sync()
    assert other.state == "queued"
    desk.advance_until_ended(other)
    (package,) = desk.world.orders[number].body["packages"]
    assert (other.state, package["carrier"]) == ("verified", "DHL Express")
    assert [entry["edited"] for entry in desk.world.effects("shipment", number)] == [False, True, True]


def test_without_a_tracking_number_it_is_not_told_until_it_has_one(desk, number):
    (one,) = desk.ship(number, Parcel())
    assert (one.state, one.cause, desk.advance()) == ("rejected", "ship_untracked", 0)
    with pytest.raises(RefusedError) as refused:
        submission_actions.resubmit(desk.session, one.id, undo_seconds=0, now=desk.clock(), actor="test")
    assert refused.value.code == "ship_untracked"

    new = parcels.edit(
        desk.session,
        parcel_of(desk, one).id,
        carrier="DHL",
        title="",
        tracking_number="JJD01460000T1",
        undo_seconds=0,
        now=desk.clock(),
        actor="test",
    )
    desk.advance_until_ended(new)

    assert (new.state, told(desk, number)) == ("verified", 1)


def test_what_amazon_has_is_not_taken_back(desk, number):
    (one,) = desk.ship(number)
    parcel_id = parcel_of(desk, one).id

    def take_back():
        with pytest.raises(RefusedError) as refused:
            parcels.take_back(desk.session, parcel_id, now=desk.clock(), actor="test")
        return refused.value.code

    desk.advance()
    assert (one.state, take_back()) == ("accepted", "parcel_being_told")
    desk.advance_until_ended(one)
    assert (one.state, take_back()) == ("verified", "parcel_at_amazon")
    assert desk.commerce_order(number).state == "complete"


@pytest.mark.parametrize("fault", ["lost_answer", "malformed_json", "truncated_body"])
def test_after_a_lost_answer_it_looks_and_tells_amazon_once(desk, number, fault):
    desk.world.faults.arm(fault, "confirmShipment")
    (one,) = desk.ship(number)

    desk.advance_until_ended(one)

    assert (one.state, told(desk, number), desk.world.call_counts["confirmShipment"]) == ("verified", 1, 1)


def test_after_a_lost_answer_one_look_at_an_older_version_is_not_believed(desk, number):
    desk.world.faults.arm("lost_answer", "confirmShipment")
    (one,) = desk.ship(number)
    desk.later(31)
    desk.advance()
    desk.world.faults.arm("reordered_updates", "getOrder")

    desk.advance_until_ended(one)

    assert (one.state, told(desk, number), desk.world.call_counts["confirmShipment"]) == ("verified", 1, 1)


@pytest.mark.parametrize("fault", ["hang", "error_500", "error_503_html", "throttled", "throttled_without_body"])
def test_what_never_reached_amazon_is_told_again(desk, number, fault):
    options = {"seconds": 2.5} if fault == "hang" else {}
    desk.world.faults.arm(fault, "confirmShipment", times=3, **options)
    (one,) = desk.ship(number)

    desk.advance_until_ended(one)

    assert (one.state, told(desk, number)) == ("verified", 1)


def test_with_wrong_credentials_it_waits_and_the_account_says_why(desk, number):
    desk.world.faults.arm("expired_token", "confirmShipment", times=2)
    (one,) = desk.ship(number)

    desk.advance_until_ended(one)

    assert (one.state, told(desk, number)) == ("verified", 1)


def test_what_the_order_never_shows_is_not_proved_and_told_again(desk, number):
    desk.world.faults.arm("package_unseen", "confirmShipment")
    (one,) = desk.ship(number)

    desk.advance_until_ended(one)

    assert (one.state, one.cause, told(desk, number)) == ("unproved", "ship_not_shown", 0)
    assert desk.order(number).note == "note_ship_unproved"
    new = submission_actions.resubmit(desk.session, one.id, undo_seconds=0, now=desk.clock(), actor="test")
    desk.advance_until_ended(new)
    desk.session.refresh(one)
    assert (new.state, one.state, told(desk, number)) == ("verified", "verified", 1)


def test_amazon_does_not_find_the_parcel_and_says_so(desk, number):
    desk.world.faults.arm("package_not_found", "confirmShipment")
    (one,) = desk.ship(number)

    desk.advance_until_ended(one)

    assert (one.state, told(desk, number)) == ("rejected", 0)
    assert "Unable to find package to update." in one.message


def test_a_hundred_parcels_on_a_bad_day_none_missing_and_none_doubled(desk):
    chance = random.Random(7)
    numbers = [desk.world.place("DE", lines=((1, chance.randint(1, 3)), (2, 1))) for _ in range(50)]
    desk.sync()
    asked = []
    for number in numbers:
        first, second = desk.commerce_order(number).items
        packed = [
            Parcel({first.id: first.ordered}, "DHL", "", f"JJD{number}A"),
            Parcel({second.id: 1}, "DHL", "", f"JJD{number}B"),
        ]
        asked += desk.ship(number, *packed)
    for name in ("lost_answer", "malformed_json", "error_500", "error_503_html", "throttled", "truncated_body"):
        for operation in ("confirmShipment", "getOrder"):
            desk.world.faults.arm(name, operation, times=None, probability=0.06)
    desk.world.faults.arm("reordered_updates", "getOrder", times=None, probability=0.05)

    for _ in range(400):
        if desk.advance() == 0:
            break
        desk.later(5)

    for one in asked:
        desk.session.refresh(one)
    assert {one.state for one in asked} == {"verified"}
    for number in numbers:
        order = desk.commerce_order(number)
        assert desk.shown(number) == {
            "1": (f"JJD{number}A".replace("-", ""), {order.items[0].order_item_id: order.items[0].ordered}),
            "2": (f"JJD{number}B".replace("-", ""), {order.items[1].order_item_id: 1}),
        }
        assert (desk.order(number).status, order.state) == ("SHIPPED", "complete")
