"""Common parts of the feed types: the errors of messages, the result of a feed, and finding a message's order."""

from dataclasses import dataclass
from typing import Any

from simulator.state.orders import OrderRecord
from simulator.state.world_state import WorldState


@dataclass(frozen=True, slots=True)
class FeedError(Exception):
    """One error of a processing report: Amazon's number and sentence."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class FailedMessage:
    """`message_id` is the MessageID or the number of the line, 0 for the whole feed."""

    message_id: str
    error: FeedError
    order_id: str = ""
    order_item_id: str = ""


@dataclass(frozen=True, slots=True)
class FeedResult:
    """`status` is DONE, or FATAL when nothing could be read. All messages but the `failed` were carried out."""

    status: str
    processed: int
    failed: tuple[FailedMessage, ...] = ()


def check_not_rejected(feed: dict[str, Any]) -> None:
    """Raise FeedError under the fault feed_rejected."""
    if feed["fault"] == "feed_rejected":
        raise FeedError(18028, "The data you submitted is incomplete or invalid.")


def find_order(world: WorldState, feed: dict[str, Any], order_id: str) -> OrderRecord:
    """Return an order of the feed's seller and marketplaces. Raises FeedError."""
    order = world.orders.get(order_id)
    if order is None or order.seller_id != feed["seller"]:
        raise FeedError(13013, f"The order {order_id} is not valid for this merchant.")
    if order.body["salesChannel"]["marketplaceId"] not in feed["marketplaceIds"]:
        raise FeedError(13013, f"The order {order.id} was not placed in a marketplace of this feed.")
    return order
