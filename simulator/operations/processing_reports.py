"""What became of a feed, written down as Amazon does: as XML, or as the tab-separated lines of a flat file."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import Any

XML_TYPE = "text/xml; charset=UTF-8"
FLAT_TYPE = "text/tab-separated-values; charset=UTF-8"
FLAT_COLUMNS = ("original-record-number", "order-id", "order-item-id", "error-code", "error-type", "error-message")


@dataclass(frozen=True, slots=True)
class Problem(Exception):
    """One error of a report: Amazon's number and sentence."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Result:
    """`message_id` is the MessageID or the number of the line, 0 for the whole feed."""

    message_id: str
    problem: Problem
    order_id: str = ""
    order_item_id: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Only what is not in `results` was done. `status`: DONE, or FATAL when nothing could be read."""

    status: str
    processed: int
    results: tuple[Result, ...] = ()


def unread(problem: Problem) -> Outcome:
    """Of a feed that could not be read at all."""
    return Outcome("FATAL", 0, (Result("0", problem),))


def errors(feed: dict[str, Any], outcome: Outcome) -> int:
    """How many errors the counts speak of; another number than the results under the fault contradicting_report."""
    count = len(outcome.results)
    if feed["fate"] != "contradicting_report":
        return count
    return count + 1 if count < outcome.processed else count - 1


def as_xml(feed: dict[str, Any], outcome: Outcome) -> bytes:
    root = ET.Element("AmazonEnvelope")
    header = ET.SubElement(root, "Header")
    ET.SubElement(header, "DocumentVersion").text = "1.02"
    ET.SubElement(header, "MerchantIdentifier").text = feed["seller"]
    ET.SubElement(root, "MessageType").text = "ProcessingReport"
    message = ET.SubElement(root, "Message")
    ET.SubElement(message, "MessageID").text = "1"
    body = ET.SubElement(message, "ProcessingReport")
    ET.SubElement(body, "DocumentTransactionID").text = feed["feedId"]
    ET.SubElement(body, "StatusCode").text = "Complete"
    summary = ET.SubElement(body, "ProcessingSummary")
    counts = {
        "MessagesProcessed": outcome.processed,
        "MessagesSuccessful": max(outcome.processed - errors(feed, outcome), 0),
        "MessagesWithError": errors(feed, outcome),
        "MessagesWithWarning": 0,
    }
    for name, count in counts.items():
        ET.SubElement(summary, name).text = str(count)
    for result in outcome.results:
        entry = ET.SubElement(body, "Result")
        ET.SubElement(entry, "MessageID").text = result.message_id
        ET.SubElement(entry, "ResultCode").text = "Error"
        ET.SubElement(entry, "ResultMessageCode").text = str(result.problem.code)
        ET.SubElement(entry, "ResultDescription").text = result.problem.text
        if result.order_id:
            ET.SubElement(ET.SubElement(entry, "AdditionalInfo"), "AmazonOrderID").text = result.order_id
    ET.indent(root)
    return ET.tostring(root, encoding="UTF-8", xml_declaration=True)


def as_flat_file(feed: dict[str, Any], outcome: Outcome) -> bytes:
    """A summary, then a table of the lines in error; the table is missing when there are none."""
    successful = max(outcome.processed - errors(feed, outcome), 0)
    lines = [
        "Feed Processing Summary:",
        f"\tNumber of records processed\t\t{outcome.processed}",
        f"\tNumber of records successful\t\t{successful}",
        "",
    ]
    if outcome.results:
        lines.append("\t".join(FLAT_COLUMNS))
    for result in outcome.results:
        where = f"{result.message_id}\t{result.order_id}\t{result.order_item_id}"
        lines.append(f"{where}\t{result.problem.code}\tError\t{result.problem.text}")
    return "\r\n".join([*lines, ""]).encode()
