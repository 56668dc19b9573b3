"""Shipment confirmations: each call adds one package; the same package number again replaces it."""

from datetime import timedelta
from typing import Any

from simulator.operations import lifecycle
from simulator.operations.carriers import CARRIER_CODES
from simulator.operations.errors import ApiError, invalid_input
from simulator.state.clock import format_iso, parse_iso
from simulator.state.marketplaces import BY_COUNTRY
from simulator.state.orders import OrderRecord
from simulator.state.world_state import WorldState

REQUIRED = ("packageReferenceId", "carrierCode", "trackingNumber", "shipDate", "orderItems")

# Amazon documents that these have other operations; the wording of its refusal is not known.
REFUSED_PROGRAMS = ("FBM_SHIP_PLUS", "AMAZON_EASY_SHIP", "DELIVERY_BY_AMAZON", "IN_STORE_PICK_UP")


def confirm(world: WorldState, order: OrderRecord, content: Any) -> None:
    """Check the body of a confirmShipment request and add its package to the order. Raises ApiError."""
    detail = content.get("packageDetail") if isinstance(content, dict) else None
    if not isinstance(content, dict) or not isinstance(detail, dict):
        raise invalid_input("Invalid request body: packageDetail is required.")
    if content.get("marketplaceId") != order.body["salesChannel"]["marketplaceId"]:
        raise invalid_input("marketplaceId: is invalid for this order.")
    check_collection(order, content.get("codCollectionMethod"))
    package = parse_package(world, order, detail)
    check_order(order, package)
    if world.faults.trigger("confirmShipment", name="package_not_found"):
        raise package_not_found()
    if not world.faults.trigger("confirmShipment", name="package_unseen"):
        lifecycle.save_package(world, order, package, channel="confirmShipment")


def check_collection(order: OrderRecord, method: Any) -> None:
    """Raise ApiError when the way of collecting cash on delivery is wrong. The wording of the refusal is not known."""
    if method not in (None, "DirectPayment"):
        raise invalid_input("codCollectionMethod: is invalid.")
    is_japanese = order.body["salesChannel"]["marketplaceId"] == BY_COUNTRY["JP"].id
    if method is not None and not is_japanese:
        raise invalid_input("codCollectionMethod: is only supported in the JP marketplace.")
    constraints = [
        item.get("fulfillment", {}).get("shipping", {}).get("shippingConstraints", {})
        for item in order.body["orderItems"]
    ]
    payments = order.body.get("payment", {}).get("paymentExecutions", [])
    is_collected = any("cashOnDelivery" in entry for entry in constraints) or any(
        payment.get("paymentMethod") == "CashOnDelivery" for payment in payments
    )
    if is_japanese and method is None and is_collected:
        raise invalid_input("codCollectionMethod: is required for cash on delivery.")


def parse_package(world: WorldState, order: OrderRecord, detail: dict[str, Any]) -> dict[str, Any]:
    """Return the package as the order will show it. Raises ApiError."""
    missing = next((name for name in REQUIRED if not detail.get(name)), None)
    if missing:
        raise invalid_input(f"{missing[0].upper()}{missing[1:]}: is required.")
    number = detail["packageReferenceId"]
    if not isinstance(number, str) or not number.isascii() or not number.isdigit() or int(number) < 1:
        raise invalid_input("PackageReferenceId: is invalid, must be a positive numeric value.")
    if str(detail["carrierCode"]) not in CARRIER_CODES:
        raise invalid_input(f"CarrierCode: {detail['carrierCode']} is invalid.")
    # Since 2021-05-07: https://github.com/amzn/selling-partner-api-docs/issues/712
    if detail["carrierCode"] == "Other" and order.body["salesChannel"]["marketplaceId"] == BY_COUNTRY["IN"].id:
        raise invalid_input("CarrierCode: Other is invalid.")
    if detail["carrierCode"] == "Other" and not detail.get("carrierName"):
        raise invalid_input("CarrierName: is required when the carrierCode is Other.")
    package = {
        "packageReferenceId": str(int(number)),
        "createdTime": format_iso(world.now()),
        "packageStatus": {"status": "SHIPPED"},
        "carrier": str(detail.get("carrierName") or detail["carrierCode"]),
        "shipTime": parse_ship_date(world, order, detail["shipDate"]),
        "trackingNumber": str(detail["trackingNumber"]),
        "packageItems": parse_lines(order, detail["orderItems"]),
    }
    if detail.get("shippingMethod"):
        package["shippingService"] = str(detail["shippingMethod"])
    return package


def parse_ship_date(world: WorldState, order: OrderRecord, text: Any) -> str:
    try:
        shipped = parse_iso(str(text))
    except (ValueError, OverflowError) as error:
        raise invalid_input("ShipDate: is invalid, must be a date in ISO 8601 format.") from error
    if format_iso(shipped)[:10] < order.body["createdTime"][:10]:
        raise invalid_input("ShipDate: must not be before the date of the order.")
    if shipped > world.now() + timedelta(days=1):
        raise invalid_input("ShipDate: must not lie in the future.")
    return format_iso(shipped)


def parse_lines(order: OrderRecord, lines: Any) -> list[dict[str, Any]]:
    ordered = [item["orderItemId"] for item in order.body["orderItems"]]
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        raise invalid_input("OrderItems: is invalid.")
    checked: list[dict[str, Any]] = []
    for line in lines:
        quantity = line.get("quantity")
        if line.get("orderItemId") not in ordered:
            raise invalid_input(f"OrderItemId: {line.get('orderItemId')} is not an item of this order.")
        if not isinstance(quantity, int) or isinstance(quantity, bool) or quantity < 1:
            raise invalid_input("Quantity: is invalid, must be a positive number.")
        if any(line["orderItemId"] == other["orderItemId"] for other in checked):
            raise invalid_input(f"OrderItemId: {line['orderItemId']} is given twice.")
        item = next(item for item in order.body["orderItems"] if item["orderItemId"] == line["orderItemId"])
        codes = parse_transparency_codes(item, quantity, line.get("transparencyCodes"))
        checked.append({"orderItemId": line["orderItemId"], "quantity": quantity, **codes})
    return checked


def parse_transparency_codes(item: dict[str, Any], quantity: int, codes: Any) -> dict[str, list[str]]:
    """Return the codes of an item's units. An item of the programme needs one for each unit.

    Amazon documents that these items need codes; the wording of its refusal is not known.
    """
    if not codes and "TRANSPARENCY" not in item.get("programs", ()):
        return {}
    if not isinstance(codes, list) or not all(isinstance(code, str) and code for code in codes):
        raise invalid_input(f"TransparencyCodes: are required for item {item['orderItemId']}.")
    if len(set(codes)) != quantity or len(codes) != quantity:
        raise invalid_input(f"TransparencyCodes: item {item['orderItemId']} needs {quantity} different codes.")
    return {"transparencyCodes": codes}


def package_not_found() -> ApiError:
    return ApiError(400, "InvalidInput", "Unable to find package to update. Reason: PackageToUpdateNotFound")


def check_order(order: OrderRecord, package: dict[str, Any]) -> None:
    """Raise ApiError when the status or the quantities of the order do not allow the package."""
    if order.is_fba:
        raise invalid_input("Shipment confirmation is not allowed for orders fulfilled by Amazon.")
    for program in REFUSED_PROGRAMS:
        if program in order.body.get("programs", ()):
            raise invalid_input(f"Shipment confirmation is not allowed for {program} orders.")
    packages = order.body.get("packages", [])
    others = [other for other in packages if other["packageReferenceId"] != package["packageReferenceId"]]
    is_new = len(others) == len(packages)
    if order.status == "SHIPPED" and is_new:
        raise package_not_found()
    if order.status not in (*lifecycle.SHIPPABLE, "SHIPPED"):
        raise invalid_input(f"Shipment confirmation is not allowed for an order that is {order.status}.")
    for item in order.body["orderItems"]:
        lines = [line for entry in (*others, package) for line in entry["packageItems"]]
        quantity = sum(line["quantity"] for line in lines if line["orderItemId"] == item["orderItemId"])
        if quantity > item["quantityOrdered"]:
            raise invalid_input(
                f"Quantity: {quantity} of item {item['orderItemId']} exceeds the {item['quantityOrdered']} ordered."
            )
