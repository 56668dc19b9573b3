"""Feed types, the processing of feeds as time passes, and their documents."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulator.operations import acknowledgements, adjustments, processing_reports, vat_invoices
from simulator.operations.feed_messages import FeedResult
from simulator.state.clock import format_iso, parse_iso
from simulator.state.sellers import Seller
from simulator.state.world_state import WorldState


@dataclass(frozen=True, slots=True)
class FeedType:
    """`carry_out` does what the document says; `report` formats the result as `content_type`."""

    carry_out: Callable[[WorldState, dict[str, Any], bytes], FeedResult]
    report: Callable[[dict[str, Any], FeedResult], bytes] = processing_reports.format_xml
    content_type: str = processing_reports.XML_TYPE


FEED_TYPES = {
    "POST_ORDER_ACKNOWLEDGEMENT_DATA": FeedType(acknowledgements.carry_out),
    "POST_FLAT_FILE_PAYMENT_ADJUSTMENT_DATA": FeedType(
        adjustments.carry_out, processing_reports.format_flat_file, processing_reports.FLAT_TYPE
    ),
    "UPLOAD_VAT_INVOICE": FeedType(
        vat_invoices.carry_out, processing_reports.format_upload, processing_reports.FLAT_TYPE
    ),
}
# Faults that are decided when a feed is created and take effect when it is processed.
FEED_FAULTS = ("feed_fatal", "feed_rejected", "contradicting_report", "run_together_report", "unreadable_report")


def advance(world: WorldState) -> None:
    """Move every feed as far as the clock says: half its time in the queue, half in progress."""
    now = world.now()
    for feed in list(world.feeds.values()):
        if feed["processingStatus"] not in ("IN_QUEUE", "IN_PROGRESS"):
            continue
        age = (now - parse_iso(feed["createdTime"])).total_seconds()
        if age >= feed["seconds"]:
            process(world, feed)
        elif age >= feed["seconds"] / 2 and feed["processingStatus"] == "IN_QUEUE":
            world.save_feed({**feed, "processingStatus": "IN_PROGRESS", "processingStartTime": format_iso(now)})


def process(world: WorldState, feed: dict[str, Any]) -> None:
    """Carry the feed out and store its processing report."""
    text = world.documents[feed["input"]]["text"] or ""
    processed = {**feed, "processingStatus": "FATAL", "processingEndTime": format_iso(world.now())}
    processed.setdefault("processingStartTime", processed["processingEndTime"])
    if feed["fault"] != "feed_fatal":
        feed_type = FEED_TYPES[feed["feedType"]]
        result = feed_type.carry_out(world, feed, text.encode("latin-1"))
        report = feed_type.report(feed, result)
        if feed["fault"] == "unreadable_report":
            report = b"<html><body>We are sorry.</body></html>"
        processed["processingStatus"] = result.status
        processed["resultFeedDocumentId"] = add_report(world, feed["seller"], feed_type.content_type, report)
    world.save_feed(processed)


def add_document(world: WorldState, seller: Seller, content_type: str) -> str:
    """Create a document without content for an upload; return its id."""
    document_id = f"amzn1.tortuga.4.{seller.region.lower()}.{world.next_serial('document'):012d}"
    world.save_document(document_id, {"seller": seller.id, "contentType": content_type, "text": None})
    return document_id


def add_report(world: WorldState, seller_id: str, content_type: str, report: bytes) -> str:
    """Store a processing report; return its id."""
    document_id = f"amzn1.tortuga.4.result.{world.next_serial('document'):012d}"
    # Latin-1 keeps every byte, whatever the encoding the document claims.
    content = {"contentType": content_type, "text": report.decode("latin-1"), "gzip": world.switches["gzip_results"]}
    world.save_document(document_id, {"seller": seller_id, **content})
    return document_id
