"""Faults in orders: refused datasets, old versions, and orders that cannot be parsed."""

import copy
import hashlib
from collections.abc import Callable
from typing import Any

from simulator.operations.datasets import select_fields
from simulator.operations.errors import access_denied, invalid_input
from simulator.state.clock import parse_iso
from simulator.state.faults import Fault
from simulator.state.orders import OrderRecord
from simulator.state.sellers import Seller
from simulator.state.world_state import WorldState


def hidden_datasets(world: WorldState, operation: str, included: frozenset[str]) -> frozenset[str]:
    """Return the datasets that armed faults leave out. Raises ApiError when one of them refuses the call."""
    hidden: set[str] = set()
    while fault := world.faults.trigger(
        operation, name="forbidden_dataset", when=lambda armed: armed.options["dataset"] in included - hidden
    ):
        answer = str(fault.options["answer"])
        if answer == "403":
            raise access_denied()
        if answer == "400":
            raise invalid_input("Invalid value for parameter includedData.")
        hidden.add(fault.options["dataset"])
    return frozenset(hidden)


def find_visibility(world: WorldState) -> Callable[[OrderRecord], bool]:
    """Return whether searches show an order: not while a fault hides it for some time, or always."""
    faults = [fault for fault in world.faults.list_armed() if fault.name in ("late_order", "omitted_order")]
    now = world.now()

    def is_visible(order: OrderRecord) -> bool:
        for fault in faults:
            if _concerns(order.id)(fault) and _is_chosen(order, fault):
                age = (now - parse_iso(order.body["lastUpdatedTime"])).total_seconds()
                if fault.name == "omitted_order" or age < fault.options["seconds"]:
                    return False
        return True

    return is_visible


def _is_chosen(order: OrderRecord, fault: Fault) -> bool:
    """Return whether the order belongs to the share of orders that the fault concerns: always the same ones."""
    drawn = hashlib.sha256(f"{fault.name}/{order.id}".encode()).digest()
    return int.from_bytes(drawn[:4]) < float(fault.options["share"]) * 2**32


def stale_body(world: WorldState, order: OrderRecord) -> dict[str, Any] | None:
    """Return the old body that getOrder sends under the fault reordered_updates; None without the fault."""
    older = older_body(order)
    if older and world.faults.trigger("getOrder", name="reordered_updates", when=_concerns(order.id)):
        return older
    return None


def _concerns(order_id: str) -> Callable[[Fault], bool]:
    return lambda fault: fault.options["order_id"] in (None, order_id)


def older_body(order: OrderRecord) -> dict[str, Any] | None:
    """Return the body before the last change; for an order of the scenario, the body when it was placed."""
    if order.previous is not None:
        return order.previous
    if order.body["lastUpdatedTime"] <= order.body["createdTime"]:
        return None
    older = copy.deepcopy(order.body)
    older["lastUpdatedTime"] = older["createdTime"]
    older["fulfillment"]["fulfillmentStatus"] = "PENDING"
    older.pop("packages", None)
    for item in older["orderItems"]:
        item["fulfillment"].update(quantityFulfilled=0, quantityUnfulfilled=item["quantityOrdered"])
        item.pop("cancellation", None)
    return older


def append_stale_order(world: WorldState, seller: Seller, included: frozenset[str], page: list[Any]) -> None:
    """Append an older version of one of the page's orders, or of any order if the page is empty."""

    def candidates(fault: Fault) -> list[dict[str, Any]]:
        numbers = [order["orderId"] for order in page] or list(world.orders)
        orders = [world.orders[number] for number in numbers]
        matching = [order for order in orders if order.seller_id == seller.id and _concerns(order.id)(fault)]
        return [older for order in matching if (older := older_body(order))]

    fault = world.faults.trigger("searchOrders", name="reordered_updates", when=lambda armed: bool(candidates(armed)))
    if fault is not None:
        bodies = candidates(fault)
        page.append(select_fields(bodies[world.faults.random_index(len(bodies))], included))


def damage_one_order(world: WorldState, page: list[Any]) -> None:
    """Replace one order of the page by something that cannot be parsed."""

    def candidates(fault: Fault) -> list[int]:
        return [index for index, order in enumerate(page) if _concerns(order["orderId"])(fault)]

    fault = world.faults.trigger("searchOrders", name="unreadable_order", when=lambda armed: bool(candidates(armed)))
    if fault is not None:
        indexes = candidates(fault)
        index = indexes[world.faults.random_index(len(indexes))]
        page[index] = _damage(page[index], fault)


def damage_order(world: WorldState, order: dict[str, Any]) -> Any:
    """Return the order as getOrder sends it: damaged under the fault unreadable_order."""
    fault = world.faults.trigger("getOrder", name="unreadable_order", when=_concerns(order["orderId"]))
    return order if fault is None else _damage(order, fault)


def _damage(order: dict[str, Any], fault: Fault) -> Any:
    return {
        "missing": {name: value for name, value in order.items() if name not in ("orderItems", "lastUpdatedTime")},
        "type": {**order, "orderItems": [{**item, "quantityOrdered": "two"} for item in order["orderItems"]]},
        "text": "order",
    }[str(fault.options["how"])]
