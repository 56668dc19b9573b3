"""Lists of feeds and of reports, which Amazon filters and pages alike."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import Response, request

from simulator.http import signed_tokens
from simulator.http.parameters import parse_integer, parse_list, parse_time
from simulator.http.responses import json_response
from simulator.operations.errors import invalid_input
from simulator.operations.world import World
from simulator.state.clock import format_iso
from simulator.state.sellers import Seller

STATUSES = frozenset(("CANCELLED", "DONE", "FATAL", "IN_PROGRESS", "IN_QUEUE"))
MAX_AGE_DAYS = 90


def list_page(
    world: World, seller: Seller, noun: str, items: dict[str, dict[str, Any]], public_fields: Sequence[str]
) -> Response:
    """Return a page of the seller's items that match the request's filters. `noun`: feed or report."""
    token = request.args.get("nextToken")
    if token is not None:
        content = signed_tokens.verify(token)
        if len(request.args) > 1 or content is None or content.get(f"{noun}s_of") != seller.id:
            raise invalid_input("nextToken is invalid, or was sent with other parameters.")
        ids, size = content["ids"], content["size"]
    else:
        ids, size = _find_ids(world, seller, noun, items), parse_integer("pageSize", 10, 1, 100)
    page: dict[str, Any] = {f"{noun}s": [select_fields(items[id_], public_fields) for id_ in ids[:size]]}
    if len(ids) > size:
        page["nextToken"] = signed_tokens.sign({f"{noun}s_of": seller.id, "ids": ids[size:], "size": size})
    return json_response(page)


def select_fields(item: Mapping[str, Any], public_fields: Sequence[str]) -> dict[str, Any]:
    """Return what Amazon shows of a feed or report, which is stored with other fields."""
    return {name: item[name] for name in public_fields if name in item}


def _find_ids(world: World, seller: Seller, noun: str, items: dict[str, dict[str, Any]]) -> list[str]:
    """Return the ids of the items that match the filters, the newest first."""
    types = parse_list(f"{noun}Types")
    if not 1 <= len(types) <= 10:
        raise invalid_input(f"Either {noun}Types or nextToken is required.")
    statuses, marketplaces = parse_list("processingStatuses", STATUSES), parse_list("marketplaceIds")
    since = parse_time("createdSince") or format_iso(world.now() - timedelta(days=MAX_AGE_DAYS))
    until = parse_time("createdUntil") or format_iso(world.now())
    return [
        item[f"{noun}Id"]
        for item in reversed(items.values())
        if item["seller"] == seller.id
        and item[f"{noun}Type"] in types
        and since <= item["createdTime"] <= until
        and (not statuses or item["processingStatus"] in statuses)
        and (not marketplaces or marketplaces & set(item["marketplaceIds"]))
    ]
