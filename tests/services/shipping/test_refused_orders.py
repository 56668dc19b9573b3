"""Orders that Amazon lets nobody confirm, or only with more data: refused on every path, before anything is sent."""

import pytest
from sqlalchemy import func, select

from tests.support.factories import NOW, an_account, an_item, an_order
from tests.support.order_processing import AUDIT_ARGS, create_orders, expect_refusal
from webapp.domain.amazon.order_details import ItemDetails
from webapp.domain.shipping.parcels import Parcel
from webapp.domain.submissions.shipment_confirmation import REFUSED_PROGRAMS, is_collected_in_cash
from webapp.models.bulk_actions import BulkRow
from webapp.models.shipments import Shipment
from webapp.queries.shipping import tracking_import as queries
from webapp.services.bulk import runner
from webapp.services.shipping import shipments, tracking_import

DHL = "00340434161094042557"
CODED = ItemDetails(programs=("TRANSPARENCY",))


def start_bulk_shipping(session, order):
    parcel = {"quantities": None, "carrier": "DHL", "title": "DHL", "tracking_number": DHL}
    action = runner.start(session, "ship", [(order.id, {"parcels": [parcel]})], {}, **AUDIT_ARGS)
    while runner.process_rows(session, action.id, lambda: NOW):
        pass
    return session.execute(select(BulkRow.state, BulkRow.outcome).where(BulkRow.action_id == action.id)).one()


@pytest.mark.parametrize(("program", "reason"), REFUSED_PROGRAMS.items())
def test_an_order_of_a_programme_that_amazon_ships_itself_is_refused_everywhere(session, program, reason):
    an_account(session)
    (order,) = create_orders(session, an_order(1, programs=(program,)))

    direct = expect_refusal(lambda: shipments.create(session, order.id, [Parcel(None, "DHL", "", DHL)], **AUDIT_ARGS))
    sheets = tracking_import.parse_sheets(session, [("", f"{order.number};{DHL}")])
    stored = tracking_import.create(session, sheets, **AUDIT_ARGS)
    (match,) = queries.evaluate(session, queries.list_rows(session, stored.id), NOW)

    assert direct[0] == reason
    assert (match.standing, match.code) == ("blocked", reason)
    assert start_bulk_shipping(session, order) == ("failed", reason)
    assert session.scalar(select(func.count(Shipment.id))) == 0


def test_units_without_their_transparency_codes_are_refused_in_bulk(session):
    an_account(session)
    (order,) = create_orders(session, an_order(1, items=(an_item(1, 2, details=CODED),)))

    assert start_bulk_shipping(session, order) == ("failed", "transparency_codes_required")
    assert session.scalar(select(func.count(Shipment.id))) == 0


def test_codes_are_unique_over_the_parcels_of_a_shipment(session):
    an_account(session)
    (order,) = create_orders(session, an_order(1, items=(an_item(1, 2, details=CODED),)))
    line = order.items[0].id

    def ship(first, second):
        parcels = [
            Parcel({line: 1}, "DHL", "", DHL, transparency_codes={line: [first]}),
            Parcel({line: 1}, "DPD", "", "05212345678906", transparency_codes={line: [second]}),
        ]
        return shipments.create(session, order.id, parcels, **AUDIT_ARGS)

    assert expect_refusal(lambda: ship("AZ-1", "AZ-1")) == ("transparency_code_twice", {"unit_code": "AZ-1"})
    codes = [parcel.items[0].transparency_codes for parcel in ship("AZ-1", "AZ-2").parcels]
    assert codes == [["AZ-1"], ["AZ-2"]]


def test_a_carrier_outside_of_amazons_list_is_refused_in_india_only(session):
    an_account(session, countries=("DE", "IN"))
    indian, german = create_orders(session, an_order(1, country="IN"), an_order(2))
    parcel = Parcel(None, "Other", "Bike courier", "BC12345678")

    refusal = expect_refusal(lambda: shipments.create(session, indian.id, [parcel], **AUDIT_ARGS))

    assert refusal == ("carrier_not_listed", {"carrier": "Bike courier"})
    assert shipments.create(session, german.id, [parcel], **AUDIT_ARGS).parcels[0].carrier == "Other"


@pytest.mark.parametrize(
    ("country", "handling", "methods", "expected"),
    [
        ("JP", "cash_on_delivery", [], True),
        ("JP", None, ["CashOnDelivery"], True),
        ("JP", None, ["PointsAccount", "COD"], True),
        ("JP", "signature", ["CreditCard"], False),
        ("JP", None, [], False),
        ("DE", "cash_on_delivery", ["CashOnDelivery"], False),
    ],
)
def test_only_japanese_cash_on_delivery_is_confirmed_as_collected(country, handling, methods, expected):
    assert is_collected_in_cash(country, handling, methods) is expected
