"""Parsing orders as Amazon sends them: the values, the invalid fields, and the causes of unparseable orders."""

import re
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.amazon.bodies import an_order
from webapp.amazon.order_schema import UnreadableOrderError, lazy_orders, parse_order
from webapp.domain.amazon.types import (
    Address,
    AmazonItem,
    AmazonOrder,
    AmazonPackage,
    Buyer,
    Component,
    Gift,
    InvalidField,
    UnparseableOrder,
)
from webapp.domain.common.money import Money


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


def an_order_with_all_fields() -> dict[str, Any]:
    """An order with each part that is read, so that each can be changed."""
    raw = an_order(
        packages=[
            {
                "packageReferenceId": "1",
                "packageStatus": {"status": "DELIVERED"},
                "carrier": "DHL",
                "shippingService": "Paket",
                "trackingNumber": "00340434638400547012",
                "shipTime": "2026-11-20T08:00:00Z",
                "packageItems": [{"orderItemId": "60696125413094", "quantity": 2}],
            },
            {"packageReferenceId": "2"},
        ],
        payment={"paymentExecutions": [{"paymentMethod": "Other"}, {}]},
        associatedOrders=[{"orderId": "902-1-1", "associationType": "REPLACEMENT_ORIGINAL_ID"}],
    )
    raw["buyer"] |= {"buyerCompanyName": "Canary Works", "buyerPurchaseOrderNumber": "PO 7"}
    raw["proceeds"]["breakdowns"] = deepcopy(raw["orderItems"][0]["proceeds"]["breakdowns"])
    raw["recipient"]["deliveryPreference"] = {"dropOffLocation": "Porch", "addressInstruction": "Ring twice"}
    names = (
        "companyName",
        "addressLine2",
        "addressLine3",
        "municipality",
        "districtOrCounty",
        "stateOrRegion",
        "phone",
    )
    raw["recipient"]["deliveryAddress"] |= dict.fromkeys(names, "more") | {"extendedFields": {"streetName": "Rua A"}}
    raw["orderItems"][0]["cancellation"] = {
        "cancellationRequest": {"requester": "BUYER", "cancelReason": "Too late"},
        "cancellationExecution": {"cancelledBy": "MERCHANT"},
    }
    second = deepcopy(raw["orderItems"][0])
    raw["orderItems"].append(second | {"orderItemId": "60696125413095", "cancellation": None})
    return raw


def paths(raw: Any, at: str = "") -> list[str]:
    """The path of every field in a body."""
    pairs = enumerate(raw) if isinstance(raw, list) else raw.items() if isinstance(raw, dict) else ()
    found = []
    for key, value in pairs:
        path = f"{at}.{key}" if at else str(key)
        found += [path, *paths(value, path)]
    return found


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


def test_a_status_is_kept_in_one_spelling_and_an_unknown_one_as_it_came() -> None:
    for sent, stored in [
        ("PartiallyShipped", "PARTIALLY_SHIPPED"),
        ("Canceled", "CANCELLED"),
        ("unshipped", "UNSHIPPED"),
        ("partially_shipped", "PARTIALLY_SHIPPED"),
        ("canceled", "CANCELLED"),
        ("LOST_AT_SEA", "LOST_AT_SEA"),
        ("lost_at_sea", "lost_at_sea"),
    ]:
        assert parse_order(changed("fulfillment.fulfillmentStatus", sent)).status == stored, (sent, stored)


def test_who_ships_and_the_marketplace_are_known_in_letters_of_any_case() -> None:
    for path, value, name, stored in [
        ("fulfillment.fulfilledBy", "merchant", "fulfilled_by", "MERCHANT"),
        ("fulfillment.fulfilledBy", "afn", "fulfilled_by", "AMAZON"),
        ("fulfillment.fulfilledBy", "Drone", "fulfilled_by", "Drone"),
        ("salesChannel.marketplaceId", "a1pa6795ukmfr9", "marketplace_id", "A1PA6795UKMFR9"),
        ("salesChannel.marketplaceId", "a1unknown", "marketplace_id", "a1unknown"),
    ]:
        assert getattr(parse_order(changed(path, value)), name) == stored, (path, value, name, stored)


def test_who_fulfils_is_an_open_word() -> None:
    for sent, stored in [("AFN", "AMAZON"), ("DRONES", "DRONES"), (..., "")]:
        assert parse_order(changed("fulfillment.fulfilledBy", sent)).fulfilled_by == stored, (sent, stored)


def test_times_are_read_with_their_offset_and_fraction() -> None:
    for sent, expected in [
        ("2026-11-20T09:30:00Z", datetime(2026, 11, 20, 9, 30, tzinfo=UTC)),
        ("2026-11-20T18:30:00.5+09:00", datetime(2026, 11, 20, 9, 30, 0, 500000, UTC)),
        ("2026-11-20T09:30:00.123456789Z", datetime(2026, 11, 20, 9, 30, 0, 123457, UTC)),
    ]:
        order = parse_order(changed("lastUpdatedTime", sent))

        assert order.last_updated_at == expected, (sent, expected)
        assert order.last_updated_at.tzinfo is UTC, (sent, expected)


def test_yen_have_no_decimals() -> None:
    order = parse_order(changed("proceeds.grandTotal", {"amount": "5980", "currencyCode": "JPY"}))

    assert order.total == Money(5980, "JPY")


def test_an_order_without_number_or_lines_is_unreadable() -> None:
    for path, value, expected in [
        ("orderId", ..., "orderId is missing"),
        ("orderId", "902/../1", "orderId is not an order number"),
        ("orderId", 902, "orderId is not text"),
        ("orderItems", ..., "orderItems is missing"),
        ("orderItems", [], "orderItems is empty"),
        ("orderItems", {}, "orderItems is not a list"),
        ("orderItems.0", "an item", "orderItems[0] is not an object"),
        ("orderItems.0.orderItemId", ..., "orderItems[0].orderItemId is missing"),
        ("orderItems.0.quantityOrdered", ..., "orderItems[0].quantityOrdered is missing"),
        ("orderItems.0.quantityOrdered", "abc", "orderItems[0].quantityOrdered is not a quantity"),
        ("orderItems.0.quantityOrdered", -1, "orderItems[0].quantityOrdered is not a quantity"),
        ("orderItems.0.quantityOrdered", True, "orderItems[0].quantityOrdered is not a quantity"),
        ("orderItems.0.quantityOrdered", 1.5, "orderItems[0].quantityOrdered is not a quantity"),
        ("orderItems.0.quantityOrdered", 2**31, "orderItems[0].quantityOrdered is not a quantity"),
    ]:
        assert cause(changed(path, value)) == expected, (path, value, expected)


def in_euros(amount: Any) -> dict[str, Any]:
    return {"amount": amount, "currencyCode": "EUR"}


def test_an_amount_is_read_in_every_form_and_rounded_once() -> None:
    for amount, minor, odd in [
        ("24.90", 2490, None),
        ("-24.90", -2490, None),
        ("24", 2400, None),
        ("24.9", 2490, None),
        ("24.9000", 2490, None),
        ("+24.90", 2490, None),
        (".5", 50, None),
        ("1.19E+2", 11900, None),
        ("119e-1", 1190, None),
        ("10.000000000018", 1000, ("rounded", "10.000000000018")),
        ("9.999999999999999999999999999999999", 1000, ("rounded", "9.999999999999999999999999999999999")),
        ("24.905", 2491, ("rounded", "24.905")),
        ("-24.905", -2491, ("rounded", "-24.905")),
        (24.9, 2490, ("not_text", "24.9")),
        (24, 2400, ("not_text", "24")),
        ("24,90", None, ("not_amount", "24,90")),
        ("a canary", None, ("not_amount", None)),
        ("", None, ("not_amount", None)),
        (True, None, ("not_amount", None)),
        ("1E+99", None, ("too_large", "1E+99")),
        ("1E+999999", None, ("not_amount", "1E+999999")),
        ("NaN", None, ("not_amount", None)),
    ]:
        order = parse_order(changed("proceeds.grandTotal", in_euros(amount)))

        assert order.total == (None if minor is None else euros(minor)), (amount, minor, odd)
        assert order.invalid_fields == (() if odd is None else (InvalidField("proceeds.grandTotal.amount", *odd),)), (
            amount,
            minor,
            odd,
        )


def test_yen_with_decimals_are_yen() -> None:
    order = parse_order(changed("proceeds.grandTotal", {"amount": "1099.00", "currencyCode": "JPY"}))

    assert (order.total, order.invalid_fields) == (Money(1099, "JPY"), ())


def test_a_ship_by_of_no_real_year_is_left_out_and_listed() -> None:
    for year in ["0001", "1970", "1995", "1994-12-31T16:00:00-08:00", "9999"]:
        sent = year if "T" in year else f"{year}-01-01T00:00:00Z"

        order = parse_order(changed("fulfillment.shipByWindow.latestDateTime", sent))

        assert order.ship_by is None, year
        assert order.invalid_fields == (
            InvalidField("fulfillment.shipByWindow.latestDateTime", "impossible_time", sent),
        )


def test_a_lower_case_z_is_utc_and_a_time_without_zone_is_taken_for_utc() -> None:
    expected = datetime(2026, 11, 23, 22, 59, 59, tzinfo=UTC)

    small = parse_order(changed("fulfillment.shipByWindow.latestDateTime", "2026-11-23t22:59:59z"))
    bare = parse_order(changed("fulfillment.shipByWindow.latestDateTime", "2026-11-23T22:59:59"))

    assert (small.ship_by, small.invalid_fields) == (expected, ())
    assert bare.ship_by == expected
    assert [odd.problem for odd in bare.invalid_fields] == ["no_time_zone"]


def test_the_times_of_an_order_stand_in_for_each_other() -> None:
    whole = parse_order(an_order())
    without_created = parse_order(changed("createdTime", ...))
    without_updated = parse_order(changed("lastUpdatedTime", "0001-01-01T00:00:00Z"))

    assert without_created.purchased_at == whole.last_updated_at
    assert without_updated.last_updated_at == whole.purchased_at
    assert (without_created.has_update_time, without_updated.has_update_time) == (True, False)


def test_a_missing_marketplace_id_is_found_by_the_name() -> None:
    for channel, expected in [
        ({"marketplaceId": "A1PA6795UKMFR9"}, "A1PA6795UKMFR9"),
        ({"marketplaceName": "Amazon.de"}, "A1PA6795UKMFR9"),
        ({"marketplaceId": None, "marketplaceName": "www.amazon.co.uk"}, "A1F83G8C2ARO7P"),
        ({"marketplaceName": "SI UK Prod Marketplace"}, ""),
        ({}, ""),
        (None, ""),
        ("Amazon.de", ""),
    ]:
        assert parse_order(changed("salesChannel", channel)).marketplace_id == expected, (channel, expected)


def test_a_detail_without_a_subtype_stays_a_detail() -> None:
    raw = an_order()
    del raw["orderItems"][0]["proceeds"]["breakdowns"][1]["detailedBreakdowns"][0]["subtype"]

    order = parse_order(raw)

    assert order.items[0].components[2] == Component("TAX", "", euros(380))
    assert order.invalid_fields == ()


def test_a_replacement_without_the_number_of_the_original_is_an_order() -> None:
    order = parse_order(an_order(associatedOrders=[{"associationType": "REPLACEMENT_ORIGINAL_ID"}, {"orderId": "x"}]))

    assert (order.replaces, order.invalid_fields) == (None, ())


def test_what_no_database_stores_is_taken_out_of_a_text() -> None:
    raw = an_order(buyer={"buyerName": "Canary\0 Buy\ud83der"})
    raw["orderItems"][0]["product"] |= {"title": "x" * 5000, "sellerSku": "S" * 129}

    order = parse_order(raw)

    assert order.buyer == Buyer("Canary Buy?er")
    assert (order.items[0].title, order.items[0].sku) == ("x" * 4000, None)
    assert [(odd.path, odd.problem, odd.value) for odd in order.invalid_fields] == [
        ("orderItems[0].product.sellerSku", "too_long", None),
        ("orderItems[0].product.title", "too_long", None),
        ("buyer.buyerName", "bad_characters", None),
    ]


def test_names_are_kept_in_composed_form() -> None:
    order = parse_order(an_order(buyer={"buyerName": "Mu\u0308ller"}))

    assert order.buyer == Buyer("M\u00fcller")


@pytest.mark.parametrize(("sent", "expected"), [("2", 2), (2.0, 2)])
def test_a_quantity_in_another_form_is_that_quantity(sent: Any, expected: int) -> None:
    order = parse_order(changed("orderItems.0.quantityOrdered", sent))

    assert order.items[0].quantity == expected
    assert [odd.problem for odd in order.invalid_fields] == ["not_quantity"]


@pytest.mark.parametrize(
    ("changes", "quantity"),
    [
        ({}, 2),
        ({"quantityOrdered": 1, "fulfillment": {"quantityFulfilled": 0, "quantityUnfulfilled": 1}}, 1),
        ({"fulfillment": {"quantityFulfilled": 0, "quantityUnfulfilled": 1}}, 1),
        ({"fulfillment": {"quantityFulfilled": 1, "quantityUnfulfilled": 0}}, 1),
        ({"fulfillment": {"quantityUnfulfilled": 0}}, 2),
        ({"fulfillment": {}}, 2),
        ({"fulfillment": {}, "cancellation": {"cancellationExecution": {"cancelledBy": "BUYER"}}}, 0),
        (
            {
                "fulfillment": {"quantityFulfilled": 1},
                "cancellation": {"cancellationExecution": {"cancelledBy": "BUYER"}},
            },
            1,
        ),
    ],
)
def test_cancelled_units_are_not_ordered_any_more(changes: dict[str, Any], quantity: int) -> None:
    raw = an_order()
    raw["orderItems"][0] |= changes

    assert parse_order(raw).items[0].quantity == quantity


def test_an_order_without_a_status_waits_for_its_dataset() -> None:
    order = parse_order(changed("fulfillment", ...), frozenset({"TAX"}))

    assert (order.status, order.missing) == ("UNKNOWN", {"TAX", "FULFILLMENT"})


ANYTHING = (..., None, "", "x", 7, -1, 0, 1.5, True, False, [], {}, [{}], [None], {"a": []}, ["x"], "\ud800", "ü\0")


def test_no_optional_field_makes_an_order_unreadable() -> None:
    whole = an_order_with_all_fields()
    needed = re.compile(r"orderId|orderItems(\.\d+(\.(orderItemId|quantityOrdered))?)?")
    for path in paths(whole):
        if not needed.fullmatch(path):
            for value in (*ANYTHING, "x" * 5000):
                order = parse_order(changed(path, value, whole))
                assert all(odd.value is None or "x" not in odd.value for odd in order.invalid_fields)
                assert not re.search(r"\\x00|\\ud800", repr(order))


def test_what_was_odd_is_counted_no_further_than_anybody_reads() -> None:
    order = parse_order(an_order(packages=[7] * 10_000))

    assert len(order.invalid_fields) == 50


def test_of_an_item_or_parcel_listed_twice_the_first_counts() -> None:
    twice = an_order(packages=[{"packageReferenceId": "1", "carrier": "DHL"}, {"packageReferenceId": "1"}])
    twice["orderItems"] *= 2

    order = parse_order(twice)

    assert (len(order.items), [package.carrier for package in order.packages]) == (1, ["DHL"])
    assert [(odd.path, odd.problem) for odd in order.invalid_fields] == [
        ("orderItems[1].orderItemId", "duplicate"),
        ("packages[1].packageReferenceId", "duplicate"),
    ]


def test_a_value_that_may_be_personal_is_not_listed() -> None:
    for path in ("buyer.buyerName", "createdTime", "orderItems.0.fulfillment.quantityFulfilled"):
        order = parse_order(changed(path, ["Canary Buyer"]))
        assert order.invalid_fields
        assert "Canary" not in repr(order.invalid_fields)


def test_a_page_goes_on_without_the_orders_it_cannot_read() -> None:
    good, bad = an_order("902-1-1"), an_order("902-2-2", orderItems=None)

    page = tuple(one.read() for one in lazy_orders([good, bad, "no order", None]))

    assert page == (
        parse_order(good),
        UnparseableOrder("orderItems is missing", bad, "902-2-2"),
        UnparseableOrder("the order is not an object", "no order", None),
        UnparseableOrder("the order is not an object", None, None),
    )
    assert page[1].raw is bad


def test_an_enormous_order_is_set_aside() -> None:
    heavy = an_order(unknownField="x" * 1_000_001)

    (stored,) = lazy_orders([heavy])

    assert stored.read() == UnparseableOrder("the order is longer than 1000000 bytes", heavy, "902-1106328-1059050")


def test_an_order_nobody_reads_costs_nothing() -> None:
    (order,) = lazy_orders([{"orderId": "902-1-1", "orderItems": 7}])

    assert order.number == "902-1-1"
    assert order.read() == UnparseableOrder("orderItems is not a list", order.raw, "902-1-1")
    assert [one.number for one in lazy_orders([7, {"orderId": 7}, {"orderId": "902/1"}])] == [None] * 3
