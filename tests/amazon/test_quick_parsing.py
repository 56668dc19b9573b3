"""Orders read quickly say the same as orders of which each field is looked at."""

from copy import deepcopy
from typing import Any

import pytest

from tests.amazon.bodies import an_order
from tests.amazon.test_parsing import changed
from webapp.amazon.parsing import UnreadableOrderError, parse_order, unread_orders
from webapp.amazon.quick_parsing import QuickReader
from webapp.domain.amazon_orders import (
    AmazonOrder,
    Unreadable,
)

ANYTHING = (..., None, "", "x", 7, -1, 0, 1.5, True, False, [], {}, [{}], [None], {"a": []}, ["x"], "\ud800", "ü\0")


SIZES = ("x" * 128, "x" * 129, "x" * 320, "x" * 321, "x" * 4000, "x" * 4001, "ü" * 129, "2026-11-20T08:00:00+09:00")


def everything_an_order_can_say() -> dict[str, Any]:
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
        associatedOrders=None,
    )
    raw["buyer"] |= {"buyerCompanyName": "Canary Works", "buyerPurchaseOrderNumber": "PO 7"}
    raw["proceeds"]["breakdowns"] = deepcopy(raw["orderItems"][0]["proceeds"]["breakdowns"])
    raw["recipient"]["deliveryPreference"] = {"dropOffLocation": "Porch", "addressInstruction": "Ring twice"}
    more = ("companyName", "addressLine2", "addressLine3", "municipality", "districtOrCounty", "stateOrRegion", "phone")
    raw["recipient"]["deliveryAddress"] |= dict.fromkeys(more, "more") | {"extendedFields": None}
    raw["orderItems"][0]["cancellation"] = {
        "cancellationRequest": {"requester": "BUYER", "cancelReason": "Too late"},
        "cancellationExecution": {"cancelledBy": "MERCHANT"},
    }
    second = deepcopy(raw["orderItems"][0])
    raw["orderItems"].append(second | {"orderItemId": "60696125413095", "cancellation": None})
    return raw


def strictly(raw: Any) -> AmazonOrder | Unreadable:
    try:
        return parse_order(raw)
    except UnreadableOrderError as error:
        return Unreadable(error.cause, raw, error.number)


def test_an_order_that_is_as_promised_is_read_quickly_and_the_same() -> None:
    whole = everything_an_order_can_say()

    assert QuickReader().read(whole, frozenset(), None) == parse_order(whole)
    assert QuickReader().read(an_order(), frozenset({"TAX"}), "r-1") == parse_order(an_order())


def test_whatever_a_field_says_is_read_as_it_is_when_looked_at_closely() -> None:
    whole, quick = everything_an_order_can_say(), QuickReader()
    for path in _paths(whole):
        for value in ANYTHING + SIZES:
            raw = changed(path, value, whole)
            read = quick.read(raw, frozenset(), None)
            assert read is None or read == strictly(raw), (path, value)
            (unread,) = unread_orders([raw])
            assert unread.read() == strictly(raw), (path, value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("orderItems.0.product.title", ""),
        ("orderItems.0.product.title", "Wasserkocher für zwölf"),
        ("orderItems.0.product", None),
        ("orderItems.0.fulfillment.packing", None),
        ("buyer", ...),
        ("buyer.buyerName", "Ü" * 4000),
        ("recipient", {}),
        ("packages", []),
        ("programs", ...),
    ],
)
def test_what_often_differs_is_read_quickly_too(path: str, value: Any) -> None:
    assert QuickReader().read(changed(path, value, everything_an_order_can_say()), frozenset(), None) is not None


def test_an_order_nobody_reads_costs_nothing() -> None:
    (order,) = unread_orders([{"orderId": "902-1-1", "orderItems": 7}])

    assert order.number == "902-1-1"
    assert order.read() == Unreadable("fulfillment is missing, so the order has no status", order.raw, "902-1-1")
    assert [one.number for one in unread_orders([7, {"orderId": 7}, {"orderId": "902/1"}])] == [None] * 3


def _paths(raw: Any, at: str = "") -> list[str]:
    pairs = enumerate(raw) if isinstance(raw, list) else raw.items() if isinstance(raw, dict) else ()
    found = []
    for key, value in pairs:
        path = f"{at}.{key}" if at else str(key)
        found += [path, *_paths(value, path)]
    return found
