"""Feeds 2021-06-30: a document is made a feed, which moves by the clock and leaves a processing report."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from simulator.http import documents, tokens
from simulator.http.dispatch import call
from simulator.http.orders import checked_marketplaces, listed, moment, whole_number
from simulator.http.responses import body, invalid, not_found, nothing
from simulator.operations import acknowledgements, adjustments, processing_reports, vat_invoices
from simulator.state.clock import iso, parse_iso
from simulator.state.sellers import Seller

if TYPE_CHECKING:
    from simulator.operations.world import World

pages = Blueprint("feeds", __name__)


@dataclass(frozen=True, slots=True)
class FeedType:
    """`carry_out` does what the document says; `report` writes down what became of it, as `content_type`."""

    carry_out: Callable[["World", dict[str, Any], bytes], processing_reports.Outcome]
    report: Callable[[dict[str, Any], processing_reports.Outcome], bytes] = processing_reports.as_xml
    content_type: str = processing_reports.XML_TYPE


FEED_TYPES = {
    "POST_ORDER_ACKNOWLEDGEMENT_DATA": FeedType(acknowledgements.carry_out),
    "POST_FLAT_FILE_PAYMENT_ADJUSTMENT_DATA": FeedType(
        adjustments.carry_out, processing_reports.as_flat_file, processing_reports.FLAT_TYPE
    ),
    "UPLOAD_VAT_INVOICE": FeedType(vat_invoices.carry_out),
}
FATES = ("feed_fatal", "feed_rejected", "contradicting_report")
STATUSES = frozenset(("CANCELLED", "DONE", "FATAL", "IN_PROGRESS", "IN_QUEUE"))
KEPT_DAYS = 90
# Feeds and documents are kept as plain values; these names are Amazon's and the only ones it shows.
SHOWN = (
    "feedId",
    "feedType",
    "marketplaceIds",
    "createdTime",
    "processingStatus",
    "processingStartTime",
    "processingEndTime",
    "resultFeedDocumentId",
)


@pages.post("/feeds/2021-06-30/feeds")
def create_feed() -> Response:
    return call("createFeed", _create_feed, authorize=tokens.seller_of_request)


@pages.get("/feeds/2021-06-30/feeds")
def get_feeds() -> Response:
    return call("getFeeds", _get_feeds, authorize=tokens.seller_of_request)


@pages.get("/feeds/2021-06-30/feeds/<feed_id>")
def get_feed(feed_id: str) -> Response:
    return call(
        "getFeed",
        lambda world, seller: body(shown(own_feed(world, seller, feed_id))),
        authorize=tokens.seller_of_request,
    )


@pages.delete("/feeds/2021-06-30/feeds/<feed_id>")
def cancel_feed(feed_id: str) -> Response:
    return call(
        "cancelFeed", lambda world, seller: _cancel_feed(world, seller, feed_id), authorize=tokens.seller_of_request
    )


def shown(feed: dict[str, Any]) -> dict[str, Any]:
    return {name: feed[name] for name in SHOWN if name in feed}


def own_feed(world: "World", seller: Seller, feed_id: str) -> dict[str, Any]:
    feed = world.feeds.get(feed_id)
    if feed is None or feed["seller"] != seller.id:
        raise not_found(f"Feed {feed_id} was not found.")
    return feed


def _create_feed(world: "World", seller: Seller) -> Response:
    content = request.get_json(silent=True)
    if not isinstance(content, dict):
        raise invalid("Invalid request body.")
    feed_type, marketplaces = content.get("feedType"), content.get("marketplaceIds")
    if feed_type not in FEED_TYPES:
        raise invalid(f"Feed type {feed_type} is invalid or not supported.")
    if not isinstance(marketplaces, list) or not 1 <= len(marketplaces) <= 25:
        raise invalid("marketplaceIds must have between 1 and 25 members.")
    checked_marketplaces(seller, frozenset(str(marketplace) for marketplace in marketplaces))
    options = content.get("feedOptions") or {}
    if not isinstance(options, dict) or not all(isinstance(value, str) for value in options.values()):
        raise invalid("feedOptions must be an object of texts.")
    document = world.documents.get(str(content.get("inputFeedDocumentId")))
    if document is None or document["seller"] != seller.id:
        raise invalid("inputFeedDocumentId is invalid.")
    if document["text"] is None:
        raise invalid("Nothing was uploaded for inputFeedDocumentId.")
    feed = {
        "feedId": str(50_000_000_000 + world.next_serial("feed")),
        "feedType": feed_type,
        "marketplaceIds": marketplaces,
        "createdTime": iso(world.clock.now()),
        "processingStatus": "IN_QUEUE",
        "seller": seller.id,
        "input": content["inputFeedDocumentId"],
        "seconds": world.feed_seconds,
        "options": options,
        "fate": next((name for name in FATES if world.faults.strike("createFeed", name=name)), None),
    }
    keep_feed(world, feed)
    world.enter("feed", by="MERCHANT", via="createFeed", feed_id=feed["feedId"], feed_type=feed_type)
    return body({"feedId": feed["feedId"]}, 202)


def keep_feed(world: "World", feed: dict[str, Any]) -> None:
    world.feeds[feed["feedId"]] = feed
    world.mark("feed", feed["feedId"], feed)


def _get_feeds(world: "World", seller: Seller) -> Response:
    token = request.args.get("nextToken")
    if token is not None:
        content = tokens.opened(token)
        if len(request.args) > 1 or content is None or content.get("feeds_of") != seller.id:
            raise invalid("nextToken is invalid, or was sent with other parameters.")
        found, size = content["ids"], content["size"]
    else:
        found, size = searched(world, seller), whole_number("pageSize", 10, 1, 100)
    answer: dict[str, Any] = {"feeds": [shown(world.feeds[feed_id]) for feed_id in found[:size]]}
    if len(found) > size:
        answer["nextToken"] = tokens.sealed({"feeds_of": seller.id, "ids": found[size:], "size": size})
    return body(answer)


def searched(world: "World", seller: Seller) -> list[str]:
    """The ids of the feeds that fit the filters, the newest first."""
    types = listed("feedTypes")
    if not 1 <= len(types) <= 10:
        raise invalid("Either feedTypes or nextToken is required.")
    statuses, marketplaces = listed("processingStatuses", STATUSES), listed("marketplaceIds")
    since = moment("createdSince") or iso(world.now() - timedelta(days=KEPT_DAYS))
    until = moment("createdUntil") or iso(world.now())
    return [
        feed["feedId"]
        for feed in reversed(world.feeds.values())
        if feed["seller"] == seller.id
        and feed["feedType"] in types
        and since <= feed["createdTime"] <= until
        and (not statuses or feed["processingStatus"] in statuses)
        and (not marketplaces or marketplaces & set(feed["marketplaceIds"]))
    ]


def _cancel_feed(world: "World", seller: Seller, feed_id: str) -> Response:
    feed = own_feed(world, seller, feed_id)
    if feed["processingStatus"] != "IN_QUEUE":
        raise invalid(f"Feed {feed_id} is {feed['processingStatus']} and cannot be cancelled.")
    now = iso(world.stamp())
    keep_feed(world, {**feed, "processingStatus": "CANCELLED", "processingEndTime": now})
    world.enter("feed_cancelled", by="MERCHANT", via="cancelFeed", feed_id=feed_id)
    return nothing(200)


def progress(world: "World") -> None:
    """Move every feed as far as the clock says: half its time in the queue, half in progress."""
    now = world.now()
    for feed in list(world.feeds.values()):
        if feed["processingStatus"] not in ("IN_QUEUE", "IN_PROGRESS"):
            continue
        age = (now - parse_iso(feed["createdTime"])).total_seconds()
        if age >= feed["seconds"]:
            finish(world, feed)
        elif age >= feed["seconds"] / 2 and feed["processingStatus"] == "IN_QUEUE":
            keep_feed(world, {**feed, "processingStatus": "IN_PROGRESS", "processingStartTime": iso(now)})


def finish(world: "World", feed: dict[str, Any]) -> None:
    """Carry the feed out and put its processing report down."""
    text = world.documents[feed["input"]]["text"] or ""
    done = {**feed, "processingStatus": "FATAL", "processingEndTime": iso(world.now())}
    done.setdefault("processingStartTime", done["processingEndTime"])
    if feed["fate"] != "feed_fatal":
        kind = FEED_TYPES[feed["feedType"]]
        outcome = kind.carry_out(world, feed, text.encode("latin-1"))
        report = kind.report(feed, outcome)
        done["processingStatus"] = outcome.status
        done["resultFeedDocumentId"] = documents.keep_result(world, feed["seller"], kind.content_type, report)
    keep_feed(world, done)
