"""Messaging v1: what a seller may write to an order's buyer now, and that it was written. No text is kept."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from simulator.http import tokens
from simulator.http.dispatch import call
from simulator.http.orders import checked_marketplaces, listed, own_order
from simulator.http.responses import body, denied, invalid, not_found
from simulator.state.clock import parse_iso
from simulator.state.marketplaces import BY_ID
from simulator.state.sellers import Seller

if TYPE_CHECKING:
    from simulator.operations.world import OrderRecord, World

pages = Blueprint("messages", __name__, url_prefix="/messaging/v1/orders")

# How long after its delivery an order may still be written about.
DAYS = 30
FORBIDDEN_TEXT = re.compile(r"<\s*/?[a-zA-Z!]|[\w.+-]+@[\w-]+\.\w")
OPEN = ("UNSHIPPED", "PARTIALLY_SHIPPED")


@dataclass(frozen=True, slots=True)
class Action:
    """`longest`: characters of its text; 0: it carries files instead. `statuses`: of the orders it is allowed for."""

    operation: str
    longest: int
    statuses: tuple[str, ...]


ACTIONS = {
    "confirmOrderDetails": Action("createConfirmOrderDetails", 2000, OPEN),
    "confirmCustomizationDetails": Action("confirmCustomizationDetails", 800, OPEN),
    "confirmDeliveryDetails": Action("createConfirmDeliveryDetails", 2000, (*OPEN, "SHIPPED")),
    "unexpectedProblem": Action("createUnexpectedProblem", 2000, (*OPEN, "SHIPPED")),
    "confirmServiceDetails": Action("createConfirmServiceDetails", 2000, ()),
    "digitalAccessKey": Action("createDigitalAccessKey", 400, ()),
    "legalDisclosure": Action("createLegalDisclosure", 0, ()),
    "warranty": Action("CreateWarranty", 0, ()),
    "invoice": Action("sendInvoice", 0, ("SHIPPED",)),
}


@pages.get("/<order_id>")
def get_actions(order_id: str) -> Response:
    return call(
        "getMessagingActionsForOrder",
        lambda world, seller: body(listing(world, checked_order(world, seller, order_id))),
        authorize=tokens.seller_of_request,
    )


@pages.get("/<order_id>/attributes")
def get_attributes(order_id: str) -> Response:
    return call(
        "GetAttributes",
        lambda world, seller: body({"buyer": {"locale": locale(checked_order(world, seller, order_id))}}),
        authorize=tokens.seller_of_request,
    )


@pages.post("/<order_id>/messages/<kind>")
def send(order_id: str, kind: str) -> Response:
    if kind not in ACTIONS:
        return not_found("The resource was not found.").answer()
    return call(
        ACTIONS[kind].operation,
        lambda world, seller: _send(world, checked_order(world, seller, order_id), kind),
        authorize=tokens.seller_of_request,
    )


def checked_order(world: "World", seller: Seller, order_id: str) -> "OrderRecord":
    marketplaces = checked_marketplaces(seller, listed("marketplaceIds"))
    if len(marketplaces) != 1:
        raise invalid("marketplaceIds must have exactly 1 member.")
    order = own_order(world, seller, order_id)
    if order.body["salesChannel"]["marketplaceId"] not in marketplaces:
        raise invalid(f"Order {order_id} was not placed in this marketplace.")
    return order


def locale(order: "OrderRecord") -> str:
    return BY_ID[order.body["salesChannel"]["marketplaceId"]].language.replace("_", "-")


def allowed(world: "World", order: "OrderRecord") -> list[str]:
    """Nothing for FBA, whose buyers Amazon looks after, for orders nobody has paid yet, cancelled or long done ones."""
    delivered = order.body["fulfillment"]["deliverByWindow"]["latestDateTime"]
    if order.by_amazon or world.now() > parse_iso(delivered) + timedelta(days=DAYS):
        return []
    return [kind for kind, action in ACTIONS.items() if order.status in action.statuses]


def listing(world: "World", order: "OrderRecord") -> dict[str, Any]:
    """The actions as Amazon shows them: links, and behind each the schema of its body."""
    marketplace = order.body["salesChannel"]["marketplaceId"]
    address = f"/messaging/v1/orders/{order.id}"

    def link(tail: str) -> dict[str, str]:
        return {"href": f"{address}{tail}?marketplaceIds={marketplace}"}

    kinds = allowed(world, order)
    embedded = [
        {
            "_links": {"self": link(f"/messages/{kind}"), "schema": link(f"/messages/{kind}/schema")},
            "_embedded": {
                "schema": {"_links": {"self": link(f"/messages/{kind}/schema")}, "payload": schema(ACTIONS[kind])}
            },
            "payload": {"name": kind},
        }
        for kind in kinds
    ]
    actions = [{**link(f"/messages/{kind}"), "name": kind} for kind in kinds]
    return {"_links": {"self": link(""), "actions": actions}, "_embedded": {"actions": embedded}}


def schema(action: Action) -> dict[str, Any]:
    text = {"text": {"type": "string", "minLength": 1, "maxLength": action.longest}}
    files = {"attachments": {"type": "array", "items": {"type": "object"}}}
    return {
        "$schema": "http://json-schema.org/draft-04/schema",
        "type": "object",
        "properties": text if action.longest else files,
    }


def _send(world: "World", order: "OrderRecord", kind: str) -> Response:
    if kind not in allowed(world, order):
        raise denied(f"The message {kind} is not allowed for order {order.id} now.")
    content = request.get_json(silent=True)
    if not isinstance(content, dict):
        raise invalid("Invalid request body.")
    if content.get("attachments") or not ACTIONS[kind].longest:
        raise invalid("attachments: the uploadDestinationId is unknown.")
    text = content.get("text")
    if not isinstance(text, str) or not 1 <= len(text) <= ACTIONS[kind].longest:
        raise invalid(f"text: must have between 1 and {ACTIONS[kind].longest} characters.")
    if FORBIDDEN_TEXT.search(text):
        raise invalid("text: must not contain HTML or e-mail addresses.")
    via = ACTIONS[kind].operation
    world.enter("message", by="MERCHANT", via=via, order_id=order.id, kind=kind, characters=len(text))
    return body({}, 201)
