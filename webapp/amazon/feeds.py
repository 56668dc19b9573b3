"""Feeds API 2021-06-30: a document is laid down, made a feed, followed, and its report fetched."""

import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx

from webapp.amazon.client import Client
from webapp.amazon.feed_flat_files import read_flat_report, refund_document
from webapp.amazon.feed_xml import cancellation_document, read_report
from webapp.amazon.http import LARGEST_BODY, AmazonResponse
from webapp.amazon.json_fields import (
    TEXT,
    MalformedError,
    blocks,
    required,
    required_instant,
    text,
    word,
    words,
)
from webapp.amazon.orders import checked_marketplaces, stamp
from webapp.amazon.vat_invoices import feed_options
from webapp.domain.amazon.errors import (
    InvalidRequest,
    InvalidResponse,
    ResourceNotFound,
    Unavailable,
)
from webapp.domain.amazon.types import (
    Cancellation,
    Feed,
    FeedReport,
    PreparedFeed,
)
from webapp.domain.invoicing import amazon_refunds as refunding
from webapp.domain.invoicing import vat_invoices
from webapp.domain.invoicing.amazon_refunds import Refund
from webapp.domain.invoicing.vat_invoices import VatInvoice

PATH = "/feeds/2021-06-30"
CANCELLATIONS = "POST_ORDER_ACKNOWLEDGEMENT_DATA"
XML = "text/xml; charset=UTF-8"
TABS = "text/tab-separated-values; charset=UTF-8"
PDF = "application/pdf"
# Beyond this many pages of feeds something is wrong: a page holds 100, and feeds are kept 90 days.
MOST_PAGES = 20
# Where Amazon keeps documents. An address anywhere else is not followed.
STORAGE = (".amazonaws.com", ".amazon.com", ".cloudfront.net")
_CHARSET = re.compile(r"charset=\"?([\w.:-]+)", re.ASCII | re.IGNORECASE)


def prepare_cancellations(
    client: Client, marketplace_ids: Sequence[str], cancellations: Sequence[Cancellation]
) -> PreparedFeed:
    """Lay the document down at Amazon. Nothing is cancelled by it, so it is safe to repeat."""
    document = cancellation_document(client.credentials.seller_id, cancellations)
    return _prepare(client, CANCELLATIONS, marketplace_ids, document, XML, len(cancellations))


def prepare_refunds(client: Client, marketplace_ids: Sequence[str], refunds: Sequence[Refund]) -> PreparedFeed:
    """Lay the document down at Amazon. Nothing is refunded by it, so it is safe to repeat."""
    return _prepare(client, refunding.FEED_TYPE, marketplace_ids, refund_document(refunds), TABS, len(refunds))


def prepare_vat_invoice(client: Client, marketplace_id: str, invoice: VatInvoice, pdf: bytes) -> PreparedFeed:
    """Lay the PDF down at Amazon, which shows it to nobody yet. Safe to repeat."""
    options = feed_options(marketplace_id, invoice, pdf)
    return _prepare(client, vat_invoices.FEED_TYPE, [marketplace_id], pdf, PDF, 1, options)


def _prepare(
    client: Client,
    feed_type: str,
    marketplace_ids: Sequence[str],
    document: bytes,
    content_type: str,
    records: int,
    options: tuple[tuple[str, str], ...] = (),
) -> PreparedFeed:
    marketplaces = checked_marketplaces(client.credentials.endpoint, marketplace_ids)
    body = {"contentType": content_type}
    document_id, url = client.call("createFeedDocument", "POST", f"{PATH}/documents", _place, body=body)
    client.repeat(lambda: _upload(client, url, document, content_type))
    digest = hashlib.sha256(document).hexdigest()
    return PreparedFeed(
        document_id, feed_type, tuple(marketplaces), digest, options, records=records, uploaded_at=client.amazon_time()
    )


def create(client: Client, prepared: PreparedFeed) -> Feed:
    """Make the document a feed. Not safe to repeat: raises LostAnswer when it may have been made; look with `find`."""
    body: dict[str, Any] = {
        "feedType": prepared.feed_type,
        "marketplaceIds": list(prepared.marketplace_ids),
        "inputFeedDocumentId": prepared.document_id,
    }
    if prepared.options:
        body["feedOptions"] = dict(prepared.options)

    def made(answer: AmazonResponse) -> Feed:
        feed_id = required(answer.json(), "feedId")
        return Feed(feed_id, prepared.feed_type, "IN_QUEUE", request_id=answer.request_id)

    return client.call("createFeed", "POST", f"{PATH}/feeds", made, body=body, repeat_safe=False)


def find(client: Client, feed_type: str, created_since: datetime) -> tuple[Feed, ...]:
    """All feeds of a type made since then, in Amazon's order."""
    params = {"feedTypes": feed_type, "createdSince": stamp(created_since), "pageSize": "100"}
    found: list[Feed] = []
    seen: set[str] = set()
    while True:
        feeds, token = client.call("getFeeds", "GET", f"{PATH}/feeds", _feeds, params=params)
        found += feeds
        if token is None:
            return tuple(found)
        if token in seen or len(seen) == MOST_PAGES:
            raise InvalidResponse("Amazon's list of feeds does not end.", operation="getFeeds")
        seen.add(token)
        params = {"nextToken": token}


def get(client: Client, feed_id: str) -> Feed:
    """One feed as it stands."""

    def one(answer: AmazonResponse) -> Feed:
        feed = _feed(answer.json(), "", answer.request_id)
        if feed.feed_id != feed_id:
            raise MalformedError("it is another feed")
        return feed

    return client.call("getFeed", "GET", f"{PATH}/feeds/{_checked_id('getFeed', feed_id)}", one)


def get_report(client: Client, feed: Feed) -> FeedReport:
    """The processing report of an ended feed. Raises NotThere when Amazon wrote none."""
    if feed.result_document_id is None:
        raise ResourceNotFound(
            f"Amazon wrote no processing report for feed {feed.feed_id}.", operation="getFeedDocument"
        )
    path = f"{PATH}/documents/{_checked_id('getFeedDocument', feed.result_document_id)}"
    url, packing = client.call("getFeedDocument", "GET", path, _whereabouts)
    flat = feed.feed_type == refunding.FEED_TYPE
    return client.repeat(lambda: _download(client, url, packing, flat=flat))


def _upload(client: Client, url: str, document: bytes, content_type: str) -> None:
    # The storage checks its own signature in the address; it must not see the access token.
    answer = client.wire.exchange(
        "upload", "PUT", _storage(client, url), content=document, headers={"content-type": content_type}
    )
    if not answer.ok:
        raise _storage_refusal(answer)


def _download(client: Client, url: str, packing: str | None, *, flat: bool) -> FeedReport:
    answer = client.wire.exchange("download", "GET", _storage(client, url))
    if not answer.ok:
        raise _storage_refusal(answer)
    try:
        document = _unpacked(answer.body) if packing == "GZIP" else answer.body
        return _flat_report(answer, document) if flat else read_report(document)
    except MalformedError as error:
        raise answer.unintelligible(f"a processing report that cannot be read: {error}") from error


def _flat_report(answer: AmazonResponse, document: bytes) -> FeedReport:
    charset = _CHARSET.search(answer.headers.get("content-type", ""))
    return read_flat_report(document, charset[1]) if charset else read_flat_report(document)


def _unpacked(body: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as packed:
            document = packed.read(LARGEST_BODY + 1)
    except (OSError, EOFError, zlib.error):
        raise MalformedError("it is not a whole GZIP file") from None
    if len(document) > LARGEST_BODY:
        raise MalformedError(f"it is longer than {LARGEST_BODY} bytes")
    return document


def _storage(client: Client, url: str) -> str:
    """The address, if it is one of Amazon's storage or lies at the account's own endpoint (a simulator's)."""
    try:
        there, endpoint = httpx.URL(url), httpx.URL(client.credentials.endpoint)
    except httpx.InvalidURL:
        there = endpoint = httpx.URL()
    at_endpoint = (there.scheme, there.host, there.port) == (endpoint.scheme, endpoint.host, endpoint.port)
    at_amazon = there.scheme == "https" and there.port is None and there.host.endswith(STORAGE)
    if not there.host or there.userinfo or not (at_endpoint or at_amazon):
        raise InvalidResponse(f"Amazon named an address for a document that is not Amazon's: {there.host!r}.")
    return url


def _storage_refusal(answer: AmazonResponse) -> Exception:
    # Its addresses live for five minutes, so what it refuses is passing: the next try asks for a new address.
    return Unavailable(
        f"Amazon's storage answered the {answer.operation} with {answer.status}.",
        operation=answer.operation,
        status=answer.status,
        request_id=answer.request_id,
    )


def _place(answer: AmazonResponse) -> tuple[str, str]:
    body = answer.json()
    url = text(body, "url", limit=TEXT * 2)
    if url is None:
        raise MalformedError("url is missing")
    return required(body, "feedDocumentId"), url


def _whereabouts(answer: AmazonResponse) -> tuple[str, str | None]:
    packing = word(answer.json(), "compressionAlgorithm")
    if packing not in (None, "GZIP"):
        raise MalformedError("compressionAlgorithm is an unknown one")
    return _place(answer)[1], packing


def _feeds(answer: AmazonResponse) -> tuple[list[Feed], str | None]:
    body = answer.json()
    if body.get("feeds") is None:
        raise MalformedError("feeds is missing")
    feeds = [_feed(entry, at, answer.request_id) for at, entry in blocks(body, "feeds")]
    return feeds, text(body, "nextToken", limit=TEXT * 4)


def _feed(raw: Mapping[str, Any], at: str, request_id: str | None) -> Feed:
    return Feed(
        feed_id=required(raw, "feedId", at),
        feed_type=required(raw, "feedType", at),
        status=required(raw, "processingStatus", at),
        created_at=required_instant(raw, "createdTime", at),
        result_document_id=word(raw, "resultFeedDocumentId", at),
        request_id=request_id,
        marketplace_ids=words(raw, "marketplaceIds", at),
    )


def _checked_id(operation: str, value: str) -> str:
    # It becomes a part of the address: a slash in it would lead to another operation.
    if (
        not value
        or not value.isascii()
        or not all(letter.isalnum() or letter in "-_." for letter in value)
        or ".." in value
    ):
        raise InvalidRequest("That is not an id of Amazon's.", operation=operation)
    return value
