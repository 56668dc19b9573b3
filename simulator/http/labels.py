"""Merchant Fulfillment v0."""

import re
from typing import Any

from flask import Blueprint, Response, request

from simulator.http.dispatch import operation
from simulator.http.orders import find_order
from simulator.http.responses import json_response
from simulator.operations import labels
from simulator.operations.errors import invalid_input
from simulator.operations.world import World
from simulator.state.orders import OrderRecord
from simulator.state.sellers import Seller

routes = Blueprint("labels", __name__, url_prefix="/mfn/v0")
SHIPMENT_ID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")


@routes.post("/eligibleShippingServices")
@operation("getEligibleShipmentServices")
def get_services(world: World, seller: Seller) -> Response:
    order = find_requested_order(world, seller)
    return json_response({"payload": labels.list_services(world, order, request.get_json(silent=True))})


@routes.post("/additionalSellerInputs")
@operation("getAdditionalSellerInputs")
def get_additional_inputs(world: World, seller: Seller) -> Response:
    content = request.get_json(silent=True)
    order = find_order(world, seller, str(content.get("OrderId") if isinstance(content, dict) else ""))
    return json_response({"payload": labels.list_additional_inputs(order, content)})


@routes.post("/shipments")
@operation("createShipment", restricted=True)
def create_shipment(world: World, seller: Seller) -> Response:
    order = find_requested_order(world, seller)
    return json_response({"payload": labels.buy(world, order, request.get_json(silent=True))})


@routes.get("/shipments/<shipment_id>")
@operation("getShipment", restricted=True)
def get_shipment(world: World, seller: Seller, shipment_id: str) -> Response:
    return json_response({"payload": find_label(world, seller, shipment_id)["shipment"]})


@routes.delete("/shipments/<shipment_id>")
@operation("cancelShipment", restricted=True)
def cancel_shipment(world: World, seller: Seller, shipment_id: str) -> Response:
    return json_response({"payload": labels.cancel(world, find_label(world, seller, shipment_id))})


def find_requested_order(world: World, seller: Seller) -> OrderRecord:
    """Return the order named in the body. Raises ApiError."""
    content = request.get_json(silent=True)
    details = content.get("ShipmentRequestDetails") if isinstance(content, dict) else None
    return find_order(world, seller, str(details.get("AmazonOrderId") if isinstance(details, dict) else ""))


def find_label(world: World, seller: Seller, shipment_id: str) -> dict[str, Any]:
    if not SHIPMENT_ID.fullmatch(shipment_id):
        raise invalid_input(
            f"1 validation error detected: Value '{shipment_id}' at 'shipmentId' failed to satisfy constraint: "
            f"Member must satisfy regular expression pattern: {SHIPMENT_ID.pattern}"
        )
    return labels.find_label(world, seller.id, shipment_id)
