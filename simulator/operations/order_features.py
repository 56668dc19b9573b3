"""Features of special programmes and regulations, added to a generated order: the optional fields Amazon sends then."""

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from simulator.state.clock import format_iso, parse_iso
from simulator.state.marketplaces import BY_ID

# The address of a customization's ZIP file; the host is added when the order is sent.
CUSTOMIZATION_PATH = "/t/"
IOSS_NUMBER = "IM4420001201"

Feature = Callable[[dict[str, Any]], None]


def add_features(body: dict[str, Any], features: Iterable[str]) -> None:
    """Add these features to an order. Raises KeyError for a feature that does not exist."""
    for name in features:
        FEATURES[name](body)


def make_customization_path(order_item_id: str) -> str:
    """Return the path of the ZIP file of a customized item, which cannot be guessed at Amazon either."""
    token = hashlib.sha256(f"customization/{order_item_id}".encode()).hexdigest()[:24]
    return f"{CUSTOMIZATION_PATH}{order_item_id}/{token}/30"


def _items(body: dict[str, Any]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = body["orderItems"]
    return items


def _add_programs(body: dict[str, Any], *programs: str) -> None:
    body["programs"] = [*body.get("programs", ()), *(name for name in programs if name not in body.get("programs", ()))]


def _add_item_program(name: str) -> Feature:
    def add(body: dict[str, Any]) -> None:
        item = _items(body)[0]
        item["programs"] = [*item.get("programs", ()), name]

    return add


def _shipping(body: dict[str, Any]) -> list[dict[str, Any]]:
    return [item["fulfillment"].setdefault("shipping", {}) for item in _items(body)]


def _add_constraint(name: str) -> Feature:
    def add(body: dict[str, Any]) -> None:
        for shipping in _shipping(body):
            shipping.setdefault("shippingConstraints", {})[name] = "MANDATORY"

    return add


def _add_customization(body: dict[str, Any]) -> None:
    item = _items(body)[0]
    item["product"]["customization"] = {"customizedUrl": make_customization_path(item["orderItemId"])}


def _set_used(body: dict[str, Any]) -> None:
    _items(body)[0]["product"]["condition"] = {
        "conditionType": "USED",
        "conditionSubtype": "VERY_GOOD",
        "conditionNote": "Shop return: box opened, small scratch on the back.",
    }


def _add_ioss(body: dict[str, Any]) -> None:
    for item, shipping in zip(_items(body), _shipping(body), strict=True):
        shipping["internationalShipping"] = {"iossNumber": IOSS_NUMBER}
        item.setdefault("tax", {})["taxCalculationBreakdowns"] = [{"reportingScheme": "IOSS"}]


def _add_scheduled_window(body: dict[str, Any]) -> None:
    latest = parse_iso(body["fulfillment"]["deliverByWindow"]["latestDateTime"])
    window = _format_window(latest.replace(hour=8, minute=0, second=0, microsecond=0), hours=4)
    body["fulfillment"]["fulfillmentServiceLevel"] = "SCHEDULED"
    for shipping in _shipping(body):
        shipping["scheduledDeliveryWindow"] = window


def _format_window(start: datetime, *, hours: int) -> dict[str, str]:
    return {"earliestDateTime": format_iso(start), "latestDateTime": format_iso(start + timedelta(hours=hours))}


def _add_serial_numbers(body: dict[str, Any]) -> None:
    item = _items(body)[0]
    item["product"]["serialNumbers"] = [f"SN{item['orderItemId'][-6:]}{place}" for place in range(2)]
    item["fulfillment"].setdefault("packing", {})["serialNumberRequirement"] = {"requirementType": "REQUIRED"}


def _set_pickup_point(body: dict[str, Any]) -> None:
    address = _get_recipient(body)["deliveryAddress"]
    address |= {"addressType": "PICKUP_POINT", "companyName": "Paketshop 0417"}


def _get_recipient(body: dict[str, Any]) -> dict[str, Any]:
    recipient: dict[str, Any] = body["recipient"]
    return recipient


def _add_delivery_hours(body: dict[str, Any]) -> None:
    day = {
        "startTime": {"hour": 9, "minute": 0},
        "endTime": {"hour": 16, "minute": 30},
    }
    _get_recipient(body).setdefault("deliveryPreference", {}).update(
        deliveryTime={
            "businessHours": [
                {"dayOfWeek": name, "timeWindows": [day]} for name in ("MON", "TUE", "WED", "THU", "FRI")
            ],
            "exceptionDates": [{"exceptionDate": "2026-12-24", "exceptionDateType": "CLOSED"}],
        },
        deliveryCapabilities=["PALLET_DISABLED"],
    )


def _add_invoice_preference(body: dict[str, Any]) -> None:
    body.setdefault("tax", {})["taxInvoicing"] = {"buyerInvoicePreference": "BUSINESS"}


def _set_easy_ship(body: dict[str, Any]) -> None:
    _add_programs(body, "AMAZON_EASY_SHIP")
    body["fulfillmentOrders"] = [{"fulfillmentOrderId": f"FO-{_items(body)[0]['orderItemId']}"}]
    body.setdefault("tax", {}).setdefault("taxInvoicing", {})["invoiceStatus"] = "NOT_FOUND"


def _add_points(body: dict[str, Any]) -> None:
    currency = BY_ID[body["salesChannel"]["marketplaceId"]].currency
    value = {"amount": "120" if currency == "JPY" else "1.20", "currencyCode": currency}
    granted = {"pointsNumber": 120, "pointsMonetaryValue": value}
    _items(body)[0]["expense"] = {"pointsCost": {"pointsGranted": granted}}


def _add_substitution(body: dict[str, Any]) -> None:
    _items(body)[0]["fulfillment"]["picking"] = {"substitutionPreference": {"substitutionType": "DO_NOT_SUBSTITUTE"}}


FEATURES: dict[str, Feature] = {
    "customized": _add_customization,
    "used": _set_used,
    "signature": _add_constraint("signatureConfirmation"),
    "age_check": _add_constraint("recipientAgeVerification"),
    "identity_check": _add_constraint("recipientIdentityVerification"),
    "pallet": _add_constraint("palletDelivery"),
    "cash_on_delivery": _add_constraint("cashOnDelivery"),
    "ioss": _add_ioss,
    "scheduled": _add_scheduled_window,
    "transparency": _add_item_program("TRANSPARENCY"),
    "subscription": _add_item_program("SUBSCRIBE_AND_SAVE"),
    "serial_numbers": _add_serial_numbers,
    "pickup_point": _set_pickup_point,
    "delivery_hours": _add_delivery_hours,
    "invoice_preference": _add_invoice_preference,
    "easy_ship": _set_easy_ship,
    "points": _add_points,
    "no_substitution": _add_substitution,
}
