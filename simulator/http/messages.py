"""Messaging v1."""

from flask import Blueprint, Response, request

from simulator.http.dispatch import handle, operation
from simulator.http.orders import find_order
from simulator.http.parameters import check_marketplaces, parse_list
from simulator.http.responses import error_response, json_response
from simulator.operations import messages
from simulator.operations.errors import invalid_input
from simulator.operations.world import World
from simulator.state.orders import OrderRecord
from simulator.state.sellers import Seller

routes = Blueprint("messages", __name__, url_prefix="/messaging/v1/orders")


@routes.get("/<order_id>")
@operation("getMessagingActionsForOrder")
def get_actions(world: World, seller: Seller, order_id: str) -> Response:
    return json_response(messages.describe_actions(world, find_marketplace_order(world, seller, order_id)))


@routes.get("/<order_id>/attributes")
@operation("GetAttributes")
def get_attributes(world: World, seller: Seller, order_id: str) -> Response:
    locale = messages.buyer_locale(find_marketplace_order(world, seller, order_id))
    return json_response({"buyer": {"locale": locale}})


@routes.post("/<order_id>/messages/<kind>")
def send_message(order_id: str, kind: str) -> Response:
    if kind not in messages.ACTIONS:
        return error_response(404, "NotFound", "The resource was not found.")

    def send(world: World, seller: Seller) -> Response:
        order = find_marketplace_order(world, seller, order_id)
        messages.send(world, order, kind, request.get_json(silent=True))
        return json_response({}, 201)

    return handle(messages.ACTIONS[kind].operation, send)


def find_marketplace_order(world: World, seller: Seller, order_id: str) -> OrderRecord:
    """Return an order of the seller in the marketplace of the request. Raises ApiError."""
    marketplaces = check_marketplaces(seller, parse_list("marketplaceIds"))
    if len(marketplaces) != 1:
        raise invalid_input("marketplaceIds must have exactly 1 member.")
    order = find_order(world, seller, order_id)
    if order.body["salesChannel"]["marketplaceId"] not in marketplaces:
        raise invalid_input(f"Order {order_id} was not placed in this marketplace.")
    return order
