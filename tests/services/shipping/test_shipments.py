from dataclasses import replace

import pytest
from sqlalchemy import select

from tests.support.factories import NOW, a_package, an_item, an_order
from tests.support.mailboxes import save_mail_server
from tests.support.order_processing import (
    AUDIT_ARGS,
    create_orders,
    create_processing_order,
    event_kinds,
    expect_refusal,
    line_quantities,
    run_concurrently,
)
from webapp.domain.common.marketplaces import BY_COUNTRY
from webapp.domain.shipping.parcels import Parcel
from webapp.messages import text_for
from webapp.models.audit_log import Event
from webapp.models.comments import Comment
from webapp.models.mails import Mail
from webapp.models.orders import Order
from webapp.models.shipments import Parcel as ParcelRow
from webapp.models.shipments import Shipment
from webapp.services.orders import holds
from webapp.services.shipping import shipments
from webapp.services.submissions import cancellations
from webapp.services.submissions import user_actions as submission_actions

DHL = "00340434161094042557"


def test_two_parcels_leave_and_the_rest_follows(session):
    order = create_processing_order(session)
    first, second = [item.id for item in order.items]

    shipment = shipments.create(
        session,
        order.id,
        [
            Parcel({first: 1}, "DHL", "", "jjd 0146 000 046"),
            Parcel({second: 1}, "Other", " Bike  courier ", "JJD01460000B2"),
        ],
        **AUDIT_ARGS,
    )

    assert (shipment.number, shipment.quantities) == ("100001", {first: 1, second: 1})
    assert [(p.reference, p.carrier, p.title, p.tracking_number) for p in shipment.parcels] == [
        (1, "DHL", "DHL", "JJD0146000046"),
        (2, "Other", "Bike courier", "JJD01460000B2"),
    ]
    assert (order.state, line_quantities(order)) == ("processing", [(2, 1, 0, 0), (1, 1, 0, 0)])

    rest = shipments.create(session, order.id, **AUDIT_ARGS)

    assert [
        (p.reference, p.tracking_number, [(i.order_item_id, i.quantity) for i in p.items]) for p in rest.parcels
    ] == [(3, "", [(first, 1)])]
    # A parcel without a tracking number cannot be confirmed to Amazon.
    assert (order.state, line_quantities(order)) == ("processing", [(2, 2, 0, 0), (1, 1, 0, 0)])
    assert event_kinds(session, order) == ["order_shipped", "order_shipped"]
    entry = session.scalars(select(Event).where(Event.kind == "order_shipped")).first()
    assert entry.args == {"number": "100001", "quantity": 2, "parcels": 2}


def test_what_cannot_be_shipped_is_refused_and_changes_nothing(session):
    order = create_processing_order(session)
    first, second = [item.id for item in order.items]

    def ship(*parcels):
        return expect_refusal(lambda: shipments.create(session, order.id, parcels, comment="Hello", **AUDIT_ARGS))

    over = [Parcel({first: 1}), Parcel({first: 2})]
    assert ship(*over) == ("quantity_over", {"item": "SKU-1", "asked": 2, "left": 1})
    assert ship(Parcel({first: -1})) == ("quantity_negative", {"item": "SKU-1"})
    assert ship(Parcel({first: 1}), Parcel({second: 0}))[0] == "quantity_none"
    assert ship()[0] == "parcel_none"
    assert ship(Parcel(), Parcel())[0] == "parcel_contents_required"
    assert ship(Parcel(tracking_number="JJD01460000A1"))[0] == "carrier_required"
    assert ship(Parcel(carrier="Other", tracking_number="JJD01460000A1"))[0] == "carrier_title_required"
    assert ship(Parcel(carrier="DHL", tracking_number="Ä1"))[0] == "tracking_malformed"
    twice = [Parcel({first: 1}, "DHL", "", "JJD01460000A1"), Parcel({second: 1}, "DHL", "", "jjd 0146 0000 a1")]
    assert ship(*twice) == ("tracking_twice", {"number": "JJD01460000A1"})


def test_a_tracking_number_used_before_is_refused_with_its_order(session):
    order = create_processing_order(session)
    _, other, _ = create_orders(
        session,
        an_order(2, items=(an_item(3),)),
        an_order(
            3, items=(an_item(4),), packages=(a_package(tracking_number="JJD01460000T1"),), status="PARTIALLY_SHIPPED"
        ),
    )
    shipments.create(session, order.id, [Parcel({order.items[0].id: 1}, "DHL", "", "JJD01460000A1")], **AUDIT_ARGS)

    def ship(order, number):
        return expect_refusal(
            lambda: shipments.create(session, order.id, [Parcel(None, "DHL", "", number)], **AUDIT_ARGS)
        )

    assert ship(other, "jjd 0146 0000 a1") == ("tracking_shared", {"number": "JJD01460000A1", "order": order.number})
    assert ship(order, "JJD 01460000 A1") == ("tracking_used", {"number": "JJD01460000A1", "order": order.number})
    assert ship(other, "jjd 0146 0000 t1") == ("tracking_shared", {"number": "JJD01460000T1", "order": "100003"})


def same_recipient(n, **more):
    return an_order(n, recipient=an_order(9).recipient, **more)


def test_orders_of_one_recipient_may_be_in_one_parcel(session):
    create_processing_order(session, recipient=an_order(9).recipient)
    first, second, spelled, elsewhere = create_orders(
        session,
        same_recipient(2, items=(an_item(3),)),
        an_order(3, items=(an_item(4),), recipient=replace(an_order(9).recipient, name="RECIPIENT  number-9")),
        an_order(4, items=(an_item(5),)),
    )
    for order in (first, second, spelled):
        shipments.create(session, order.id, [Parcel(None, "DHL", "", DHL)], **AUDIT_ARGS)

    def ship(shared=False):
        packed = [Parcel(None, "DHL", "", DHL, shared=shared)]
        return shipments.create(session, elsewhere.id, packed, **AUDIT_ARGS)

    assert expect_refusal(ship)[0] == "tracking_shared"
    assert ship(shared=True).parcels[0].tracking_number == DHL


def test_nobody_is_taken_for_the_recipient_that_is_not_known(session):
    order = create_processing_order(session)
    _, other = create_orders(session, an_order(2, items=(an_item(3),)))
    for row in (order, other):
        row.amazon_order.recipient = None
    session.commit()
    shipments.create(session, order.id, [Parcel(None, "DHL", "", DHL)], **AUDIT_ARGS)
    ship = [Parcel(None, "DHL", "", DHL)]
    assert expect_refusal(lambda: shipments.create(session, other.id, ship, **AUDIT_ARGS))[0] == "tracking_shared"


@pytest.mark.parametrize("country", ["IN", "BR", "DE"])
def test_a_person_decides_in_every_marketplace_whether_orders_are_in_one_parcel(session, country):
    order = create_processing_order(session, recipient=an_order(9).recipient)
    _, other = create_orders(session, same_recipient(2, items=(an_item(3),)))
    other.store.marketplace_id = BY_COUNTRY[country].id
    session.commit()
    shipments.create(session, order.id, [Parcel({order.items[0].id: 1}, "DHL", "", DHL)], **AUDIT_ARGS)
    shipments.create(session, other.id, [Parcel(None, "DHL", "", DHL, shared=True)], **AUDIT_ARGS)
    assert session.scalars(select(ParcelRow.tracking_number)).all() == [DHL, DHL]


def test_a_parcel_never_takes_a_number_amazon_knows_one_by(session):
    order = create_processing_order(session, packages=(a_package("7"), a_package("label")))
    create_orders(
        session, an_order(2, items=(an_item(3),), packages=(a_package("50", tracking_number="JJD01460000B1"),))
    )

    shipment = shipments.create(session, order.id, **AUDIT_ARGS)

    assert [parcel.reference for parcel in shipment.parcels] == [8]


def test_an_order_on_hold_or_cancelled_is_not_shipped(session):
    order = create_processing_order(session)
    holds.hold(session, order.id, "Wait for the buyer", **AUDIT_ARGS)

    assert expect_refusal(lambda: shipments.create(session, order.id, **AUDIT_ARGS)) == (
        "cannot_ship",
        {"state": "holded"},
    )

    items = (an_item(1, quantity=2, cancelled_by="BUYER"), an_item(2, quantity=1, cancelled_by="BUYER"))
    create_orders(session, an_order(status="CANCELLED", updated=5, items=items))
    assert expect_refusal(lambda: shipments.create(session, order.id, **AUDIT_ARGS)) == (
        "cannot_ship",
        {"state": "canceled"},
    )


def test_an_order_that_is_being_cancelled_is_not_shipped(session):
    order = create_processing_order(session)
    asked = cancellations.request(session, order.amazon_order_id, "NoInventory", undo_seconds=60, **AUDIT_ARGS)

    assert expect_refusal(lambda: shipments.create(session, order.id, **AUDIT_ARGS)) == ("cannot_ship_cancelling", {})

    submission_actions.undo(session, asked.id, **AUDIT_ARGS)
    assert shipments.create(session, order.id, **AUDIT_ARGS).number == "100001"


def test_what_we_shipped_and_amazon_then_reports_counts_once(session):
    order = create_processing_order(session)
    first, second = order.items
    shipments.create(session, order.id, [Parcel({first.id: 1}, "DHL", "", "JJD01460000A1")], **AUDIT_ARGS)
    items = (an_item(1, quantity=2, quantity_shipped=1), an_item(2, quantity=1))

    create_orders(session, an_order(status="PARTIALLY_SHIPPED", updated=5, items=items))

    session.refresh(first)
    assert (first.shipped, second.shipped, order.state) == (1, 0, "processing")
    items = (an_item(1, quantity=2, quantity_shipped=2), an_item(2, quantity=1, quantity_shipped=1))
    create_orders(session, an_order(status="SHIPPED", updated=9, items=items))
    session.refresh(order)
    assert (order.state, line_quantities(order)) == ("complete", [(2, 2, 0, 0), (1, 1, 0, 0)])
    assert event_kinds(session, order) == ["order_shipped", "shipped_at_amazon", "order_complete"]
    assert session.scalars(select(Event.args).where(Event.kind == "shipped_at_amazon")).one() == {"quantity": 2}
    assert expect_refusal(lambda: shipments.create(session, order.id, **AUDIT_ARGS)) == (
        "cannot_ship",
        {"state": "complete"},
    )


def test_of_two_tabs_one_ships_and_the_other_is_refused(app, session):
    order = create_processing_order(session)
    order_id, first = order.id, order.items[0].id
    session.commit()

    def ship(own):
        [item.shipped for item in own.get_one(Order, order_id).items]
        shipments.create(own, order_id, [Parcel({first: 2})], now=NOW, actor="user:1")

    assert run_concurrently(app, ship, ship) == ["done", "quantity_over"]
    assert [shipment.quantities for shipment in session.scalars(select(Shipment))] == [{first: 2}]


def test_an_order_shipped_here_is_not_cancelled_though_amazon_has_not_heard_of_it(session):
    order = create_processing_order(session)
    shipments.create(session, order.id, [Parcel({order.items[0].id: 1})], **AUDIT_ARGS)

    def cancel():
        cancellations.request(session, order.amazon_order_id, "NoInventory", undo_seconds=0, **AUDIT_ARGS)

    assert expect_refusal(cancel) == ("cancel_shipped", {})


def test_what_somebody_saw_before_another_step_is_not_sent(session):
    order = create_processing_order(session)
    first = order.items[0].id
    seen = order.version
    shipments.create(session, order.id, [Parcel({first: 1})], expected_version=seen, **AUDIT_ARGS)

    assert order.version > seen
    again = expect_refusal(
        lambda: shipments.create(session, order.id, [Parcel({first: 1})], expected_version=seen, **AUDIT_ARGS)
    )

    assert again == ("order_changed", {})
    assert line_quantities(order)[0] == (2, 1, 0, 0)


@pytest.mark.parametrize("append", [True, False])
def test_the_comment_stands_at_its_shipment_and_goes_along_only_where_it_is_meant_to(session, append):
    save_mail_server(session)
    order = create_processing_order(session)

    shipment = shipments.create(session, order.id, comment="At the door", notify=True, append=append, **AUDIT_ARGS)

    comment = session.scalars(select(Comment)).one()
    assert (comment.text, comment.shipment_id, comment.notify) == ("At the door", shipment.id, append)
    mail = session.scalars(select(Mail)).one()
    assert (mail.kind, mail.document_id, mail.comment_id) == ("shipment", shipment.id, comment.id if append else None)


def test_a_doubtful_number_is_only_taken_from_a_person_and_the_history_says_so(session):
    order = create_processing_order(session)
    number = "00340434161094042558"

    assert expect_refusal(
        lambda: shipments.create(session, order.id, [Parcel(None, "DHL", "", number)], **AUDIT_ARGS)
    ) == (
        "tracking_check_digit",
        {"carrier": "DHL"},
    )
    assert "tracking_confirmed_by_person" not in event_kinds(session, order)
    session.refresh(order)
    shipment = shipments.create(session, order.id, [Parcel(None, "DHL", "", number, confirmed=True)], **AUDIT_ARGS)

    assert [(p.tracking_number, p.tracking_warning) for p in shipment.parcels] == [(number, "tracking_check_digit")]
    entry = session.scalars(select(Event).where(Event.kind == "tracking_confirmed_by_person")).one()
    assert (entry.order_id, entry.actor) == (order.id, AUDIT_ARGS["actor"])
    assert entry.args["question"] == "tracking_check_digit"
    assert text_for(entry.kind, entry.args) == (
        f"Tracking number of shipment 100001 confirmed manually: DHL {number} (wrong check digit)"
    )
