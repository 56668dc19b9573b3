"""Feeds 2021-06-30."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, request

from simulator.http import signed_tokens
from simulator.http.dispatch import operation
from simulator.http.parameters import check_marketplaces, parse_integer, parse_list, parse_time
from simulator.http.responses import json_response
from simulator.operations.errors import invalid_input, not_found
from simulator.operations.feeds import FEED_FAULTS, FEED_TYPES
from simulator.operations.world import World
from simulator.state.clock import format_iso
from simulator.state.sellers import Seller

routes = Blueprint("feeds", __name__, url_prefix="/feeds/2021-06-30/feeds")

STATUSES = frozenset(("CANCELLED", "DONE", "FATAL", "IN_PROGRESS", "IN_QUEUE"))
MAX_AGE_DAYS = 90
# The fields that Amazon shows; a feed is stored with others.
PUBLIC_FIELDS = (
    "feedId",
    "feedType",
    "marketplaceIds",
    "createdTime",
    "processingStatus",
    "processingStartTime",
    "processingEndTime",
    "resultFeedDocumentId",
)


@routes.post("")
@operation("createFeed")
def create_feed(world: World, seller: Seller) -> Response:
    content = request.get_json(silent=True)
    if not isinstance(content, dict):
        raise invalid_input("Invalid request body.")
    feed_type, marketplaces = content.get("feedType"), content.get("marketplaceIds")
    if feed_type not in FEED_TYPES:
        raise invalid_input(f"Feed type {feed_type} is invalid or not supported.")
    if not isinstance(marketplaces, list) or not 1 <= len(marketplaces) <= 25:
        raise invalid_input("marketplaceIds must have between 1 and 25 members.")
    check_marketplaces(seller, frozenset(str(marketplace) for marketplace in marketplaces))
    options = content.get("feedOptions") or {}
    if not isinstance(options, dict) or not all(isinstance(value, str) for value in options.values()):
        raise invalid_input("feedOptions must be an object of texts.")
    document = world.documents.get(str(content.get("inputFeedDocumentId")))
    if document is None or document["seller"] != seller.id:
        raise invalid_input("inputFeedDocumentId is invalid.")
    if document["text"] is None:
        raise invalid_input("Nothing was uploaded for inputFeedDocumentId.")
    feed = {
        "feedId": str(50_000_000_000 + world.next_serial("feed")),
        "feedType": feed_type,
        "marketplaceIds": marketplaces,
        "createdTime": format_iso(world.clock.now()),
        "processingStatus": "IN_QUEUE",
        "seller": seller.id,
        "input": content["inputFeedDocumentId"],
        "seconds": world.feed_seconds,
        "options": options,
        "fault": next((name for name in FEED_FAULTS if world.faults.trigger("createFeed", name=name)), None),
    }
    world.save_feed(feed)
    world.record_effect("feed", actor="MERCHANT", channel="createFeed", feed_id=feed["feedId"], feed_type=feed_type)
    return json_response({"feedId": feed["feedId"]}, 202)


@routes.get("")
@operation("getFeeds")
def get_feeds(world: World, seller: Seller) -> Response:
    token = request.args.get("nextToken")
    if token is not None:
        content = signed_tokens.verify(token)
        if len(request.args) > 1 or content is None or content.get("feeds_of") != seller.id:
            raise invalid_input("nextToken is invalid, or was sent with other parameters.")
        feed_ids, size = content["ids"], content["size"]
    else:
        feed_ids, size = find_feeds(world, seller), parse_integer("pageSize", 10, 1, 100)
    page: dict[str, Any] = {"feeds": [public_fields(world.feeds[feed_id]) for feed_id in feed_ids[:size]]}
    if len(feed_ids) > size:
        page["nextToken"] = signed_tokens.sign({"feeds_of": seller.id, "ids": feed_ids[size:], "size": size})
    return json_response(page)


@routes.get("/<feed_id>")
@operation("getFeed")
def get_feed(world: World, seller: Seller, feed_id: str) -> Response:
    return json_response(public_fields(find_feed(world, seller, feed_id)))


@routes.delete("/<feed_id>")
@operation("cancelFeed")
def cancel_feed(world: World, seller: Seller, feed_id: str) -> Response:
    feed = find_feed(world, seller, feed_id)
    if feed["processingStatus"] != "IN_QUEUE":
        raise invalid_input(f"Feed {feed_id} is {feed['processingStatus']} and cannot be cancelled.")
    now = format_iso(world.next_timestamp())
    world.save_feed({**feed, "processingStatus": "CANCELLED", "processingEndTime": now})
    world.record_effect("feed_cancelled", actor="MERCHANT", channel="cancelFeed", feed_id=feed_id)
    return Response(status=200)


def public_fields(feed: dict[str, Any]) -> dict[str, Any]:
    return {name: feed[name] for name in PUBLIC_FIELDS if name in feed}


def find_feed(world: World, seller: Seller, feed_id: str) -> dict[str, Any]:
    feed = world.feeds.get(feed_id)
    if feed is None or feed["seller"] != seller.id:
        raise not_found(f"Feed {feed_id} was not found.")
    return feed


def find_feeds(world: World, seller: Seller) -> list[str]:
    """Return the ids of the feeds that match the filters, the newest first."""
    types = parse_list("feedTypes")
    if not 1 <= len(types) <= 10:
        raise invalid_input("Either feedTypes or nextToken is required.")
    statuses, marketplaces = parse_list("processingStatuses", STATUSES), parse_list("marketplaceIds")
    since = parse_time("createdSince") or format_iso(world.now() - timedelta(days=MAX_AGE_DAYS))
    until = parse_time("createdUntil") or format_iso(world.now())
    return [
        feed["feedId"]
        for feed in reversed(world.feeds.values())
        if feed["seller"] == seller.id
        and feed["feedType"] in types
        and since <= feed["createdTime"] <= until
        and (not statuses or feed["processingStatus"] in statuses)
        and (not marketplaces or marketplaces & set(feed["marketplaceIds"]))
    ]
