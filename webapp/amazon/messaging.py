"""Messaging API v1: which messages Amazon lets through to an order's buyer, and sending one."""

from typing import Any

from webapp.amazon.client import Client
from webapp.amazon.http import AmazonResponse
from webapp.amazon.json_fields import (
    MalformedError,
    block,
    blocks,
    required,
)
from webapp.amazon.orders import checked_marketplaces, checked_number
from webapp.domain.amazon.errors import InvalidRequest
from webapp.domain.mail.amazon_messages import LIMITS

PATH = "/messaging/v1/orders"
# Kind of message -> Amazon's name of the call.
OPERATIONS = {
    "confirmOrderDetails": "createConfirmOrderDetails",
    "confirmDeliveryDetails": "createConfirmDeliveryDetails",
    "unexpectedProblem": "createUnexpectedProblem",
    "confirmCustomizationDetails": "confirmCustomizationDetails",
    "confirmServiceDetails": "createConfirmServiceDetails",
    "digitalAccessKey": "createDigitalAccessKey",
}


def allowed(client: Client, number: str, marketplace_id: str) -> tuple[str, ...]:
    """The kinds Amazon allows for the order now, in its order and words; those that carry files are among them."""
    operation = "getMessagingActionsForOrder"
    path = f"{PATH}/{checked_number(operation, number)}"
    return client.call(operation, "GET", path, _actions, params=_marketplace(client, marketplace_id))


def send(client: Client, number: str, marketplace_id: str, kind: str, text: str) -> None:
    """Send one message. Raises LostAnswer when the buyer may have got it; nothing at Amazon tells afterwards."""
    if kind not in OPERATIONS:
        raise InvalidRequest(f"Amazon has no message {kind!r} that is a text; it has {', '.join(OPERATIONS)}.")
    operation = OPERATIONS[kind]
    if not text.strip() or len(text) > LIMITS[kind]:
        raise InvalidRequest(f"A message has 1 to {LIMITS[kind]} characters, not {len(text)}.", operation=operation)
    path = f"{PATH}/{checked_number(operation, number)}/messages/{kind}"
    params = _marketplace(client, marketplace_id)
    client.call(operation, "POST", path, _sent, params=params, body={"text": text}, repeat_safe=False)


def _marketplace(client: Client, marketplace_id: str) -> dict[str, str]:
    (marketplace,) = checked_marketplaces(client.credentials.endpoint, [marketplace_id])
    return {"marketplaceIds": marketplace}


def _actions(answer: AmazonResponse) -> tuple[str, ...]:
    links: dict[str, Any] = dict(block(answer.json(), "_links"))
    if links.get("actions") is None:
        raise MalformedError("_links.actions is missing")
    return tuple(required(action, "name", at) for at, action in blocks(links, "actions", "_links."))


def _sent(answer: AmazonResponse) -> None:
    if answer.status != 201 or (answer.body.strip() and answer.json()):
        raise answer.unintelligible(f"status {answer.status} and something that is not its acceptance")
