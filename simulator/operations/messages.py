"""Messaging: the messages that are allowed for an order, and sending them. The text of a message is not stored."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from simulator.operations.errors import access_denied, invalid_input
from simulator.state.clock import parse_iso
from simulator.state.marketplaces import BY_ID
from simulator.state.orders import OrderRecord
from simulator.state.world_state import WorldState

# How long after the latest delivery messages are allowed.
DAYS = 30
FORBIDDEN_TEXT = re.compile(r"<\s*/?[a-zA-Z!]|[\w.+-]+@[\w-]+\.\w")
OPEN = ("UNSHIPPED", "PARTIALLY_SHIPPED")


@dataclass(frozen=True, slots=True)
class Action:
    """`max_length` of its text, 0 for a message that carries files. `statuses`: of the orders it is allowed for."""

    operation: str
    max_length: int
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


def buyer_locale(order: OrderRecord) -> str:
    return BY_ID[order.body["salesChannel"]["marketplaceId"]].language.replace("_", "-")


def allowed_actions(world: WorldState, order: OrderRecord) -> list[str]:
    """Return the allowed kinds: none for FBA, pending and cancelled orders, and for orders delivered long ago."""
    delivered = order.body["fulfillment"]["deliverByWindow"]["latestDateTime"]
    if order.is_fba or world.now() > parse_iso(delivered) + timedelta(days=DAYS):
        return []
    return [kind for kind, action in ACTIONS.items() if order.status in action.statuses]


def describe_actions(world: WorldState, order: OrderRecord) -> dict[str, Any]:
    """Return the actions as Amazon does: links, each with the schema of its body."""
    marketplace = order.body["salesChannel"]["marketplaceId"]
    url = f"/messaging/v1/orders/{order.id}"

    def link(path: str) -> dict[str, str]:
        return {"href": f"{url}{path}?marketplaceIds={marketplace}"}

    kinds = allowed_actions(world, order)
    embedded = [
        {
            "_links": {"self": link(f"/messages/{kind}"), "schema": link(f"/messages/{kind}/schema")},
            "_embedded": {
                "schema": {"_links": {"self": link(f"/messages/{kind}/schema")}, "payload": body_schema(ACTIONS[kind])}
            },
            "payload": {"name": kind},
        }
        for kind in kinds
    ]
    actions = [{**link(f"/messages/{kind}"), "name": kind} for kind in kinds]
    return {"_links": {"self": link(""), "actions": actions}, "_embedded": {"actions": embedded}}


def body_schema(action: Action) -> dict[str, Any]:
    text = {"text": {"type": "string", "minLength": 1, "maxLength": action.max_length}}
    files = {"attachments": {"type": "array", "items": {"type": "object"}}}
    return {
        "$schema": "http://json-schema.org/draft-04/schema",
        "type": "object",
        "properties": text if action.max_length else files,
    }


def send(world: WorldState, order: OrderRecord, kind: str, content: Any) -> None:
    """Check the body of a message and record it in the ledger. Raises ApiError."""
    if kind not in allowed_actions(world, order):
        raise access_denied(f"The message {kind} is not allowed for order {order.id} now.")
    if not isinstance(content, dict):
        raise invalid_input("Invalid request body.")
    if content.get("attachments") or not ACTIONS[kind].max_length:
        raise invalid_input("attachments: the uploadDestinationId is unknown.")
    text = content.get("text")
    if not isinstance(text, str) or not 1 <= len(text) <= ACTIONS[kind].max_length:
        raise invalid_input(f"text: must have between 1 and {ACTIONS[kind].max_length} characters.")
    if FORBIDDEN_TEXT.search(text):
        raise invalid_input("text: must not contain HTML or e-mail addresses.")
    channel = ACTIONS[kind].operation
    detail = {"kind": kind, "characters": len(text)}
    world.record_effect("message", actor="MERCHANT", channel=channel, order_id=order.id, **detail)
