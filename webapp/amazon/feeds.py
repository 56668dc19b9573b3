"""Feeds API 2021-06-30: upload a document, create a feed from it, follow the feed and fetch its report."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from webapp.amazon import documents
from webapp.amazon.client import Client
from webapp.amazon.feed_flat_files import build_refund_document, read_flat_report
from webapp.amazon.feed_xml import build_cancellation_document, read_report
from webapp.amazon.http import AmazonResponse
from webapp.amazon.json_fields import (
    TEXT,
    MalformedError,
    optional_objects,
    optional_text,
    optional_word,
    optional_words,
    required_time,
    required_word,
)
from webapp.amazon.orders import check_marketplaces, format_time
from webapp.amazon.vat_invoices import build_feed_options
from webapp.domain.amazon.errors import ResourceNotFound, UnreadableReport
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
# The feeds whose processing report is a flat file; the others' is XML.
_FLAT_REPORTS = frozenset({refunding.FEED_TYPE, vat_invoices.FEED_TYPE})


def prepare_cancellations(
    client: Client, marketplace_ids: Sequence[str], cancellations: Sequence[Cancellation]
) -> PreparedFeed:
    """Upload the document. Safe to repeat: nothing is cancelled until a feed is created from it."""
    document = build_cancellation_document(client.credentials.seller_id, cancellations)
    return _prepare(client, CANCELLATIONS, marketplace_ids, document, XML, len(cancellations))


def prepare_refunds(client: Client, marketplace_ids: Sequence[str], refunds: Sequence[Refund]) -> PreparedFeed:
    """Upload the document. Safe to repeat: nothing is refunded until a feed is created from it."""
    return _prepare(client, refunding.FEED_TYPE, marketplace_ids, build_refund_document(refunds), TABS, len(refunds))


def prepare_vat_invoice(client: Client, marketplace_id: str, invoice: VatInvoice, pdf: bytes) -> PreparedFeed:
    """Upload the PDF. Safe to repeat: buyers see nothing until a feed is created from it."""
    options = build_feed_options(marketplace_id, invoice, pdf)
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
    marketplaces = check_marketplaces(client.credentials.endpoint, marketplace_ids)
    body = {"contentType": content_type}
    document_id, url = client.call("createFeedDocument", "POST", f"{PATH}/documents", documents.parse_upload, body=body)
    client.retry(lambda: _upload(client, url, document, content_type))
    digest = hashlib.sha256(document).hexdigest()
    return PreparedFeed(
        document_id, feed_type, tuple(marketplaces), digest, options, records=records, uploaded_at=client.amazon_time()
    )


def create(client: Client, prepared: PreparedFeed) -> Feed:
    """Create a feed. Not safe to repeat: after OutcomeUnknown, look for the feed with `find` first."""
    body: dict[str, object] = {
        "feedType": prepared.feed_type,
        "marketplaceIds": list(prepared.marketplace_ids),
        "inputFeedDocumentId": prepared.document_id,
    }
    if prepared.options:
        body["feedOptions"] = dict(prepared.options)

    def parse_created(response: AmazonResponse) -> Feed:
        feed_id = required_word(response.json(), "feedId")
        return Feed(feed_id, prepared.feed_type, "IN_QUEUE", request_id=response.request_id)

    return client.call("createFeed", "POST", f"{PATH}/feeds", parse_created, body=body, idempotent=False)


def find(client: Client, feed_type: str, created_since: datetime) -> tuple[Feed, ...]:
    """Return all feeds of a type created since then, in Amazon's order."""
    params = {"feedTypes": feed_type, "createdSince": format_time(created_since), "pageSize": "100"}
    return documents.list_all(client, "getFeeds", f"{PATH}/feeds", _parse_feeds, params)


def get(client: Client, feed_id: str) -> Feed:
    """Return one feed in its current state."""

    def parse(response: AmazonResponse) -> Feed:
        feed = _parse_feed(response.json(), "", response.request_id)
        if feed.feed_id != feed_id:
            raise MalformedError("it is another feed")
        return feed

    return client.call("getFeed", "GET", f"{PATH}/feeds/{documents.check_id('getFeed', feed_id)}", parse)


def get_report(client: Client, feed: Feed) -> FeedReport:
    """Return the processing report of an ended feed. Raises ResourceNotFound without one, and UnreadableReport."""
    if feed.result_document_id is None:
        raise ResourceNotFound(
            f"Amazon wrote no processing report for feed {feed.feed_id}.", operation="getFeedDocument"
        )
    path = f"{PATH}/documents/{documents.check_id('getFeedDocument', feed.result_document_id)}"
    url, compression = client.call("getFeedDocument", "GET", path, documents.parse_download)
    flat = feed.feed_type in _FLAT_REPORTS
    return client.retry(lambda: _download(client, url, compression, flat=flat))


def _upload(client: Client, url: str, document: bytes, content_type: str) -> None:
    # The storage checks the signature in the URL; it must not receive the access token.
    target = documents.check_storage_url(client, url)
    response = client.transport.send("upload", "PUT", target, content=document, headers={"content-type": content_type})
    if not response.ok:
        raise documents.build_storage_error(response)


def _download(client: Client, url: str, compression: str | None, *, flat: bool) -> FeedReport:
    try:
        response, document = documents.download(client, url, compression)
        if not flat:
            return read_report(document)
        charset = documents.find_charset(response)
        return read_flat_report(document, charset) if charset else read_flat_report(document)
    except MalformedError as error:
        raise UnreadableReport(
            f"Amazon answered the download with a processing report that cannot be read: {error}.",
            operation="download",
        ) from error


def _parse_feeds(response: AmazonResponse) -> tuple[list[Feed], str | None]:
    body = response.json()
    if body.get("feeds") is None:
        raise MalformedError("feeds is missing")
    feeds = [_parse_feed(entry, path, response.request_id) for path, entry in optional_objects(body, "feeds")]
    return feeds, optional_text(body, "nextToken", limit=TEXT * 4)


def _parse_feed(raw: Mapping[str, object], path: str, request_id: str | None) -> Feed:
    return Feed(
        feed_id=required_word(raw, "feedId", path),
        feed_type=required_word(raw, "feedType", path),
        status=required_word(raw, "processingStatus", path),
        created_at=required_time(raw, "createdTime", path),
        result_document_id=optional_word(raw, "resultFeedDocumentId", path),
        request_id=request_id,
        marketplace_ids=optional_words(raw, "marketplaceIds", path),
    )
