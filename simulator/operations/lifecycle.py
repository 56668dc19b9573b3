"""What happens to an order: it is released, shipped, asked to be cancelled, cancelled. Each checks that it may."""

from typing import TYPE_CHECKING, Any

from simulator.state.clock import iso

if TYPE_CHECKING:
    from simulator.operations.world import OrderRecord, World

CANCELLABLE = ("PENDING_AVAILABILITY", "PENDING", "UNSHIPPED")
SHIPPABLE = ("UNSHIPPED", "PARTIALLY_SHIPPED")


class NotPossible(ValueError):
    """The order does not stand where this could happen; the text says where it stands."""


def happen(world: "World", record: "OrderRecord", what: str) -> None:
    """What was on the order's agenda, unless something else happened to it meanwhile."""
    record.agenda = [entry for entry in record.agenda if entry[1] != what]
    if what == "release" and record.status in ("PENDING", "PENDING_AVAILABILITY"):
        release(world, record)
    elif what == "ship" and record.status in SHIPPABLE:
        ship(world, record, via="agenda")


def release(world: "World", record: "OrderRecord") -> None:
    """Amazon has the payment: the order may be shipped."""
    if record.status not in ("PENDING", "PENDING_AVAILABILITY"):
        raise NotPossible(f"the order is {record.status}, not PENDING")
    with world.changing(record) as body:
        body["fulfillment"]["fulfillmentStatus"] = "UNSHIPPED"
        hidden = body.pop("_hidden", {})
        body.update({name: hidden[name] for name in ("buyer", "recipient", "payment", "proceeds") if name in hidden})


def cancel(world: "World", record: "OrderRecord", *, by: str, reason: str, via: str, **detail: Any) -> None:
    """The whole order ends. `by` is BUYER, MERCHANT or AMAZON."""
    if record.status not in CANCELLABLE:
        raise NotPossible(f"the order is {record.status}")
    with world.changing(record) as body:
        body["fulfillment"]["fulfillmentStatus"] = "CANCELLED"
        for item in body["orderItems"]:
            item["fulfillment"].update(quantityFulfilled=0, quantityUnfulfilled=0)
            execution = {"cancelledBy": by, "cancelReason": reason}
            item.setdefault("cancellation", {})["cancellationExecution"] = execution
    record.agenda.clear()
    world.enter("cancellation", by=by, via=via, order_id=record.id, reason=reason, **detail)


def request_cancel(world: "World", record: "OrderRecord", reason: str) -> None:
    """The buyer asks the seller to cancel; an empty reason is left out, as buyers may."""
    if record.status != "UNSHIPPED" or record.by_amazon:
        raise NotPossible(f"the order is {record.status}; a buyer asks for UNSHIPPED orders that the seller ships")
    request = {"requester": "BUYER", **({"cancelReason": reason} if reason else {})}
    with world.changing(record) as body:
        for item in body["orderItems"]:
            item.setdefault("cancellation", {})["cancellationRequest"] = dict(request)


def ship(world: "World", record: "OrderRecord", *, via: str) -> None:
    """Everything that is left is shipped: by Amazon's own hands for FBA, as if in Seller Central for the rest."""
    if record.status not in SHIPPABLE:
        raise NotPossible(f"the order is {record.status}")
    left = {item["orderItemId"]: item["fulfillment"]["quantityUnfulfilled"] for item in record.body["orderItems"]}
    if record.by_amazon:
        with world.changing(record) as body:
            for item in body["orderItems"]:
                item["fulfillment"].update(quantityFulfilled=item["quantityOrdered"], quantityUnfulfilled=0)
            body["fulfillment"]["fulfillmentStatus"] = "SHIPPED"
        world.enter("shipment", by="AMAZON", via=via, order_id=record.id)
        return
    numbers = [int(package["packageReferenceId"]) for package in record.body.get("packages", [])]
    package = {
        "packageReferenceId": str(max(numbers, default=0) + 1),
        "createdTime": iso(world.now()),
        "packageStatus": {"status": "SHIPPED"},
        "carrier": "DHL",
        "shipTime": iso(world.now()),
        "shippingService": "Paket",
        "trackingNumber": f"00340434{world.next_serial('parcel'):012d}",
        "packageItems": [{"orderItemId": item, "quantity": quantity} for item, quantity in left.items() if quantity],
    }
    put_package(world, record, package, via=via)


def put_package(world: "World", record: "OrderRecord", package: dict[str, Any], *, via: str) -> None:
    """Add a parcel, or replace the one of the same number, and let quantities and status follow."""
    number = package["packageReferenceId"]
    edited = any(old["packageReferenceId"] == number for old in record.body.get("packages", []))
    with world.changing(record) as body:
        others = [old for old in body.get("packages", []) if old["packageReferenceId"] != number]
        body["packages"] = sorted([*others, package], key=lambda one: int(one["packageReferenceId"]))
        settle_quantities(body)
    world.enter(
        "shipment",
        by="MERCHANT",
        via=via,
        order_id=record.id,
        package=number,
        edited=edited,
        carrier=package["carrier"],
        tracking_number=package["trackingNumber"],
        items={line["orderItemId"]: line["quantity"] for line in package["packageItems"]},
    )


def settle_quantities(body: dict[str, Any]) -> None:
    """Shipped quantities and the status, from the parcels."""
    shipped: dict[str, int] = {}
    for package in body["packages"]:
        for line in package["packageItems"]:
            shipped[line["orderItemId"]] = shipped.get(line["orderItemId"], 0) + line["quantity"]
    for item in body["orderItems"]:
        done = shipped.get(item["orderItemId"], 0)
        item["fulfillment"].update(quantityFulfilled=done, quantityUnfulfilled=item["quantityOrdered"] - done)
    complete = all(not item["fulfillment"]["quantityUnfulfilled"] for item in body["orderItems"])
    some = any(item["fulfillment"]["quantityFulfilled"] for item in body["orderItems"])
    body["fulfillment"]["fulfillmentStatus"] = "SHIPPED" if complete else "PARTIALLY_SHIPPED" if some else "UNSHIPPED"


def link(world: "World", record: "OrderRecord", merchant_order_id: str) -> None:
    """The seller's own number for the order becomes its alias."""
    with world.changing(record) as body:
        body["orderAliases"] = [{"aliasId": merchant_order_id, "aliasType": "SELLER_ORDER_ID"}]
    world.enter("alias", by="MERCHANT", via="feed", order_id=record.id, alias=merchant_order_id)
