"""XML feeds: the document of cancellations and the processing report."""

from collections.abc import Sequence
from typing import NoReturn
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement
from xml.parsers import expat

from webapp.amazon.json_fields import TEXT, MalformedError
from webapp.amazon.order_schema import NUMBER
from webapp.domain.amazon.errors import InvalidRequest
from webapp.domain.amazon.types import Cancellation, FeedMessage, FeedReport
from webapp.domain.submissions.cancellation import CODES

# The largest integer that every database stores.
_LARGEST_ID = 2**31 - 1
_SCHEMA = "{http://www.w3.org/2001/XMLSchema-instance}noNamespaceSchemaLocation"
ElementTree.register_namespace("xsi", "http://www.w3.org/2001/XMLSchema-instance")


def build_cancellation_document(seller_id: str, cancellations: Sequence[Cancellation]) -> bytes:
    """Return the XML that cancels whole orders: OrderAcknowledgement with StatusCode Failure, in the order of the XSD.

    Raises InvalidRequest without orders or items, for an unknown reason, or for a duplicate number.
    """
    _check(seller_id, cancellations)
    envelope = Element("AmazonEnvelope", {_SCHEMA: "amzn-envelope.xsd"})
    header = SubElement(envelope, "Header")
    _add_text(header, "DocumentVersion", "1.01")
    _add_text(header, "MerchantIdentifier", seller_id)
    _add_text(envelope, "MessageType", "OrderAcknowledgement")
    for cancellation in cancellations:
        message = SubElement(envelope, "Message")
        _add_text(message, "MessageID", str(cancellation.message_id))
        acknowledgement = SubElement(message, "OrderAcknowledgement")
        _add_text(acknowledgement, "AmazonOrderID", cancellation.number)
        _add_text(acknowledgement, "StatusCode", "Failure")
        for order_item_id in cancellation.order_item_ids:
            item = SubElement(acknowledgement, "Item")
            _add_text(item, "AmazonOrderItemCode", order_item_id)
            _add_text(item, "CancelReason", cancellation.reason)
    return ElementTree.tostring(envelope, encoding="UTF-8", xml_declaration=True)


def read_report(document: bytes) -> FeedReport:
    """Parse a processing report. Raises MalformedError for anything that is not one."""
    root = _parse_xml(document)
    body = root if _get_local_name(root) == "ProcessingReport" else _find_descendant(root, "ProcessingReport")
    summary = _find_descendant(body, "ProcessingSummary")
    return FeedReport(
        processed=_number(summary, "MessagesProcessed"),
        successful=_number(summary, "MessagesSuccessful"),
        with_error=_number(summary, "MessagesWithError"),
        with_warning=_number(summary, "MessagesWithWarning", missing="0"),
        messages=tuple(_parse_message(entry) for entry in body if _get_local_name(entry) == "Result"),
    )


def _check(seller_id: str, cancellations: Sequence[Cancellation]) -> None:
    if not NUMBER.fullmatch(seller_id):
        raise InvalidRequest("The account's seller id is not one of Amazon's.")
    if not cancellations:
        raise InvalidRequest("There is no order to cancel.")
    for field in ("message_id", "number"):
        if len({getattr(cancellation, field) for cancellation in cancellations}) < len(cancellations):
            raise InvalidRequest("An order stands in the feed twice.")
    for cancellation in cancellations:
        if not NUMBER.fullmatch(cancellation.number) or not 0 < cancellation.message_id <= _LARGEST_ID:
            raise InvalidRequest("That is not an Amazon order number.")
        if cancellation.reason not in CODES:
            raise InvalidRequest(f"Amazon has no reason {cancellation.reason!r}; it has {', '.join(sorted(CODES))}.")
        if not cancellation.order_item_ids or not all(map(NUMBER.fullmatch, cancellation.order_item_ids)):
            raise InvalidRequest(f"Order {cancellation.number} cannot be cancelled without the ids of its items.")


def _add_text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text


def _parse_xml(document: bytes) -> Element:
    """Parse the XML and refuse a document type, which entity expansion and external entities need."""
    builder = ElementTree.TreeBuilder()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(document, True)
        return builder.close()
    except (expat.ExpatError, AssertionError, LookupError):
        raise MalformedError("it is not XML") from None


def _refuse_doctype(*_: object) -> NoReturn:
    raise MalformedError("it has a document type")


def _get_local_name(element: Element) -> str:
    return element.tag.rpartition(":")[2]


def _find_descendant(parent: Element, name: str) -> Element:
    for element in parent.iter():
        if element is not parent and _get_local_name(element) == name:
            return element
    raise MalformedError(f"{name} is missing")


def _get_text(parent: Element, name: str) -> str:
    for element in parent:
        if _get_local_name(element) == name:
            return (element.text or "").strip()[:TEXT]
    return ""


def _number(parent: Element, name: str, missing: str = "") -> int:
    digits = _get_text(parent, name) or missing
    if not digits.isascii() or not digits.isdigit() or len(digits) > 9:
        raise MalformedError(f"{name} is missing or not a number")
    return int(digits)


def _parse_message(result: Element) -> FeedMessage:
    severity = _get_text(result, "ResultCode")
    if not severity:
        raise MalformedError("ResultCode is missing")
    return FeedMessage(
        message_id=_number(result, "MessageID"),
        severity=severity,
        code=_get_text(result, "ResultMessageCode"),
        description=_get_text(result, "ResultDescription"),
        number=next(
            (_get_text(part, "AmazonOrderID") for part in result if _get_local_name(part) == "AdditionalInfo"), ""
        )
        or None,
    )
