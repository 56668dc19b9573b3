"""Orders 2026-01-01: searchOrders, getOrder and cancelOrder. Orders v0: confirmShipment."""

import re
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, request

from simulator.http import signed_tokens
from simulator.http.dispatch import operation
from simulator.http.parameters import check_marketplaces, parse_integer, parse_list, parse_time
from simulator.http.responses import json_response
from simulator.operations import customizations, lifecycle, order_faults, shipments
from simulator.operations.datasets import DATASETS, select_fields
from simulator.operations.errors import access_denied, invalid_input, not_found
from simulator.operations.order_search import Search, find_page
from simulator.operations.world import World
from simulator.state.clock import format_iso
from simulator.state.orders import OrderRecord
from simulator.state.sellers import Seller

routes = Blueprint("orders", __name__, url_prefix="/orders")

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
ORDER_NUMBER = re.compile(r"\d{3}-\d{7}-\d{7}")
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


@routes.get("/2026-01-01/orders")
@operation("searchOrders")
def search_orders(world: World, seller: Seller) -> Response:
    search = parse_search(world, seller)
    page, cursor = find_page(world, search)
    content: dict[str, Any] = {
        "orders": [
            customizations.add_host(select_fields(order.body, search.included), request.host_url) for order in page
        ]
    }
    if page and world.faults.trigger("searchOrders", name="repeated_page"):
        cursor = search.cursor
    if cursor is not None:
        content["pagination"] = {"nextToken": next_token(world, search, cursor)}
    content["lastUpdatedBefore" if search.time_field == "lastUpdatedTime" else "createdBefore"] = search.before
    order_faults.append_stale_order(world, seller, search.included, content["orders"])
    order_faults.damage_one_order(world, content["orders"])
    return json_response(content)


@routes.get("/2026-01-01/orders/<order_id>")
@operation("getOrder")
def get_order(world: World, seller: Seller, order_id: str) -> Response:
    included = parse_included_data(world, "getOrder")
    order = find_order(world, seller, order_id)
    body = order_faults.stale_body(world, order) or order.body
    sent = customizations.add_host(select_fields(body, included), request.host_url)
    return json_response({"order": order_faults.damage_order(world, sent)})


@routes.put("/2026-01-01/orders/<order_id>/cancellation")
@operation("cancelOrder")
def cancel_order(world: World, seller: Seller, order_id: str) -> Response:
    if not world.switches["rest_cancel"]:
        raise access_denied()
    order = find_order(world, seller, order_id)
    content = request.get_json(silent=True)
    reason = content.get("cancelReasonCode") if isinstance(content, dict) else None
    if reason not in CANCEL_REASONS:
        raise invalid_input(f"cancelReasonCode must be one of {', '.join(CANCEL_REASONS)}")
    if order.is_fba or order.status != "UNSHIPPED":
        raise invalid_input(f"Order {order_id} cannot be cancelled in its current state.")
    lifecycle.cancel(world, order, actor="MERCHANT", reason=reason, channel="cancelOrder")
    return Response(status=202)


@routes.post("/v0/orders/<order_id>/shipmentConfirmation")
@operation("confirmShipment")
def confirm_shipment(world: World, seller: Seller, order_id: str) -> Response:
    shipments.confirm(world, find_order(world, seller, order_id), request.get_json(silent=True))
    return Response(status=204)


def find_order(world: World, seller: Seller, order_id: str) -> OrderRecord:
    """Return an order of the seller. Raises ApiError."""
    if not ORDER_NUMBER.fullmatch(order_id):
        raise invalid_input(f"The order ID '{order_id}' is invalid: it should be in 3-7-7 format.")
    order = world.orders.get(order_id)
    if order is None or order.seller_id != seller.id:
        raise not_found(f"Order {order_id} was not found.")
    return order


def parse_search(world: World, seller: Seller) -> Search:
    """Return the search that is requested. Raises ApiError."""
    token = parse_pagination_token(world, seller)
    time_field, after, before = parse_bounds(world)
    return Search(
        seller_id=seller.id,
        time_field=time_field,
        after=after,
        before=token["before"] if token else before,
        statuses=parse_list("fulfillmentStatuses", STATUSES),
        marketplaces=check_marketplaces(seller, parse_list("marketplaceIds")),
        fulfilled_by=parse_list("fulfilledBy", frozenset(("MERCHANT", "AMAZON"))),
        page_size=parse_integer("maxResultsPerPage", 100, 1, 100),
        included=parse_included_data(world, "searchOrders"),
        cursor=tuple(token["cursor"]) if token else ("", ""),
    )


def parse_bounds(world: World) -> tuple[str, str, str]:
    """Return (field, after, before) by Amazon's date rules; `before` is the bound that is applied."""
    bounds = {name: parse_time(name) for name in PARAMETERS[:4]}
    if bool(bounds["createdAfter"]) == bool(bounds["lastUpdatedAfter"]):
        raise invalid_input("Exactly one of 'createdAfter' and 'lastUpdatedAfter' must be provided")
    name = "created" if bounds["createdAfter"] else "lastUpdated"
    other = "lastUpdated" if name == "created" else "created"
    if bounds[f"{other}Before"]:
        raise invalid_input(f"'{other}Before' must not be provided together with '{name}After'")
    latest = format_iso(world.now() - timedelta(seconds=world.update_delay))
    after, before = bounds[f"{name}After"] or "", bounds[f"{name}Before"]
    if before and before > latest:
        raise invalid_input(f"'{name}Before' must be at least 2 minutes before the time of the request")
    if before and before < after:
        raise invalid_input(f"'{name}Before' must be equal to or after '{name}After'")
    if not before and after > latest and after > format_iso(world.now()):
        raise invalid_input(f"'{name}After' must not lie in the future")
    return f"{name}Time", after, before or latest


def parse_included_data(world: World, operation: str) -> frozenset[str]:
    """Return the requested datasets without those that an armed fault hides. Raises ApiError."""
    included = parse_list("includedData", DATASETS)
    return included - order_faults.hidden_datasets(world, operation, included)


def parse_pagination_token(world: World, seller: Seller) -> dict[str, Any] | None:
    """Return the content of the paginationToken, valid for the same filters and seller for 24 hours."""
    token = request.args.get("paginationToken")
    if token is None:
        return None
    content = signed_tokens.verify(token)
    if content is None or "cursor" not in content or content["seller"] != seller.id:
        raise invalid_input("The paginationToken is invalid")
    if content["filters"] != request_filters():
        raise invalid_input("The paginationToken must be sent with the same parameters as the request that returned it")
    if content["expires"] <= format_iso(world.now()):
        raise invalid_input("The paginationToken has expired")
    return content


def next_token(world: World, search: Search, cursor: tuple[str, str]) -> str:
    expires = format_iso(world.now() + timedelta(hours=TOKEN_HOURS))
    position = {"before": search.before, "cursor": cursor, "filters": request_filters()}
    return signed_tokens.sign({"seller": search.seller_id, "expires": expires, **position})


def request_filters() -> dict[str, list[str]]:
    return {name: sorted(request.args.getlist(name)) for name in PARAMETERS if name in request.args}
