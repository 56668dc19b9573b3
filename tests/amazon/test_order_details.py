"""The fields of programmes and regulations, read from orders as the simulator makes them and from damaged ones."""

from datetime import UTC, datetime
from typing import Any

import pytest

from simulator.operations.generator import OrderSpec, generate_order
from tests.amazon.bodies import an_order
from webapp.amazon.order_schema import parse_order
from webapp.domain.amazon.order_details import ItemDetails, OrderDetails, TaxRegistration
from webapp.domain.amazon.types import AmazonOrder

PLACED = datetime(2026, 11, 20, 8, tzinfo=UTC)


def read(*features: str, **spec: Any) -> AmazonOrder:
    """Parse an order of one line with these features; `spec` are other fields of OrderSpec."""
    return parse_order(generate_order(1, 1, OrderSpec(features=features, lines=((0, 1),), **spec), PLACED))


def item_of(order: AmazonOrder) -> ItemDetails:
    return order.items[0].details


def test_each_field_of_a_line_is_read():
    used = item_of(read("used"))
    assert (used.condition_subtype, used.condition_note) == (
        "VERY_GOOD",
        "Shop return: box opened, small scratch on the back.",
    )
    url = item_of(read("customized")).customized_url
    assert url is not None
    assert url.startswith("/t/")
    assert item_of(read("transparency", "subscription")).programs == ("TRANSPARENCY", "SUBSCRIBE_AND_SAVE")
    assert item_of(read("signature", "age_check")).constraints == ("recipientAgeVerification", "signatureConfirmation")
    ioss = item_of(read("ioss", facilitator=True))
    assert (ioss.ioss_number, ioss.tax_schemes) == ("IM4420001201", ("IOSS",))
    assert (ioss.tax_collection, ioss.tax_collected_by) == ("MARKETPLACE_FACILITATOR", "Amazon Services EU")
    scheduled = item_of(read("scheduled"))
    assert scheduled.scheduled_from is not None
    assert scheduled.scheduled_until is not None
    assert scheduled.scheduled_from[11:] == "08:00:00+00:00"
    assert scheduled.scheduled_until[11:] == "12:00:00+00:00"
    serials = item_of(read("serial_numbers"))
    assert (len(serials.serial_numbers), serials.serial_numbers_required) == (2, True)
    points = item_of(read("points"))
    assert (points.points, points.points_value) == (120, "1.20 EUR")
    assert item_of(read("no_substitution")).substitution == "DO_NOT_SUBSTITUTE"
    assert item_of(read(programs=("AMAZON_BUSINESS",))).price_designation == "BUSINESS_PRICE"
    assert item_of(read(discount=True)).promotions == ("TENOFF-DE-00",)


def test_each_field_of_an_order_is_read():
    plain = read()
    assert plain.details == OrderDetails(deliver_from=plain.details.deliver_from, address_type="RESIDENTIAL")
    assert plain.details.deliver_from is not None
    assert read("pickup_point").details.address_type == "PICKUP_POINT"
    hours = read("delivery_hours").details
    assert hours.delivery_hours[0] == "MON 09:00-16:30"
    assert hours.delivery_hours[-1] == "2026-12-24 CLOSED"
    assert hours.delivery_capabilities == ("PALLET_DISABLED",)
    easy = read("easy_ship").details
    assert easy.fulfillment_orders == ("FO-60000000000010",)
    assert easy.invoice_status == "NOT_FOUND"
    assert read("invoice_preference").details.invoice_preference == "BUSINESS"
    (registration,) = read(programs=("AMAZON_BUSINESS",)).details.tax_registrations
    assert (registration.entity, registration.type) == ("BUYER", "VAT")
    assert registration.number is not None
    assert registration.number.startswith("DE")


def test_a_tax_registration_is_read_with_its_address_and_office_in_composed_form():
    registration = {
        "entityType": "BUYER",
        "legalName": "Gro\u0308ße GmbH",
        "taxRegistrationAddress": {"addressLine1": "Weg 1", "postalCode": "34000", "city": "I\u0307zmir"},
        "taxRegistrationAttributes": [{"key": "TAX_OFFICE", "value": "Konak"}],
    }
    order = parse_order(an_order(tax={"taxRegistrations": [registration]}))
    assert order.details.tax_registrations == (
        TaxRegistration("BUYER", "Größe GmbH", address="Weg 1, 34000 İzmir", office="Konak"),
    )


def test_a_gift_message_is_stored_in_composed_form():
    body = an_order()
    body["orderItems"][0]["fulfillment"]["packing"]["giftOption"]["giftMessage"] = "Fu\u0308r dich"
    gift = parse_order(body).items[0].gift
    assert gift is not None
    assert gift.message == "Für dich"


@pytest.mark.parametrize(
    ("block", "value", "path"),
    [
        ("tax", {"taxCollections": "Amazon"}, "orderItems[0].tax.taxCollections"),
        ("promotion", [], "orderItems[0].promotion"),
        (
            "expense",
            {"pointsCost": {"pointsGranted": {"pointsNumber": "many"}}},
            "orderItems[0].expense.pointsCost.pointsGranted.pointsNumber",
        ),
        (
            "expense",
            {"pointsCost": {"pointsGranted": {"pointsMonetaryValue": {"amount": "1.19E+2", "currencyCode": "EUR"}}}},
            "",
        ),
        ("programs", ["TRANSPARENCY", 7], "orderItems[0].programs[1]"),
        (
            "fulfillment",
            {"shipping": {"scheduledDeliveryWindow": {"earliestDateTime": "0001-01-01T00:00:00Z"}}},
            "orderItems[0].fulfillment.shipping.scheduledDeliveryWindow.earliestDateTime",
        ),
    ],
)
def test_an_irregular_optional_field_is_flagged_and_keeps_no_order_out(block, value, path):
    body = an_order()
    body["orderItems"][0][block] = value
    order = parse_order(body)
    assert [entry.path for entry in order.invalid_fields if entry.path == path] == ([path] if path else [])
    if "pointsMonetaryValue" in str(value):
        assert order.items[0].details.points_value == "119.00 EUR"
