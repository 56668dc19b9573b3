"""Reading orders as Amazon sends them: what is understood, and what is set aside with its cause."""

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.amazon.bodies import an_order
from webapp.amazon.parsing import UnreadableOrderError, parse_order, unread_orders
from webapp.domain.amazon_orders import (
    Address,
    AmazonItem,
    AmazonOrder,
    AmazonPackage,
    Buyer,
    Component,
    Gift,
    Unreadable,
)
from webapp.domain.money import Money


def euros(minor: int) -> Money:
    return Money(minor, "EUR")


def changed(path: str, value: Any, of: dict[str, Any] | None = None) -> dict[str, Any]:
    """The order with one field changed, or left out when the value is `...`."""
    raw: Any = an_order() if of is None else deepcopy(of)
    at = raw
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in way:
        at = at[step]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return raw


def cause(raw: Any) -> str:
    with pytest.raises(UnreadableOrderError) as raised:
        parse_order(raw)
    return raised.value.cause


def test_an_order_is_read_with_all_its_parts() -> None:
    raw = an_order()

    assert parse_order(raw, frozenset({"TAX"}), "r-1") == AmazonOrder(
        number="902-1106328-1059050",
        marketplace_id="A1PA6795UKMFR9",
        purchased_at=datetime(2026, 11, 20, 8, 0, 0, 123000, UTC),
        last_updated_at=datetime(2026, 11, 20, 9, 30, tzinfo=UTC),
        items=(
            AmazonItem(
                order_item_id="60696125413094",
                quantity=2,
                quantity_shipped=0,
                sku="KETTLE-1",
                asin="B08N5WRWNW",
                title="Kettle",
                condition="NEW",
                unit_price=euros(1000),
                total=euros(2490),
                components=(
                    Component("ITEM", None, euros(2000)),
                    Component("TAX", None, euros(490)),
                    Component("TAX", "ITEM", euros(380)),
                    Component("TAX", "SHIPPING", euros(110)),
                ),
                gift=Gift("A canary message", "Classic"),
            ),
        ),
        status="UNSHIPPED",
        fulfilled_by="MERCHANT",
        programs=("PRIME",),
        total=euros(2490),
        buyer=Buyer("Canary Buyer", "canary@marketplace.amazon.de"),
        recipient=Address(
            name="Canary Recipient", line1="1 Canary Lane", city="Berlin", postal_code="10115", country_code="DE"
        ),
        service_level="STANDARD",
        earliest_ship_at=datetime(2026, 11, 20, 23, tzinfo=UTC),
        ship_by=datetime(2026, 11, 23, 22, 59, 59, tzinfo=UTC),
        deliver_by=datetime(2026, 11, 27, 22, 59, 59, tzinfo=UTC),
    )


def test_the_body_the_missing_datasets_and_the_request_are_kept() -> None:
    raw = an_order()

    order = parse_order(raw, frozenset({"TAX"}), "r-1")

    assert (order.raw, order.missing, order.request_id) == (raw, {"TAX"}, "r-1")


def test_an_order_without_personal_data_has_none() -> None:
    raw = an_order(buyer=None, recipient={})

    order = parse_order(raw)

    assert (order.buyer, order.recipient) == (None, None)


def test_packages_payments_replacements_and_cancellations_are_read() -> None:
    raw = an_order(
        packages=[
            {
                "packageReferenceId": "1",
                "packageStatus": {"status": "IN_TRANSIT", "detailedStatus": "SOMEWHERE"},
                "carrier": "DHL",
                "shippingService": "Paket",
                "trackingNumber": "00340434161094042557",
                "shipTime": "2026-11-21T10:00:00+01:00",
                "packageItems": [{"orderItemId": "60696125413094", "quantity": 1}],
            }
        ],
        payment={"paymentExecutions": [{"paymentMethod": "COD"}, {"acquirerId": "1"}]},
        associatedOrders=[{"orderId": "902-1-1", "associationType": "REPLACEMENT_ORIGINAL_ID"}],
    )
    raw["orderItems"][0]["cancellation"] = {
        "cancellationRequest": {"requester": "BUYER"},
        "cancellationExecution": {"cancelledBy": "MERCHANT", "cancelReason": "x"},
    }

    order = parse_order(raw)

    assert order.packages == (
        AmazonPackage(
            reference="1",
            status="IN_TRANSIT",
            carrier="DHL",
            shipping_service="Paket",
            tracking_number="00340434161094042557",
            shipped_at=datetime(2026, 11, 21, 9, tzinfo=UTC),
            items=(("60696125413094", 1),),
        ),
    )
    assert order.payment_methods == ("COD",)
    assert order.replaces == "902-1-1"
    assert order.cancel_requested == ""
    assert order.items[0].cancelled_by == "MERCHANT"


def test_a_brazilian_address_is_put_together_from_its_parts() -> None:
    parts = {"streetName": "Rua A", "streetNumber": "12", "complement": "ap 3", "neighborhood": "Centro"}
    raw = an_order(recipient={"deliveryAddress": {"municipality": "Recife", "extendedFields": parts}})

    assert parse_order(raw).recipient == Address(line1="Rua A 12", line2="ap 3", city="Recife", district="Centro")


@pytest.mark.parametrize(
    ("said", "kept"),
    [("PartiallyShipped", "PARTIALLY_SHIPPED"), ("Canceled", "CANCELLED"), ("LOST_AT_SEA", "LOST_AT_SEA")],
)
def test_a_status_is_kept_in_one_spelling_and_an_unknown_one_as_it_came(said: str, kept: str) -> None:
    assert parse_order(changed("fulfillment.fulfillmentStatus", said)).status == kept


@pytest.mark.parametrize(("said", "kept"), [("AFN", "AMAZON"), ("DRONES", "DRONES"), (..., "")])
def test_who_fulfils_is_an_open_word(said: Any, kept: str) -> None:
    assert parse_order(changed("fulfillment.fulfilledBy", said)).fulfilled_by == kept


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2026-11-20T09:30:00Z", datetime(2026, 11, 20, 9, 30, tzinfo=UTC)),
        ("2026-11-20T18:30:00.5+09:00", datetime(2026, 11, 20, 9, 30, 0, 500000, UTC)),
        ("2026-11-20T09:30:00.123456789Z", datetime(2026, 11, 20, 9, 30, 0, 123456, UTC)),
    ],
)
def test_times_are_read_with_their_offset_and_fraction(said: str, meant: datetime) -> None:
    order = parse_order(changed("lastUpdatedTime", said))

    assert order.last_updated_at == meant
    assert order.last_updated_at.tzinfo is UTC


def test_yen_have_no_decimals() -> None:
    order = parse_order(changed("proceeds.grandTotal", {"amount": "5980", "currencyCode": "JPY"}))

    assert order.total == Money(5980, "JPY")


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("orderId", ..., "orderId is missing"),
        ("orderId", "902/../1", "orderId is not an order number"),
        ("orderId", 902, "orderId is not text"),
        ("createdTime", ..., "createdTime is missing"),
        ("createdTime", "yesterday", "createdTime is not a time"),
        ("createdTime", 1763625600, "createdTime is not a time"),
        ("createdTime", "0001-01-01T00:00:00+14:00", "createdTime is not a time"),
        ("lastUpdatedTime", "2026-11-20T09:30:00", "lastUpdatedTime has no time zone"),
        ("fulfillment", ..., "fulfillment is missing, so the order has no status"),
        ("fulfillment.fulfillmentStatus", ..., "fulfillment.fulfillmentStatus is missing"),
        ("fulfillment.shipByWindow", [], "fulfillment.shipByWindow is not an object"),
        ("salesChannel", ..., "salesChannel.marketplaceId is missing"),
        ("programs", "PRIME", "programs is not a list"),
        ("programs", [7], "programs is not text"),
        ("orderItems", ..., "orderItems is missing"),
        ("orderItems", [], "orderItems is empty"),
        ("orderItems", {}, "orderItems is not a list"),
        ("orderItems.0", "an item", "orderItems[0] is not an object"),
        ("orderItems.0.orderItemId", ..., "orderItems[0].orderItemId is missing"),
        ("orderItems.0.quantityOrdered", ..., "orderItems[0].quantityOrdered is missing"),
        ("orderItems.0.quantityOrdered", "abc", "orderItems[0].quantityOrdered is not a quantity"),
        ("orderItems.0.quantityOrdered", -1, "orderItems[0].quantityOrdered is not a quantity"),
        ("orderItems.0.quantityOrdered", True, "orderItems[0].quantityOrdered is not a quantity"),
        ("orderItems.0.quantityOrdered", 2**31, "orderItems[0].quantityOrdered is not a quantity"),
        ("orderItems.0.product.title", "x" * 10_000_000, "orderItems[0].product.title is longer than 4000 characters"),
        (
            "orderItems.0.product.price.unitPrice",
            {"amount": 10.0, "currencyCode": "EUR"},
            "orderItems[0].product.price.unitPrice.amount is not an amount of money",
        ),
        ("proceeds.grandTotal", "24.90", "proceeds.grandTotal is not an object"),
        (
            "proceeds.grandTotal",
            {"amount": "1E+999999", "currencyCode": "EUR"},
            "proceeds.grandTotal.amount is not an amount of money",
        ),
        (
            "proceeds.grandTotal",
            {"amount": "24.905", "currencyCode": "EUR"},
            "proceeds.grandTotal.amount has more decimals than its currency",
        ),
        (
            "proceeds.grandTotal",
            {"amount": "24.90", "currencyCode": "euro"},
            "proceeds.grandTotal.currencyCode is not a currency",
        ),
        (
            "orderItems.0.proceeds.breakdowns.0.subtotal",
            ...,
            "orderItems[0].proceeds.breakdowns[0].subtotal is missing",
        ),
        ("buyer", "Canary Buyer", "buyer is not an object"),
        ("buyer.buyerName", "Canary \ud83d", "buyer.buyerName contains characters that cannot be stored"),
        (
            "recipient.deliveryAddress.name",
            "Canary\0",
            "recipient.deliveryAddress.name contains characters that cannot be stored",
        ),
    ],
)
def test_a_field_that_is_not_what_was_promised_makes_an_order_unreadable(path: str, value: Any, said: str) -> None:
    assert cause(changed(path, value)) == said


def test_a_cause_never_repeats_what_stood_in_the_field() -> None:
    for path in ("buyer.buyerName", "recipient.deliveryAddress.name"):
        assert "Canary" not in cause(changed(path, ["Canary Buyer"]))


def test_an_item_or_parcel_listed_twice_makes_an_order_unreadable() -> None:
    twice = an_order()
    twice["orderItems"] *= 2

    assert cause(twice) == "orderItems has the same orderItemId twice"
    assert (
        cause(an_order(packages=[{"packageReferenceId": "1"}] * 2)) == "packages has the same packageReferenceId twice"
    )


def test_a_page_goes_on_without_the_orders_it_cannot_read() -> None:
    good, bad = an_order("902-1-1"), an_order("902-2-2", orderItems=None)

    page = tuple(one.read() for one in unread_orders([good, bad, "no order", None]))

    assert page == (
        parse_order(good),
        Unreadable("orderItems is missing", bad, "902-2-2"),
        Unreadable("the order is not an object", "no order", None),
        Unreadable("the order is not an object", None, None),
    )
    assert page[1].raw is bad


def test_an_enormous_order_is_set_aside_when_orders_are_weighed() -> None:
    heavy = an_order(unknownField="x" * 1_000_001)

    (kept,) = unread_orders([heavy], weigh=True)

    assert kept.read() == Unreadable("the order is longer than 1000000 characters", heavy, "902-1106328-1059050")
