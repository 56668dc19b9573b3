"""Feeds 2021-06-30."""

from typing import Any

from flask import Blueprint, Response, request

from simulator.http import processing_lists
from simulator.http.dispatch import operation
from simulator.http.parameters import check_marketplaces
from simulator.http.responses import json_response
from simulator.operations.errors import invalid_input, not_found
from simulator.operations.feeds import FEED_FAULTS, FEED_TYPES
from simulator.operations.world import World
from simulator.state.clock import format_iso
from simulator.state.sellers import Seller

routes = Blueprint("feeds", __name__, url_prefix="/feeds/2021-06-30/feeds")

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
    return processing_lists.list_page(world, seller, "feed", world.feeds, PUBLIC_FIELDS)


@routes.get("/<feed_id>")
@operation("getFeed")
def get_feed(world: World, seller: Seller, feed_id: str) -> Response:
    return json_response(processing_lists.select_fields(find_feed(world, seller, feed_id), PUBLIC_FIELDS))


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


def find_feed(world: World, seller: Seller, feed_id: str) -> dict[str, Any]:
    feed = world.feeds.get(feed_id)
    if feed is None or feed["seller"] != seller.id:
        raise not_found(f"Feed {feed_id} was not found.")
    return feed
