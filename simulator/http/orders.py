"""Orders 2026-01-01: searchOrders, getOrder, and cancelOrder where the world's switch opens it."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from simulator.http import tokens
from simulator.http.dispatch import call
from simulator.http.responses import body, denied, invalid, not_found, nothing
from simulator.operations import lifecycle, order_faults
from simulator.operations.datasets import DATASETS, shown
from simulator.state.clock import iso, parse_iso
from simulator.state.marketplaces import BY_ID
from simulator.state.sellers import Seller

if TYPE_CHECKING:
    from simulator.operations.world import OrderRecord, World

pages = Blueprint("orders", __name__, url_prefix="/orders/2026-01-01/orders")

STATUSES = frozenset(
    ("PENDING_AVAILABILITY", "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED", "UNFULFILLABLE")
)
CANCEL_REASONS = (
    "NO_INVENTORY",
    "BUYER_CANCELLED",
    "SHIPPING_ADDRESS_UNDELIVERABLE",
    "CUSTOMER_EXCHANGE",
    "PRICING_ERROR",
)
NUMBER = re.compile(r"\d{3}-\d{7}-\d{7}")
PARAMETERS = (
    "createdAfter",
    "createdBefore",
    "lastUpdatedAfter",
    "lastUpdatedBefore",
    "fulfillmentStatuses",
    "marketplaceIds",
    "fulfilledBy",
    "maxResultsPerPage",
    "includedData",
)
TOKEN_HOURS = 24


@dataclass(frozen=True, slots=True)
class Search:
    """A checked request. `by` is the field searched in; `after` and `before` are its bounds, both included."""

    by: str
    after: str
    before: str
    statuses: frozenset[str]
    marketplaces: frozenset[str]
    fulfilled_by: frozenset[str]
    page: int
    included: frozenset[str]
    # (time, order number) of the last order already sent.
    behind: tuple[str, str]

    def finds(self, order: "OrderRecord") -> bool:
        fulfillment = order.body["fulfillment"]
        return (
            self.after <= order.body[self.by] <= self.before
            and (order.body[self.by], order.id) > self.behind
            and (not self.statuses or fulfillment["fulfillmentStatus"] in self.statuses)
            and (not self.marketplaces or order.body["salesChannel"].get("marketplaceId") in self.marketplaces)
            and (not self.fulfilled_by or fulfillment.get("fulfilledBy") in self.fulfilled_by)
        )


@pages.get("")
def search_orders() -> Response:
    return call("searchOrders", _search_orders, authorize=tokens.seller_of_request)


@pages.get("/<order_id>")
def get_order(order_id: str) -> Response:
    return call(
        "getOrder", lambda world, seller: _get_order(world, seller, order_id), authorize=tokens.seller_of_request
    )


@pages.put("/<order_id>/cancellation")
def cancel_order(order_id: str) -> Response:
    return call(
        "cancelOrder", lambda world, seller: _cancel_order(world, seller, order_id), authorize=tokens.seller_of_request
    )


def listed(name: str, allowed: frozenset[str] | None = None) -> frozenset[str]:
    """A parameter of several values, joined by commas or repeated."""
    values = frozenset(value for text in request.args.getlist(name) for value in text.split(",") if value)
    unknown = sorted(values - allowed) if allowed is not None else []
    if unknown:
        raise invalid(
            f"Value '{unknown[0]}' at '{name}' failed to satisfy constraint: Member must satisfy enum value set"
        )
    return values


def moment(name: str) -> str | None:
    text = request.args.get(name)
    if text is None:
        return None
    try:
        # A plus sign that nobody encoded arrives as a space.
        return iso(parse_iso(text.replace(" ", "+")))
    except (ValueError, OverflowError) as error:
        raise invalid(f"'{name}' is invalid: it must be a date in ISO 8601 format") from error


def whole_number(name: str, default: int, low: int, high: int) -> int:
    text = request.args.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise invalid(f"'{name}' is invalid: it must be a number between {low} and {high}")
    return int(text)


def checked_marketplaces(seller: Seller, wanted: frozenset[str]) -> frozenset[str]:
    """400 for what is no marketplace, 403 for one in which this seller does not sell, as in another region."""
    for marketplace_id in sorted(wanted):
        if marketplace_id not in BY_ID:
            raise invalid(f"Invalid marketplaceIds: {marketplace_id}")
        if not seller.sells_in(marketplace_id):
            raise denied(f"The seller does not participate in marketplace {marketplace_id} of this region.")
    return wanted


def bounds(world: "World") -> tuple[str, str, str]:
    """(field, after, before) by Amazon's date rules; `before` is the bound really applied."""
    given = {name: moment(name) for name in PARAMETERS[:4]}
    if bool(given["createdAfter"]) == bool(given["lastUpdatedAfter"]):
        raise invalid("Exactly one of 'createdAfter' and 'lastUpdatedAfter' must be provided")
    by = "created" if given["createdAfter"] else "lastUpdated"
    other = "lastUpdated" if by == "created" else "created"
    if given[f"{other}Before"]:
        raise invalid(f"'{other}Before' must not be provided together with '{by}After'")
    latest = iso(world.now() - timedelta(seconds=world.settle))
    after, before = given[f"{by}After"] or "", given[f"{by}Before"]
    if before and before > latest:
        raise invalid(f"'{by}Before' must be at least 2 minutes before the time of the request")
    if before and before < after:
        raise invalid(f"'{by}Before' must be equal to or after '{by}After'")
    if not before and after > latest and after > iso(world.now()):
        raise invalid(f"'{by}After' must not lie in the future")
    return f"{by}Time", after, before or latest


def page_token(world: "World", seller: Seller) -> dict[str, Any] | None:
    """The content of the paginationToken: it goes with the same filters, the same seller, for 24 hours."""
    text = request.args.get("paginationToken")
    if text is None:
        return None
    content = tokens.opened(text)
    if content is None or "behind" not in content or content["seller"] != seller.id:
        raise invalid("The paginationToken is invalid")
    if content["filters"] != filters():
        raise invalid("The paginationToken must be sent with the same parameters as the request that returned it")
    if content["expires"] <= iso(world.now()):
        raise invalid("The paginationToken has expired")
    return content


def filters() -> dict[str, list[str]]:
    return {name: sorted(request.args.getlist(name)) for name in PARAMETERS if name in request.args}


def requested(world: "World", seller: Seller) -> Search:
    """The search that was asked for, or Amazon's refusal."""
    token = page_token(world, seller)
    by, after, before = bounds(world)
    return Search(
        by=by,
        after=after,
        before=token["before"] if token else before,
        statuses=listed("fulfillmentStatuses", STATUSES),
        marketplaces=checked_marketplaces(seller, listed("marketplaceIds")),
        fulfilled_by=listed("fulfilledBy", frozenset(("MERCHANT", "AMAZON"))),
        page=whole_number("maxResultsPerPage", 100, 1, 100),
        included=included_data(world, "searchOrders"),
        behind=tuple(token["behind"]) if token else ("", ""),
    )


def included_data(world: "World", operation: str) -> frozenset[str]:
    """The datasets asked for, less those that an armed fault hides; refused when the fault says so."""
    included = listed("includedData", DATASETS)
    return included - order_faults.hidden_datasets(world, operation, included)


def _search_orders(world: "World", seller: Seller) -> Response:
    search = requested(world, seller)
    found = [order for order in world.orders.values() if order.seller_id == seller.id and search.finds(order)]
    found.sort(key=lambda order: (order.body[search.by], order.id))
    page = found[: search.page]
    answer: dict[str, Any] = {"orders": [shown(order.body, search.included) for order in page]}
    behind = (page[-1].body[search.by], page[-1].id) if len(found) > len(page) else None
    if page and world.faults.strike("searchOrders", name="repeated_page"):
        behind = search.behind
    if behind is not None:
        answer["pagination"] = {"nextToken": next_token(world, seller, search, behind)}
    answer["lastUpdatedBefore" if search.by == "lastUpdatedTime" else "createdBefore"] = search.before
    order_faults.send_stale(world, seller, search.included, answer["orders"])
    order_faults.spoil_one(world, answer["orders"])
    return body(answer)


def next_token(world: "World", seller: Seller, search: Search, behind: tuple[str, str]) -> str:
    expires = iso(world.now() + timedelta(hours=TOKEN_HOURS))
    content = {"seller": seller.id, "before": search.before, "behind": behind, "filters": filters(), "expires": expires}
    return tokens.sealed(content)


def own_order(world: "World", seller: Seller, order_id: str) -> "OrderRecord":
    if not NUMBER.fullmatch(order_id):
        raise invalid(f"The order ID '{order_id}' is invalid: it should be in 3-7-7 format.")
    order = world.orders.get(order_id)
    if order is None or order.seller_id != seller.id:
        raise not_found(f"Order {order_id} was not found.")
    return order


def _get_order(world: "World", seller: Seller, order_id: str) -> Response:
    included = included_data(world, "getOrder")
    order = own_order(world, seller, order_id)
    content = order_faults.stale(world, order) or order.body
    return body({"order": order_faults.spoil(world, shown(content, included))})


def _cancel_order(world: "World", seller: Seller, order_id: str) -> Response:
    if not world.switches["rest_cancel"]:
        raise denied()
    order = own_order(world, seller, order_id)
    content = request.get_json(silent=True)
    reason = content.get("cancelReasonCode") if isinstance(content, dict) else None
    if reason not in CANCEL_REASONS:
        raise invalid(f"cancelReasonCode must be one of {', '.join(CANCEL_REASONS)}")
    if order.by_amazon or order.status != "UNSHIPPED":
        raise invalid(f"Order {order_id} cannot be cancelled in its current state.")
    lifecycle.cancel(world, order, by="MERCHANT", reason=reason, via="cancelOrder")
    return nothing(202)
