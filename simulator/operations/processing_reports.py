"""Processing reports of feeds, as XML or as a flat file of tab-separated lines."""

import xml.etree.ElementTree as ET
from typing import Any

from simulator.operations.feed_messages import FeedResult

XML_TYPE = "text/xml; charset=UTF-8"
FLAT_TYPE = "text/tab-separated-values; charset=UTF-8"
FLAT_COLUMNS = ("original-record-number", "order-id", "order-item-id", "error-code", "error-type", "error-message")


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
    successful = max(result.processed - count_errors(feed, result), 0)
    lines = [
        "Feed Processing Summary:",
        f"\tNumber of records processed\t\t{result.processed}",
        f"\tNumber of records successful\t\t{successful}",
        "",
    ]
    if result.failed:
        lines.append("\t".join(FLAT_COLUMNS))
    for message in result.failed:
        columns = f"{message.message_id}\t{message.order_id}\t{message.order_item_id}"
        lines.append(f"{columns}\t{message.error.code}\tError\t{message.error.text}")
    return "\r\n".join([*lines, ""]).encode()
