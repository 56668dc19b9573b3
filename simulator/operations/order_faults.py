"""Faults that live in orders: refused datasets, stale versions, orders nobody can read."""

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from simulator.http.responses import denied, invalid
from simulator.operations.datasets import shown
from simulator.state.faults import Fault
from simulator.state.sellers import Seller

if TYPE_CHECKING:
    from simulator.operations.world import OrderRecord, World


def hidden_datasets(world: "World", operation: str, included: frozenset[str]) -> frozenset[str]:
    """The datasets that armed faults keep back without a word; refused when one of them says so."""
    dropped: set[str] = set()
    while fault := world.faults.strike(
        operation, name="forbidden_dataset", when=lambda one: one.options["dataset"] in included - dropped
    ):
        answer = str(fault.options["answer"])
        if answer == "403":
            raise denied()
        if answer == "400":
            raise invalid("Invalid value for parameter includedData.")
        dropped.add(fault.options["dataset"])
    return frozenset(dropped)


def stale(world: "World", order: "OrderRecord") -> dict[str, Any] | None:
    """What getOrder sends of an order when it reads an old copy; None when it does not."""
    older = older_version(order)
    if older and world.faults.strike("getOrder", name="reordered_updates", when=_about(order.id)):
        return older
    return None


def _about(order_id: str) -> Callable[[Fault], bool]:
    return lambda fault: fault.options["order_id"] in (None, order_id)


def older_version(order: "OrderRecord") -> dict[str, Any] | None:
    """The body before the last change; for an order that came with the scenario, as it was when it was placed."""
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


def send_stale(world: "World", seller: Seller, included: frozenset[str], page: list[Any]) -> None:
    """Behind the page's orders, one of them, or one sent before, as it was earlier."""

    def candidates(fault: Fault) -> list["OrderRecord"]:
        numbers = [order["orderId"] for order in page] or list(world.orders)
        orders = (world.orders[number] for number in numbers)
        mine = (order for order in orders if order.seller_id == seller.id and _about(order.id)(fault))
        return [order for order in mine if older_version(order)]

    fault = world.faults.strike("searchOrders", name="reordered_updates", when=lambda one: bool(candidates(one)))
    if fault is not None:
        among = candidates(fault)
        older = older_version(among[world.faults.one_of(len(among))])
        page.append(shown(older or {}, included))


def spoil_one(world: "World", page: list[Any]) -> None:
    """One order of the page becomes something that is no order."""

    def places(fault: Fault) -> list[int]:
        return [place for place, order in enumerate(page) if _about(order["orderId"])(fault)]

    fault = world.faults.strike("searchOrders", name="unreadable_order", when=lambda one: bool(places(one)))
    if fault is None:
        return
    among = places(fault)
    place = among[world.faults.one_of(len(among))]
    page[place] = _spoiled(page[place], fault)


def spoil(world: "World", order: dict[str, Any]) -> Any:
    """What getOrder sends of an order: itself, or something that is no order."""
    fault = world.faults.strike("getOrder", name="unreadable_order", when=_about(order["orderId"]))
    return order if fault is None else _spoiled(order, fault)


def _spoiled(order: dict[str, Any], fault: Fault) -> Any:
    return {
        "missing": {name: value for name, value in order.items() if name not in ("orderItems", "lastUpdatedTime")},
        "type": {**order, "orderItems": [{**item, "quantityOrdered": "two"} for item in order["orderItems"]]},
        "text": "order",
    }[str(fault.options["how"])]
