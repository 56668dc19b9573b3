"""Changes of one order: release, ship, request a cancellation, cancel. Each raises InvalidStateError if not allowed."""

from typing import Any

from simulator.operations.errors import InvalidStateError
from simulator.state.clock import format_iso
from simulator.state.orders import OrderRecord
from simulator.state.world_state import WorldState

PENDING = ("PENDING", "PENDING_AVAILABILITY")
CANCELLABLE = (*PENDING, "UNSHIPPED")
SHIPPABLE = ("UNSHIPPED", "PARTIALLY_SHIPPED")


def carry_out_event(world: WorldState, order: OrderRecord, event: str) -> None:
    """Carry out a scheduled event, unless the order has changed in a way that prevents it."""
    order.scheduled = [entry for entry in order.scheduled if entry[1] != event]
    if event == "release" and order.status in PENDING:
        release(world, order)
    elif event == "ship" and order.status in SHIPPABLE:
        ship(world, order, channel="schedule")


def release(world: WorldState, order: OrderRecord) -> None:
    """Authorize the payment: the order may be shipped, and its hidden data is shown."""
    if order.status not in PENDING:
        raise InvalidStateError(f"the order is {order.status}, not PENDING")
    with world.changing(order) as body:
        body["fulfillment"]["fulfillmentStatus"] = "UNSHIPPED"
        hidden = body.pop("_hidden", {})
        body.update({name: hidden[name] for name in ("buyer", "recipient", "payment", "proceeds") if name in hidden})


def cancel(world: WorldState, order: OrderRecord, *, actor: str, reason: str, channel: str, **detail: Any) -> None:
    """Cancel the whole order. `actor` is BUYER, MERCHANT or AMAZON."""
    if order.status not in CANCELLABLE:
        raise InvalidStateError(f"the order is {order.status}")
    with world.changing(order):
        set_cancelled(order, {"cancelledBy": actor, "cancelReason": reason})
    order.scheduled.clear()
    world.record_effect("cancellation", actor=actor, channel=channel, order_id=order.id, reason=reason, **detail)


def set_cancelled(order: OrderRecord, execution: dict[str, str]) -> None:
    order.body["fulfillment"]["fulfillmentStatus"] = "CANCELLED"
    for item in order.body["orderItems"]:
        item["fulfillment"].update(quantityFulfilled=0, quantityUnfulfilled=0)
        item.setdefault("cancellation", {})["cancellationExecution"] = dict(execution)


def request_cancel(world: WorldState, order: OrderRecord, reason: str) -> None:
    """Request cancellation as the buyer. An empty reason is left out."""
    if order.status != "UNSHIPPED" or order.is_fba:
        raise InvalidStateError(
            f"the order is {order.status}; a buyer can only ask for UNSHIPPED orders that the seller ships"
        )
    with world.changing(order):
        set_cancel_requested(order, reason)


def set_cancel_requested(order: OrderRecord, reason: str) -> None:
    request = {"requester": "BUYER", **({"cancelReason": reason} if reason else {})}
    for item in order.body["orderItems"]:
        item.setdefault("cancellation", {})["cancellationRequest"] = dict(request)


def ship(world: WorldState, order: OrderRecord, *, channel: str) -> None:
    """Ship the remaining quantities, by Amazon for FBA orders and as in Seller Central for the others."""
    if order.status not in SHIPPABLE:
        raise InvalidStateError(f"the order is {order.status}")
    if order.is_fba:
        with world.changing(order) as body:
            set_all_shipped(body)
            body["fulfillment"]["fulfillmentStatus"] = "SHIPPED"
        world.record_effect("shipment", actor="AMAZON", channel=channel, order_id=order.id)
        return
    remaining = {item["orderItemId"]: item["fulfillment"]["quantityUnfulfilled"] for item in order.body["orderItems"]}
    numbers = [int(package["packageReferenceId"]) for package in order.body.get("packages", [])]
    package = {
        "packageReferenceId": str(max(numbers, default=0) + 1),
        "createdTime": format_iso(world.now()),
        "packageStatus": {"status": "SHIPPED"},
        "carrier": "DHL",
        "shipTime": format_iso(world.now()),
        "shippingService": "Paket",
        "trackingNumber": f"00340434{world.next_serial('parcel'):012d}",
        "packageItems": [
            {"orderItemId": item_id, "quantity": quantity} for item_id, quantity in remaining.items() if quantity
        ],
    }
    save_package(world, order, package, channel=channel)


def save_package(world: WorldState, order: OrderRecord, package: dict[str, Any], *, channel: str) -> None:
    """Add a package, or replace the one with the same number; update quantities and status."""
    number = package["packageReferenceId"]
    packages = order.body.get("packages", [])
    others = [other for other in packages if other["packageReferenceId"] != number]
    with world.changing(order) as body:
        body["packages"] = sorted([*others, package], key=lambda entry: int(entry["packageReferenceId"]))
        update_quantities(body)
    world.record_effect(
        "shipment",
        actor="MERCHANT",
        channel=channel,
        order_id=order.id,
        package=number,
        edited=len(others) < len(packages),
        carrier=package["carrier"],
        tracking_number=package["trackingNumber"],
        items={line["orderItemId"]: line["quantity"] for line in package["packageItems"]},
    )


def set_all_shipped(body: dict[str, Any]) -> None:
    for item in body["orderItems"]:
        item["fulfillment"].update(quantityFulfilled=item["quantityOrdered"], quantityUnfulfilled=0)


def update_quantities(body: dict[str, Any]) -> None:
    """Compute the shipped quantities and the status from the packages."""
    shipped: dict[str, int] = {}
    for package in body["packages"]:
        for line in package["packageItems"]:
            shipped[line["orderItemId"]] = shipped.get(line["orderItemId"], 0) + line["quantity"]
    for item in body["orderItems"]:
        quantity = shipped.get(item["orderItemId"], 0)
        item["fulfillment"].update(quantityFulfilled=quantity, quantityUnfulfilled=item["quantityOrdered"] - quantity)
    if all(not item["fulfillment"]["quantityUnfulfilled"] for item in body["orderItems"]):
        status = "SHIPPED"
    elif any(item["fulfillment"]["quantityFulfilled"] for item in body["orderItems"]):
        status = "PARTIALLY_SHIPPED"
    else:
        status = "UNSHIPPED"
    body["fulfillment"]["fulfillmentStatus"] = status


def set_alias(world: WorldState, order: OrderRecord, merchant_order_id: str) -> None:
    """Store the seller's own number of the order as its alias."""
    with world.changing(order) as body:
        body["orderAliases"] = [{"aliasId": merchant_order_id, "aliasType": "SELLER_ORDER_ID"}]
    world.record_effect("alias", actor="MERCHANT", channel="feed", order_id=order.id, alias=merchant_order_id)
