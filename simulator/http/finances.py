"""Finances 2024-06-19: listTransactions."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, request

from simulator.http import signed_tokens
from simulator.http.dispatch import operation
from simulator.http.parameters import parse_time
from simulator.http.responses import json_response
from simulator.operations import finances
from simulator.operations.errors import access_denied, invalid_input
from simulator.operations.world import World
from simulator.state.clock import format_iso, parse_iso
from simulator.state.sellers import Seller

routes = Blueprint("finances", __name__, url_prefix="/finances/2024-06-19")

PAGE_SIZE = 100
DELAY = timedelta(minutes=2)
LONGEST = timedelta(days=180)
PARAMETERS = (
    "postedAfter",
    "postedBefore",
    "marketplaceId",
    "transactionStatus",
    "relatedIdentifierName",
    "relatedIdentifierValue",
)
FILTERS = ("FINANCIAL_EVENT_GROUP_ID", "ORDER_ID")


@routes.get("/transactions")
@operation("listTransactions")
def list_transactions(world: World, seller: Seller) -> Response:
    if not world.switches["finances"]:
        raise access_denied()
    after, before = _parse_window(world)
    transactions = [row for row in finances.list_transactions(world, seller.id) if after <= row["postedDate"] < before]
    transactions = [row for row in transactions if _matches(row)]
    if after and parse_iso(before) - parse_iso(after) > LONGEST:
        transactions = []
    start = _parse_token(seller)
    payload: dict[str, Any] = {"transactions": transactions[start : start + PAGE_SIZE]}
    if start + PAGE_SIZE < len(transactions):
        position = {"seller": seller.id, "start": start + PAGE_SIZE, "filters": _filters()}
        payload["nextToken"] = signed_tokens.sign(position)
    return json_response({"payload": payload})


def _parse_window(world: World) -> tuple[str, str]:
    """Return (after, before). Raises ApiError."""
    latest = format_iso(world.now() - DELAY)
    after, before = parse_time("postedAfter"), parse_time("postedBefore")
    name, value = request.args.get("relatedIdentifierName"), request.args.get("relatedIdentifierValue")
    if bool(name) != bool(value) or name not in (None, *FILTERS):
        raise invalid_input(f"relatedIdentifierName must be one of {', '.join(FILTERS)}, with a value")
    if after is None and name is None:
        raise invalid_input("postedAfter is required without a related identifier")
    if after is not None and after > latest:
        raise invalid_input("postedAfter must be more than two minutes before the time of the request")
    if before is not None and (before > latest or before <= (after or "")):
        raise invalid_input("postedBefore must be after postedAfter, and two minutes before the time of the request")
    return after or "", before or latest


def _matches(row: dict[str, Any]) -> bool:
    name, value = request.args.get("relatedIdentifierName"), request.args.get("relatedIdentifierValue")
    identifiers = {
        (entry["relatedIdentifierName"], entry["relatedIdentifierValue"]) for entry in row["relatedIdentifiers"]
    }
    status, marketplace = request.args.get("transactionStatus"), request.args.get("marketplaceId")
    return (
        (name is None or (name, value) in identifiers)
        and status in (None, row["transactionStatus"])
        and marketplace in (None, row["marketplaceDetails"]["marketplaceId"])
    )


def _parse_token(seller: Seller) -> int:
    """Return the position of the page. Raises ApiError unless the arguments are those of the first call."""
    token = request.args.get("nextToken")
    if token is None:
        return 0
    content = signed_tokens.verify(token)
    if content is None or "start" not in content or content["seller"] != seller.id:
        raise invalid_input("The nextToken is invalid")
    if content["filters"] != _filters():
        raise invalid_input("The nextToken must be sent with the same arguments as the call that returned it")
    return int(content["start"])


def _filters() -> dict[str, str]:
    return {name: request.args[name] for name in PARAMETERS if name in request.args}
