"""The search of searchOrders, after its parameters have been checked."""

from dataclasses import dataclass

from simulator.operations import order_faults
from simulator.state.orders import OrderRecord
from simulator.state.world_state import WorldState


@dataclass(frozen=True, slots=True)
class Search:
    """`time_field` is the field searched in; `after` and `before` are its bounds, both included."""

    seller_id: str
    time_field: str
    after: str
    before: str
    statuses: frozenset[str]
    marketplaces: frozenset[str]
    fulfilled_by: frozenset[str]
    page_size: int
    included: frozenset[str]
    # (time, order number) of the last order of the page before.
    cursor: tuple[str, str]

    def position(self, order: OrderRecord) -> tuple[str, str]:
        return order.body[self.time_field], order.id

    def matches(self, order: OrderRecord) -> bool:
        fulfillment = order.body["fulfillment"]
        return (
            order.seller_id == self.seller_id
            and self.after <= order.body[self.time_field] <= self.before
            and self.position(order) > self.cursor
            and (not self.statuses or fulfillment["fulfillmentStatus"] in self.statuses)
            and (not self.marketplaces or order.body["salesChannel"].get("marketplaceId") in self.marketplaces)
            and (not self.fulfilled_by or fulfillment.get("fulfilledBy") in self.fulfilled_by)
        )


def find_page(world: WorldState, search: Search) -> tuple[list[OrderRecord], tuple[str, str] | None]:
    """Return the orders of the page, and the cursor of the next page if there is one."""
    is_visible = order_faults.find_visibility(world)
    orders = sorted(
        (order for order in world.orders.values() if search.matches(order) and is_visible(order)), key=search.position
    )
    page = orders[: search.page_size]
    return page, search.position(page[-1]) if len(orders) > len(page) else None
