"""Orders v0 confirmShipment: one call a parcel; the same parcel number again edits it."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from simulator.http import tokens
from simulator.http.dispatch import call
from simulator.http.orders import own_order
from simulator.http.responses import Refused, invalid, nothing
from simulator.operations import carriers, lifecycle
from simulator.state.clock import iso, parse_iso
from simulator.state.sellers import Seller

if TYPE_CHECKING:
    from simulator.operations.world import OrderRecord, World

pages = Blueprint("shipments", __name__, url_prefix="/orders/v0/orders")

NEEDED = ("packageReferenceId", "carrierCode", "trackingNumber", "shipDate", "orderItems")


@pages.post("/<order_id>/shipmentConfirmation")
def confirm_shipment(order_id: str) -> Response:
    return call(
        "confirmShipment",
        lambda world, seller: _confirm_shipment(world, seller, order_id),
        authorize=tokens.seller_of_request,
    )


def _confirm_shipment(world: "World", seller: Seller, order_id: str) -> Response:
    order = own_order(world, seller, order_id)
    content = request.get_json(silent=True)
    detail = content.get("packageDetail") if isinstance(content, dict) else None
    if not isinstance(content, dict) or not isinstance(detail, dict):
        raise invalid("Invalid request body: packageDetail is required.")
    if content.get("marketplaceId") != order.body["salesChannel"]["marketplaceId"]:
        raise invalid("marketplaceId: is invalid for this order.")
    if content.get("codCollectionMethod") not in (None, "DirectPayment"):
        raise invalid("codCollectionMethod: is invalid.")
    package = checked_package(world, order, detail)
    check_state(order, package)
    if world.faults.strike("confirmShipment", name="package_not_found"):
        raise not_found()
    if world.faults.strike("confirmShipment", name="package_unseen"):
        return nothing(204)
    lifecycle.put_package(world, order, package, via="confirmShipment")
    return nothing(204)


def checked_package(world: "World", order: "OrderRecord", detail: dict[str, Any]) -> dict[str, Any]:
    """The parcel as the order will show it, or what is wrong with the request."""
    missing = next((name for name in NEEDED if not detail.get(name)), None)
    if missing:
        raise invalid(f"{missing[0].upper()}{missing[1:]}: is required.")
    number = detail["packageReferenceId"]
    if not isinstance(number, str) or not number.isascii() or not number.isdigit() or int(number) < 1:
        raise invalid("PackageReferenceId: is invalid, must be a positive numeric value.")
    check_carrier(detail)
    if detail["carrierCode"] == "Other" and not detail.get("carrierName"):
        raise invalid("CarrierName: is required when the carrierCode is Other.")
    package = {
        "packageReferenceId": str(int(number)),
        "createdTime": iso(world.now()),
        "packageStatus": {"status": "SHIPPED"},
        "carrier": str(detail.get("carrierName") or detail["carrierCode"]),
        "shipTime": checked_ship_date(world, order, detail["shipDate"]),
        "trackingNumber": str(detail["trackingNumber"]),
        "packageItems": checked_lines(order, detail["orderItems"]),
    }
    if detail.get("shippingMethod"):
        package["shippingService"] = str(detail["shippingMethod"])
    return package


def check_carrier(detail: dict[str, Any]) -> None:
    """Refuse codes that are not in Amazon's list."""
    code = detail["carrierCode"]
    if not isinstance(code, str) or code not in carriers.CARRIER_CODES:
        raise invalid(f"CarrierCode: {code} is invalid.")


def checked_ship_date(world: "World", order: "OrderRecord", text: Any) -> str:
    try:
        shipped = parse_iso(str(text))
    except (ValueError, OverflowError) as error:
        raise invalid("ShipDate: is invalid, must be a date in ISO 8601 format.") from error
    if iso(shipped)[:10] < order.body["createdTime"][:10]:
        raise invalid("ShipDate: must not be before the date of the order.")
    if shipped > world.now() + timedelta(days=1):
        raise invalid("ShipDate: must not lie in the future.")
    return iso(shipped)


def checked_lines(order: "OrderRecord", lines: Any) -> list[dict[str, Any]]:
    ordered = [item["orderItemId"] for item in order.body["orderItems"]]
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        raise invalid("OrderItems: is invalid.")
    checked: list[dict[str, Any]] = []
    for line in lines:
        quantity = line.get("quantity")
        if line.get("orderItemId") not in ordered:
            raise invalid(f"OrderItemId: {line.get('orderItemId')} is not an item of this order.")
        if not isinstance(quantity, int) or isinstance(quantity, bool) or quantity < 1:
            raise invalid("Quantity: is invalid, must be a positive number.")
        if any(line["orderItemId"] == other["orderItemId"] for other in checked):
            raise invalid(f"OrderItemId: {line['orderItemId']} is given twice.")
        codes = {"transparencyCodes": line["transparencyCodes"]} if line.get("transparencyCodes") else {}
        checked.append({"orderItemId": line["orderItemId"], "quantity": quantity, **codes})
    return checked


def not_found() -> Refused:
    return Refused(400, "InvalidInput", "Unable to find package to update. Reason: PackageToUpdateNotFound")


def check_state(order: "OrderRecord", package: dict[str, Any]) -> None:
    """Whether this order takes this parcel."""
    if order.by_amazon:
        raise invalid("Shipment confirmation is not allowed for orders fulfilled by Amazon.")
    if "FBM_SHIP_PLUS" in order.body.get("programs", ()):
        raise invalid("Shipment confirmation is not allowed for Ship+ orders.")
    others = [
        old for old in order.body.get("packages", []) if old["packageReferenceId"] != package["packageReferenceId"]
    ]
    is_new = len(others) == len(order.body.get("packages", []))
    if order.status == "SHIPPED" and is_new:
        raise not_found()
    if order.status not in (*lifecycle.SHIPPABLE, "SHIPPED"):
        raise invalid(f"Shipment confirmation is not allowed for an order that is {order.status}.")
    for item in order.body["orderItems"]:
        lines = [line for one in (*others, package) for line in one["packageItems"]]
        quantity = sum(line["quantity"] for line in lines if line["orderItemId"] == item["orderItemId"])
        if quantity > item["quantityOrdered"]:
            raise invalid(
                f"Quantity: {quantity} of item {item['orderItemId']} exceeds the {item['quantityOrdered']} ordered."
            )
