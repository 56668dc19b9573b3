"""A parcel after it was written: whatever happens to it, the pieces add up."""

import random
from collections import Counter

import pytest
from sqlalchemy import select

from tests.support.factories import NOW, a_package, an_item, an_order
from tests.support.order_processing import (
    AUDIT_ARGS,
    create_orders,
    create_processing_order,
    event_kinds,
    expect_refusal,
    line_quantities,
)
from webapp.domain.errors import AppError
from webapp.domain.orders import state_machine as order_states
from webapp.domain.shipping.parcels import Parcel
from webapp.models.audit_log import Event
from webapp.models.shipments import Parcel as ParcelRow
from webapp.models.shipments import Shipment
from webapp.models.submissions import Submission
from webapp.services.shipping import parcels, shipments
from webapp.services.submissions import shipment_confirmations
from webapp.services.submissions import transitions as submission_transitions
from webapp.services.submissions import user_actions as submission_actions


def ship(session, order, pieces, number="JJD01460000A1"):
    """One parcel; answers it."""
    carrier = "DHL" if number else ""
    shipment = shipments.create(session, order.id, [Parcel(pieces, carrier, "", number)], undo_seconds=0, **AUDIT_ARGS)
    return shipment.parcels[0]


def move(session, parcel, *names):
    """Move the latest submission of the parcel as the worker and Amazon would."""
    submission = shipment_confirmations.find_latest(session, parcel)
    for name in names:
        submission_transitions.apply(submission, name, NOW)
    session.commit()
    return submission


def test_a_parcel_taken_back_is_to_be_shipped_again(session):
    order = create_processing_order(session)
    first, second = [item.id for item in order.items]
    kept, parcel = ship(session, order, {first: 1}), ship(session, order, {first: 1, second: 1}, "JJD01460000B1")
    assert order.state == "awaiting_amazon"

    parcels.delete(session, parcel.id, **AUDIT_ARGS)

    assert (order.state, line_quantities(order)) == ("processing", [(2, 1, 0, 0), (1, 0, 0, 0)])
    assert [row.id for row in session.scalars(select(ParcelRow))] == [kept.id]
    assert [shipment.quantities for shipment in session.scalars(select(Shipment).order_by(Shipment.id))] == [
        {first: 1},
        {},
    ]
    entry = session.scalars(select(Event).where(Event.kind == "parcel_taken_back")).one()
    assert (entry.order_id, entry.args) == (
        order.id,
        {"number": "100002", "quantity": 2, "tracking_number": "JJD01460000B1"},
    )
    assert session.scalars(select(Submission.state).order_by(Submission.id)).all() == ["queued", "undone"]
    # Amazon may have heard of number 2 after all, so it is not given out again.
    assert ship(session, order, {first: 1}, "JJD01460000B1").reference == 3


def test_a_parcel_that_was_or_is_being_confirmed_cannot_be_removed(session):
    order = create_processing_order(session)
    parcel = ship(session, order, None)

    def take_back():
        return expect_refusal(lambda: parcels.delete(session, parcel.id, **AUDIT_ARGS))

    move(session, parcel, "send")
    assert take_back() == ("parcel_being_told", {})
    move(session, parcel, "accept")
    assert take_back() == ("parcel_being_told", {})
    move(session, parcel, "give_up")
    items = (an_item(1, quantity=2, quantity_shipped=2), an_item(2, quantity=1, quantity_shipped=1))
    packages = (a_package("9", tracking_number="JJD01460000A1"),)
    create_orders(session, an_order(status="SHIPPED", updated=5, items=items, packages=packages))
    assert take_back() == ("parcel_at_amazon", {})
    assert expect_refusal(lambda: parcels.delete(session, 99, **AUDIT_ARGS)) == ("parcel_unknown", {"name": 99})


def test_a_parcel_amazon_refused_and_knows_by_its_number_from_elsewhere_is_not_taken_back(session):
    order = create_processing_order(session)
    parcel = ship(session, order, None)
    move(session, parcel, "send", "reject")
    items = (an_item(1, quantity=2, quantity_shipped=2), an_item(2, quantity=1, quantity_shipped=1))
    packages = (a_package("9", tracking_number="JJD01460000A1"),)
    create_orders(session, an_order(status="SHIPPED", updated=5, items=items, packages=packages))

    assert expect_refusal(lambda: parcels.delete(session, parcel.id, **AUDIT_ARGS)) == ("parcel_at_amazon", {})


def test_a_correction_is_not_proved_by_what_is_to_be_corrected(session):
    order = create_processing_order(session)
    parcel = ship(session, order, None)
    items = (an_item(1, quantity=2, quantity_shipped=2), an_item(2, quantity=1, quantity_shipped=1))
    amazon_order = an_order(
        status="SHIPPED", updated=5, items=items, packages=(a_package("1", tracking_number="JJD01460000A1"),)
    )
    create_orders(session, amazon_order)

    submission = parcels.edit(
        session,
        parcel.id,
        carrier="DHL",
        title="DHL Paket",
        tracking_number="JJD01460000A1",
        undo_seconds=0,
        **AUDIT_ARGS,
    )

    assert (submission.state, submission.details["corrects"]) == ("queued", True)
    assert not shipment_confirmations.ShipmentConfirmationHandler().is_shown_by(session, submission, amazon_order)
    move(session, parcel, "send", "accept")
    assert shipment_confirmations.ShipmentConfirmationHandler().is_shown_by(session, submission, amazon_order)


def test_of_a_canceled_order_what_is_taken_back_is_canceled_too(session):
    order = create_processing_order(session)
    parcel = ship(session, order, {order.items[0].id: 1})
    create_orders(
        session, an_order(status="CANCELLED", updated=5, items=(an_item(1, quantity=2), an_item(2, quantity=1)))
    )
    assert (order.state, [(line.shipped, line.canceled) for line in order.items]) == ("canceled", [(1, 1), (0, 1)])

    parcels.delete(session, parcel.id, **AUDIT_ARGS)

    assert (order.state, [(line.shipped, line.canceled) for line in order.items]) == ("canceled", [(0, 2), (0, 1)])


def test_what_amazon_counts_as_shipped_stays_shipped(session):
    order = create_processing_order(session)
    parcel = ship(session, order, None)
    items = (an_item(1, quantity=2, quantity_shipped=1), an_item(2, quantity=1))
    create_orders(session, an_order(status="PARTIALLY_SHIPPED", updated=5, items=items))

    parcels.delete(session, parcel.id, **AUDIT_ARGS)

    session.refresh(order)
    assert (order.state, line_quantities(order)) == ("processing", [(2, 1, 0, 0), (1, 0, 0, 0)])


def test_a_correction_is_checked_as_a_parcel_is(session):
    order = create_processing_order(session)
    first, second = [item.id for item in order.items]
    parcel, _ = ship(session, order, {first: 1}), ship(session, order, {second: 1}, "JJD01460000B1")

    def edit(carrier="DHL", title="", tracking_number="JJD01460000C1"):
        return parcels.edit(
            session,
            parcel.id,
            carrier=carrier,
            title=title,
            tracking_number=tracking_number,
            undo_seconds=0,
            **AUDIT_ARGS,
        )

    assert expect_refusal(lambda: edit(tracking_number="jjd 0146 0000 b1")) == (
        "tracking_used",
        {"number": "JJD01460000B1", "order": order.number},
    )
    assert expect_refusal(lambda: edit(carrier=""))[0] == "carrier_required"
    assert expect_refusal(lambda: edit(carrier="Other"))[0] == "carrier_title_required"
    assert edit(tracking_number="jjd 0146 0000 a1").details["tracking_number"] == "JJD01460000A1"
    new = edit("Other", "Bike courier")
    assert new.details == {
        "shipment": "100001",
        "reference": 1,
        "carrier": "Bike courier",
        "tracking_number": "JJD01460000C1",
    }
    mine = select(Submission.state).where(Submission.subject == "1").order_by(Submission.id)
    assert session.scalars(mine).all() == ["undone", "undone", "queued"]
    move(session, parcel, "send")
    assert expect_refusal(edit) == ("parcel_being_told", {})


def expected(session, order):
    """How Amazon stands to the parcels of the order."""
    if order.amazon_order.status == "SHIPPED":
        return "confirmed"
    states = {
        shipment_confirmations.find_latest(session, parcel).state for parcel in session.scalars(select(ParcelRow))
    }
    if states & {"rejected", "undone", "unproved", "conflict"}:
        return "failed"
    return "confirmed" if states <= {"verified"} else "unconfirmed"


@pytest.mark.parametrize("seed", range(8))
def test_whatever_happens_the_pieces_add_up(session, seed):
    chance = random.Random(seed)
    order = create_processing_order(session)
    lines = {item.id: item.ordered for item in order.items}
    there: Counter[int] = Counter()
    references = set()

    def create():
        pieces = {id_: chance.randint(0, many) for id_, many in lines.items()}
        parcel = ship(session, order, pieces, f"T{chance.randrange(10**6)}" if chance.random() < 0.8 else "")
        assert parcel.reference not in references
        references.add(parcel.reference)

    def take_back():
        parcels.delete(session, chance.choice(session.scalars(select(ParcelRow.id)).all()), **AUDIT_ARGS)

    def edit():
        parcel_id = chance.choice(session.scalars(select(ParcelRow.id)).all())
        number = f"E{chance.randrange(10**6)}"
        parcels.edit(session, parcel_id, carrier="UPS", title="", tracking_number=number, undo_seconds=0, **AUDIT_ARGS)

    def advance():
        open_ = session.scalars(select(Submission).where(Submission.open)).all()
        one = chance.choice(open_)
        steps = {"queued": ("send", "undo", "conflict", "reject"), "conflict": ("force", "undo")}
        submission_transitions.apply(
            one, chance.choice(steps.get(one.state, ("reject", "accept", "give_up", "verify"))), NOW
        )
        shipment_confirmations.ShipmentConfirmationHandler().update_order(session, one, **AUDIT_ARGS)
        session.commit()

    def again():
        ended = session.scalars(select(Submission.id).where(~Submission.open)).all()
        submission_actions.resubmit(session, chance.choice(ended), undo_seconds=0, **AUDIT_ARGS)

    def ship_there():
        """Somebody ships a piece in Seller Central, of those Amazon has not counted yet."""
        line = chance.choice(order.items)
        if there[line.id] < lines[line.id]:
            there[line.id] += 1
            items = [
                an_item(place, quantity=lines[one.id], quantity_shipped=there[one.id])
                for place, one in enumerate(order.items, 1)
            ]
            complete = all(there[id_] == many for id_, many in lines.items())
            status = "SHIPPED" if complete else "PARTIALLY_SHIPPED"
            create_orders(session, an_order(status=status, updated=sum(there.values()), items=tuple(items)))

    for _ in range(40):
        step = chance.choices((create, take_back, edit, advance, again, ship_there), (6, 4, 2, 6, 2, 1))[0]
        try:
            step()
        except (AppError, IndexError):
            session.rollback()
        session.expire_all()
        packed: Counter[int] = Counter()
        for shipment in session.scalars(select(Shipment)):
            packed.update(shipment.quantities)
        for line in order.items:
            assert (
                max(packed[line.id], there[line.id])
                <= line.shipped
                <= min(line.ordered, packed[line.id] + there[line.id])
            )
        whole = all(line.shipped == line.ordered for line in order.items)
        assert order.state == (order_states.derive(order.items, expected(session, order)) if whole else "processing")
        open_ = session.scalars(select(Submission.subject).where(Submission.open)).all()
        assert len(open_) == len(set(open_))
        session.rollback()


def test_a_number_that_was_confirmed_once_is_kept_when_the_carrier_is_corrected(session):
    order = create_processing_order(session)
    number = "00340434161094042558"
    packed = [Parcel(None, "DHL", "", number, confirmed=True)]
    parcel = shipments.create(session, order.id, packed, **AUDIT_ARGS).parcels[0]

    def edit(number, confirmed=False):
        about = {"carrier": "DHL", "title": "", "tracking_number": number, "undo_seconds": 30}
        return parcels.edit(session, parcel.id, confirmed=confirmed, **about, **AUDIT_ARGS)

    edit(number)
    assert parcel.tracking_warning == "tracking_check_digit"
    assert event_kinds(session, order).count("tracking_confirmed_by_person") == 1
    assert expect_refusal(lambda: edit("00340434161094042559")) == ("tracking_check_digit", {"carrier": "DHL"})
    edit("00340434161094042559", confirmed=True)
    assert event_kinds(session, order).count("tracking_confirmed_by_person") == 2
    edit("00340434161094042557")
    assert parcel.tracking_warning == ""
