"""Messaging API v1: the kinds of messages allowed for an order, and sending one to its buyer."""

from webapp.amazon.client import Client
from webapp.amazon.http import AmazonResponse
from webapp.amazon.json_fields import (
    MalformedError,
    optional_object,
    optional_objects,
    required_word,
)
from webapp.amazon.orders import check_marketplaces, check_order_number
from webapp.domain.amazon.errors import InvalidRequest
from webapp.domain.mail.amazon_messages import LIMITS, OPERATIONS

PATH = "/messaging/v1/orders"


def list_allowed_kinds(client: Client, number: str, marketplace_id: str) -> tuple[str, ...]:
    """Return the kinds of messages Amazon allows for the order now, including those that carry files."""
    operation = "getMessagingActionsForOrder"
    path = f"{PATH}/{check_order_number(operation, number)}"
    return client.call(operation, "GET", path, _parse_actions, params=_build_params(client, marketplace_id))


def send(client: Client, number: str, marketplace_id: str, kind: str, text: str) -> None:
    """Send one message. Raises OutcomeUnknown when it may have been sent, which Amazon offers no way to check."""
    if kind not in OPERATIONS:
        raise InvalidRequest(f"Amazon has no message {kind!r} that is a text; it has {', '.join(OPERATIONS)}.")
    operation = OPERATIONS[kind]
    if not text.strip() or len(text) > LIMITS[kind]:
        raise InvalidRequest(f"A message has 1 to {LIMITS[kind]} characters, not {len(text)}.", operation=operation)
    path = f"{PATH}/{check_order_number(operation, number)}/messages/{kind}"
    params = _build_params(client, marketplace_id)
    client.call(operation, "POST", path, _check_sent, params=params, body={"text": text}, idempotent=False)


def _build_params(client: Client, marketplace_id: str) -> dict[str, str]:
    (marketplace,) = check_marketplaces(client.credentials.endpoint, [marketplace_id])
    return {"marketplaceIds": marketplace}


def _parse_actions(response: AmazonResponse) -> tuple[str, ...]:
    links: dict[str, object] = dict(optional_object(response.json(), "_links"))
    if links.get("actions") is None:
        raise MalformedError("_links.actions is missing")
    return tuple(required_word(action, "name", path) for path, action in optional_objects(links, "actions", "_links."))


def _check_sent(response: AmazonResponse) -> None:
    if response.status != 201 or (response.body.strip() and response.json()):
        raise response.invalid_response(f"status {response.status} and something that is not its acceptance")
