"""Feeds 2021-06-30: a document, an upload, a feed that moves by the clock, and its processing report."""

import gzip
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from simulator import acknowledgements, tokens
from simulator.answers import body, invalid, not_found, nothing
from simulator.clock import iso, parse_iso
from simulator.operations import call
from simulator.orders import checked_marketplaces, listed, moment, whole_number
from simulator.sellers import Seller

if TYPE_CHECKING:
    from simulator.world import World

pages = Blueprint("feeds", __name__)

FEED_TYPES = ("POST_ORDER_ACKNOWLEDGEMENT_DATA",)
STATUSES = frozenset(("CANCELLED", "DONE", "FATAL", "IN_PROGRESS", "IN_QUEUE"))
URL_SECONDS = 300
KEPT_DAYS = 90
MAX_BYTES = 10_000_000
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


@pages.post("/feeds/2021-06-30/documents")
def create_feed_document() -> Response:
    return call("createFeedDocument", _create_document, authorize=tokens.seller_of_request)


@pages.get("/feeds/2021-06-30/documents/<document_id>")
def get_feed_document(document_id: str) -> Response:
    return call(
        "getFeedDocument",
        lambda world, seller: _get_document(world, seller, document_id),
        authorize=tokens.seller_of_request,
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


@pages.put("/_documents/<document_id>")
def upload(document_id: str) -> Response:
    return call("uploadDocument", lambda world, _: _upload(world, document_id), authorize=None)


@pages.get("/_documents/<document_id>")
def download(document_id: str) -> Response:
    return call("downloadDocument", lambda world, _: _download(world, document_id), authorize=None)


# --- documents


def signed_url(world: "World", document_id: str, verb: str) -> str:
    expires = (world.now() + timedelta(seconds=URL_SECONDS)).timestamp()
    signature = tokens.sealed({"document": document_id, "verb": verb, "until": expires})
    return f"{request.host_url}_documents/{document_id}?X-Amz-Signature={signature}"


def storage_error(status: int, code: str, message: str) -> Response:
    """What the storage behind a signed address says: XML, and nothing of Amazon's error list."""
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(text, status, content_type="application/xml")


def unsigned(world: "World", document_id: str, verb: str) -> Response | None:
    """Why the address may not be used; None when it may."""
    content = tokens.opened(request.args.get("X-Amz-Signature", "")) or {}
    if content.get("document") != document_id or content.get("verb") != verb or document_id not in world.documents:
        return storage_error(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.")
    if content["until"] <= world.now().timestamp():
        return storage_error(403, "AccessDenied", "Request has expired")
    return None


def _create_document(world: "World", seller: Seller) -> Response:
    content = request.get_json(silent=True)
    content_type = content.get("contentType") if isinstance(content, dict) else None
    if not isinstance(content_type, str) or not content_type:
        raise invalid("contentType is required.")
    document_id = f"amzn1.tortuga.4.{seller.region.lower()}.{world.next_serial('document'):012d}"
    keep_document(world, document_id, {"seller": seller.id, "contentType": content_type, "text": None})
    return body({"feedDocumentId": document_id, "url": signed_url(world, document_id, "PUT")}, 201)


def keep_document(world: "World", document_id: str, document: dict[str, Any]) -> None:
    world.documents[document_id] = document
    world.mark("document", document_id, document)


def _upload(world: "World", document_id: str) -> Response:
    refused = unsigned(world, document_id, "PUT")
    if refused is not None:
        return refused
    document = world.documents[document_id]
    if request.headers.get("Content-Type") != document["contentType"]:
        return storage_error(403, "SignatureDoesNotMatch", "The Content-Type is not the one the address was made for.")
    data = request.get_data()
    if len(data) > MAX_BYTES:
        return storage_error(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
    # Latin-1 keeps every byte, whatever the encoding the document claims.
    keep_document(world, document_id, {**document, "text": data.decode("latin-1")})
    return nothing(200)


def _get_document(world: "World", seller: Seller, document_id: str) -> Response:
    document = world.documents.get(document_id)
    if document is None or document["seller"] != seller.id:
        raise not_found(f"Feed document {document_id} was not found.")
    answer = {"feedDocumentId": document_id, "url": signed_url(world, document_id, "GET")}
    if document.get("gzip"):
        answer["compressionAlgorithm"] = "GZIP"
    return body(answer)


def _download(world: "World", document_id: str) -> Response:
    refused = unsigned(world, document_id, "GET")
    if refused is not None:
        return refused
    document = world.documents[document_id]
    data = (document["text"] or "").encode("latin-1")
    return Response(
        gzip.compress(data, mtime=0) if document.get("gzip") else data, content_type=document["contentType"]
    )


# --- feeds


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
        "fate": next(
            (name for name in ("feed_fatal", "feed_rejected") if world.faults.strike("createFeed", name=name)), None
        ),
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
    if feed["fate"] == "feed_fatal":
        status, report = "FATAL", None
    else:
        status, report = acknowledgements.carry_out(world, feed, text.encode("latin-1"))
    done = {**feed, "processingStatus": status, "processingEndTime": iso(world.now())}
    done.setdefault("processingStartTime", done["processingEndTime"])
    if report is not None:
        done["resultFeedDocumentId"] = f"amzn1.tortuga.4.result.{world.next_serial('document'):012d}"
        document = {
            "seller": feed["seller"],
            "contentType": "text/xml; charset=UTF-8",
            "text": report.decode("latin-1"),
            "gzip": bool(world.switches["gzip_results"]),
        }
        keep_document(world, done["resultFeedDocumentId"], document)
    keep_feed(world, done)
