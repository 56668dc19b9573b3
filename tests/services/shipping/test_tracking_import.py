"""Shipping what a sheet of tracking numbers says: kept, chosen from, and shipped once."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, func, select

from tests.support.factories import NOW, an_account, an_item, an_order, shipped_fields
from tests.support.order_processing import AUDIT_ARGS, create_orders, expect_refusal, run_concurrently
from webapp.core.extensions import db
from webapp.domain import bulk_states
from webapp.domain.shipping.parcels import Parcel as Packed
from webapp.domain.shipping.tracking.matching import Choice
from webapp.models.audit_log import Event
from webapp.models.bulk_actions import BulkAction, BulkRow
from webapp.models.orders import Order
from webapp.models.shipments import Parcel, Shipment
from webapp.models.submissions import Submission
from webapp.models.tracking_imports import TrackingImport, TrackingRow
from webapp.queries.shipping import tracking_import as queries
from webapp.services.bulk import runner as bulk_runner
from webapp.services.orders import holds
from webapp.services.shipping import shipments, tracking_import
from webapp.services.submissions import shipment_confirmations
from webapp.services.submissions import transitions as submission_transitions
from webapp.services.submissions import user_actions as submission_actions

pytestmark = pytest.mark.both_databases

DHL, UPS, DPD, UNSURE = "00340434161094042557", "1Z999AA10123456784", "05212345678906", "12345678900001"
SHIP = {"undo_seconds": 0, **AUDIT_ARGS}


@pytest.fixture
def orders(session):
    """Four Orders to be shipped, the second with two lines; a fifth that is shipped."""
    an_account(session)
    amazon_orders = [an_order(n) for n in range(1, 5)]
    amazon_orders[1] = an_order(2, items=(an_item(2, 2), an_item(3, 1)))
    return create_orders(session, *amazon_orders, an_order(5, **shipped_fields(an_order(5))))


def kept(session, text):
    return tracking_import.create(session, tracking_import.parse_sheets(session, [("", text)]), **AUDIT_ARGS)


def standings(session, one):
    matches = queries.evaluate(session, queries.list_rows(session, one.id), NOW)
    session.rollback()
    return [(match.standing, match.code) for match in matches]


def run(session, action):
    while bulk_runner.process_rows(session, action.id, lambda: NOW):
        pass
    session.expire_all()


def parcels(session):
    rows = select(Order.number, Parcel.carrier, Parcel.tracking_number).join(Order, Order.id == Parcel.order_id)
    return session.execute(rows.order_by(Parcel.id)).all()


def test_a_sheet_is_matched_with_the_orders_as_they_stand(session, orders):
    holds.hold(session, orders[2].id, "stays", **AUDIT_ARGS)
    shipments.create(session, orders[3].id, [Packed(None, "DPD", "", DPD)], **AUDIT_ARGS)
    numbers = [order.number for order in orders]
    one = kept(
        session,
        f"Order;Tracking;Carrier\n303-0000000-0000001;{DHL};\n{numbers[1]};{UNSURE};\n{numbers[2]};{UPS};\n"
        f"{numbers[3]};{DPD};\n{numbers[4]};RR123456785DE;\n999999;RR123456785DE;DHL\n",
    )
    assert standings(session, one) == [
        ("ready", ""),
        ("choose", "tracking_carrier_unsure"),
        ("blocked", "cannot_ship"),
        ("already", "tracking_known"),
        ("already", "tracking_shipped"),
        ("blocked", "tracking_order_unknown"),
    ]


@pytest.mark.parametrize("ended", ["undone", "rejected"])
def test_a_parcel_that_amazon_does_not_know_is_not_said_to_be_shipped(session, orders, ended):
    shipments.create(session, orders[0].id, [Packed(None, "DPD", "", DPD)], **SHIP)
    shipments.create(session, orders[1].id, [Packed(None, "UPS", "", UPS)], **SHIP)
    first = session.scalars(select(Submission).order_by(Submission.id)).first()
    if ended == "undone":
        submission_actions.undo(session, first.id, **AUDIT_ARGS)
    else:
        submission_transitions.reject(session, first, "No.", NOW)
        session.commit()

    numbers = [order.number for order in orders]
    one = kept(session, f"Order;Tracking\n{numbers[0]};{DPD}\n{numbers[0]};{DHL}\n{numbers[1]};{UPS}\n")

    assert standings(session, one) == [
        ("blocked", "tracking_parcel_failed"),
        ("blocked", "tracking_parcel_failed"),
        ("already", "tracking_known"),
    ]


def test_ready_rows_are_shipped_and_each_parcel_has_a_submission(session, orders):
    text = (
        f"Order\tTracking\tSKU\tQty\n303-0000000-0000001\t{DHL}\t\t\n"
        f"{orders[1].number}\t{UPS}\tSKU-2\t1\n{orders[1].number}\t{DPD}\tSKU-3\t1\n"
    )
    one = kept(session, text)
    dpd = session.scalars(select(TrackingRow.id).where(TrackingRow.position == 3)).one()
    tracking_import.update_rows(session, one.id, {dpd: Choice(carrier="dpd")})

    action = tracking_import.confirm(session, one.id, **SHIP)
    run(session, action)

    assert parcels(session) == [
        (orders[0].number, "DHL", DHL),
        (orders[1].number, "UPS", UPS),
        (orders[1].number, "DPD", DPD),
    ]
    assert [item.shipped for item in orders[1].items] == [1, 1]
    assert (action.state, action.done, action.failed) == (bulk_states.ENDED, 2, 0)
    sent = session.execute(select(Submission.kind, Submission.state, Submission.open)).all()
    assert sent == [("shipment", "queued", True)] * 3
    (confirmed,) = session.scalars(select(Event).where(Event.kind == "tracking_confirmed"))
    assert confirmed.args == {"bulk": action.id, "lines": 4, "orders": 2}


def test_the_day_in_the_sheet_is_sent_to_amazon(session, orders):
    order, ordered = orders[0], orders[0].purchased_at
    order.purchased_at = ordered - timedelta(days=5)
    session.commit()
    one = kept(session, f"Order;Tracking;Ship date\n{order.number};{DHL};2026-03-01\n{orders[1].number};{UPS};")
    run(session, tracking_import.confirm(session, one.id, **SHIP))
    rows = session.execute(select(Shipment.order_id, Shipment.shipped_at)).all()
    assert dict(rows) == {order.id: datetime(2026, 3, 1, 11, tzinfo=UTC), orders[1].id: None}
    submission = session.scalars(select(Submission).order_by(Submission.id)).first()
    sent = []
    shipment_confirmations.ShipmentConfirmationHandler().build_call(session, submission)(RecordingClient(sent))
    assert sent[0].shipped_at == datetime(2026, 3, 1, 11, tzinfo=UTC)


class RecordingClient:
    """Record each parcel that is to be sent to Amazon."""

    def __init__(self, sent):
        self.sent = sent

    def confirm_shipment(self, _number, _marketplace_id, parcel):
        self.sent.append(parcel)


def test_confirmed_again_nothing_is_shipped_twice(session, orders):
    one = kept(session, f"{orders[0].number};{DHL}")
    first = tracking_import.confirm(session, one.id, **SHIP)
    second = tracking_import.confirm(session, one.id, **SHIP)
    run(session, first)
    third = tracking_import.confirm(session, one.id, **SHIP)

    assert {first.id, second.id, third.id} == {first.id}
    assert session.scalar(select(func.count(BulkAction.id))) == 1
    assert session.scalar(select(func.count(Parcel.id))) == 1


def test_confirmed_by_two_people_at_once_it_is_shipped_once(app, session, orders):
    id_ = kept(session, f"{orders[0].number};{DHL}\n{orders[1].number};{UPS}").id
    session.commit()

    def confirm(own):
        tracking_import.confirm(own, id_, **SHIP)

    assert run_concurrently(app, confirm, confirm, confirm) == ["done"] * 3
    assert session.scalars(select(BulkAction.total)).all() == [2]


def test_pasted_twice_the_second_finds_all_of_it_done(session, orders):
    text = f"{orders[0].number};{DHL}\n{orders[1].number};{UPS}"
    one, two = kept(session, text), kept(session, text)
    run(session, tracking_import.confirm(session, one.id, **SHIP))

    assert standings(session, two) == [("already", "tracking_known")] * 2
    assert expect_refusal(lambda: tracking_import.confirm(session, two.id, **SHIP))[0] == "tracking_nothing_ready"


def test_two_sheets_confirmed_before_either_is_shipped_ship_once(session, orders):
    text = f"{orders[0].number};{DHL}"
    actions = [tracking_import.confirm(session, kept(session, text).id, **SHIP) for _ in range(2)]
    for action in actions:
        run(session, action)

    rows = session.execute(select(BulkRow.state, BulkRow.outcome).order_by(BulkRow.id)).all()
    assert rows == [("done", "bulk_shipped"), ("failed", "cannot_ship")]
    assert session.scalar(select(func.count(Shipment.id))) == 1


def test_what_is_not_ticked_stays_and_what_was_chosen_stays_chosen(session, orders):
    one = kept(session, f"{orders[0].number};{DHL}\n{orders[1].number};{UPS}")
    first = session.scalars(select(TrackingRow.id).order_by(TrackingRow.position)).first()
    tracking_import.update_rows(session, one.id, {first: Choice(selected=False, carrier="no such carrier")})

    action = tracking_import.confirm(session, one.id, **SHIP)

    run(session, action)
    assert [number for number, _, _ in parcels(session)] == [orders[1].number]
    assert session.get(TrackingRow, first).carrier == ""
    assert (
        expect_refusal(lambda: tracking_import.update_rows(session, one.id, {first: Choice()}))[0]
        == "tracking_confirmed_already"
    )


def test_nobody_else_s_rows_are_chosen(session, orders):
    one, other = kept(session, f"{orders[0].number};{DHL}"), kept(session, f"{orders[1].number};{UPS}")
    theirs = session.scalars(select(TrackingRow.id).where(TrackingRow.import_id == other.id)).one()
    tracking_import.update_rows(session, one.id, {theirs: Choice(selected=False)})
    assert session.get(TrackingRow, theirs, populate_existing=True).selected


def test_amazon_s_own_file_ships_all_lines_of_an_order_in_one_parcel(session, orders):
    items = [item.order_item_id for item in orders[1].items]
    number = orders[1].amazon_order.number
    text = "order-id\torder-item-id\tquantity\tship-date\tcarrier-code\tcarrier-name\ttracking-number\tship-method\n"
    rows = f"{number}\t{items[0]}\t2\t\tDHL\t\t{DHL}\t\n{number}\t{items[1]}\t1\t\tDHL\t\t{DHL}\t\n"
    run(session, tracking_import.confirm(session, kept(session, text + rows).id, **SHIP))
    assert parcels(session) == [(orders[1].number, "DHL", DHL)]
    assert [item.shipped for item in orders[1].items] == [2, 1]


def test_a_thousand_lines_are_looked_up_in_a_few_statements(session, orders):
    text = "\n".join(f"{orders[n % 4].number};{10**19 + n}" for n in range(1000))
    one, seen = kept(session, text), []
    session.rollback()

    def note(_connection, _cursor, statement, *_rest):
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert len(queries.evaluate(session, queries.list_rows(session, one.id), NOW)) == 1000
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len([statement for statement in seen if statement.startswith("SELECT")]) <= 10


def test_what_was_pasted_is_not_kept_in_clear_and_goes_after_a_month(session, orders):
    id_ = kept(session, f"Order;Tracking;Note\n{orders[0].number};{DHL};Somebody").id
    session.rollback()
    with db.engine.connect() as connection:
        raw = connection.exec_driver_sql("SELECT parsed FROM tracking_rows").scalar_one()
    assert DHL.encode() not in bytes(raw)

    tracking_import.delete_old(session, now=NOW + timedelta(days=29))
    assert session.scalars(select(TrackingImport.id)).all() == [id_]
    session.rollback()
    tracking_import.delete_old(session, now=NOW + timedelta(days=31))
    assert session.scalar(select(func.count(TrackingRow.id))) == 0
    assert session.scalars(select(TrackingImport.id)).all() == []
    assert expect_refusal(lambda: queries.find(session, id_))[0] == "tracking_import_unknown"
    assert (
        expect_refusal(lambda: tracking_import.confirm(session, id_, undo_seconds=0, **AUDIT_ARGS))[0]
        == "tracking_import_unknown"
    )


def test_a_stale_page_never_ships_what_was_pasted_later(session, orders):
    old = kept(session, f"Order;Tracking\n{orders[0].number};{DHL}").id
    session.rollback()
    tracking_import.delete_old(session, now=NOW + timedelta(days=31))
    new = kept(session, f"Order;Tracking\n{orders[0].number};{DHL}").id

    assert new != old
    session.rollback()
    tracking_import.delete_old(session, now=NOW + timedelta(days=29))
    assert session.scalars(select(TrackingImport.id)).all() == [new]


def test_an_order_the_buyer_asks_to_cancel_after_the_sheet_was_confirmed_is_left_out_with_the_reason(session, orders):
    one = kept(session, f"{orders[0].number}\t{DHL}\n{orders[2].number}\t{UPS}\n")
    action = tracking_import.confirm(session, one.id, **SHIP)
    asked = (an_item(1, 2, cancel_requested="Mistake"),)
    create_orders(session, an_order(1, updated=5, items=asked))

    run(session, action)

    rows = session.scalars(select(BulkRow).order_by(BulkRow.id)).all()
    assert [(row.state, row.outcome) for row in rows] == [("failed", "ship_anyway_required"), ("done", "bulk_shipped")]
    assert [number for number, _, _ in parcels(session)] == [orders[2].number]
