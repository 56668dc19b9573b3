"""Processing reports of feeds, as XML or as a flat file of tab-separated lines."""

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from typing import Any

from simulator.operations.feed_messages import FeedResult

XML_TYPE = "text/xml; charset=UTF-8"
FLAT_TYPE = "text/tab-separated-values; charset=UTF-8"
_ERROR_COLUMNS = ("error-code", "error-type", "error-message")
UPLOAD_COLUMNS = ("original-record-number", "sku", *_ERROR_COLUMNS)
FLAT_COLUMNS = ("original-record-number", "order-id", "order-item-id", *_ERROR_COLUMNS)


def count_errors(feed: dict[str, Any], result: FeedResult) -> int:
    """Return the number of errors; a wrong one under the fault contradicting_report."""
    count = len(result.failed)
    if feed["fault"] != "contradicting_report":
        return count
    return count + 1 if count < result.processed else count - 1


def format_xml(feed: dict[str, Any], result: FeedResult) -> bytes:
    root = ET.Element("AmazonEnvelope")
    header = ET.SubElement(root, "Header")
    ET.SubElement(header, "DocumentVersion").text = "1.02"
    ET.SubElement(header, "MerchantIdentifier").text = feed["seller"]
    ET.SubElement(root, "MessageType").text = "ProcessingReport"
    envelope = ET.SubElement(root, "Message")
    ET.SubElement(envelope, "MessageID").text = "1"
    body = ET.SubElement(envelope, "ProcessingReport")
    ET.SubElement(body, "DocumentTransactionID").text = feed["feedId"]
    ET.SubElement(body, "StatusCode").text = "Complete"
    summary = ET.SubElement(body, "ProcessingSummary")
    counts = {
        "MessagesProcessed": result.processed,
        "MessagesSuccessful": max(result.processed - count_errors(feed, result), 0),
        "MessagesWithError": count_errors(feed, result),
        "MessagesWithWarning": 0,
    }
    for name, count in counts.items():
        ET.SubElement(summary, name).text = str(count)
    for message in result.failed:
        entry = ET.SubElement(body, "Result")
        ET.SubElement(entry, "MessageID").text = message.message_id
        ET.SubElement(entry, "ResultCode").text = "Error"
        ET.SubElement(entry, "ResultMessageCode").text = str(message.error.code)
        ET.SubElement(entry, "ResultDescription").text = message.error.text
        if message.order_id:
            ET.SubElement(ET.SubElement(entry, "AdditionalInfo"), "AmazonOrderID").text = message.order_id
    ET.indent(root)
    return ET.tostring(root, encoding="UTF-8", xml_declaration=True)


def format_flat_file(feed: dict[str, Any], result: FeedResult) -> bytes:
    """Format a summary and a table of the failed lines; without failed lines there is no table."""
    rows = [(message.message_id, message.order_id, message.order_item_id, message) for message in result.failed]
    return _format_table(feed, result, FLAT_COLUMNS, rows)


def format_upload(feed: dict[str, Any], result: FeedResult) -> bytes:
    """Format the report of an upload, which names no order.

    Under the fault run_together_report as it was seen elsewhere: a tab at the end of each line, the header and the
    first row on one line, and the row broken after its second column.
    """
    rows = [(message.message_id, "", message) for message in result.failed]
    document = _format_table(feed, result, UPLOAD_COLUMNS, rows)
    if feed["fault"] != "run_together_report":
        return document
    summary, _, table = document.decode().partition("\r\n\r\n")
    lines = [line.removeprefix("\t") + "\t" for line in summary.split("\r\n") if line]
    header, *records = table.split("\r\n")
    broken = "".join(record.replace("\t\t", "\t\t\r\n", 1) + "\r\n" for record in records if record)
    return ("\r\n".join([*lines, header]) + broken).encode()


def _format_table(
    feed: dict[str, Any], result: FeedResult, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> bytes:
    """Format the counts, and the failed records: their first columns and the message."""
    successful = max(result.processed - count_errors(feed, result), 0)
    lines = [
        "Feed Processing Summary:",
        f"\tNumber of records processed\t\t{result.processed}",
        f"\tNumber of records successful\t\t{successful}",
        "",
    ]
    if rows:
        lines.append("\t".join(columns))
    for *cells, message in rows:
        lines.append("\t".join((*cells, str(message.error.code), "Error", message.error.text)))
    return "\r\n".join([*lines, ""]).encode()
