"""What feeds carry, as bytes: the document that goes out and the processing report that comes back. Pure."""

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

# The largest number the database holds everywhere.
_LARGEST_ID = 2**31 - 1
_SCHEMA = "{http://www.w3.org/2001/XMLSchema-instance}noNamespaceSchemaLocation"
ElementTree.register_namespace("xsi", "http://www.w3.org/2001/XMLSchema-instance")


def cancellation_document(seller_id: str, cancellations: Sequence[Cancellation]) -> bytes:
    """The XML that cancels whole orders: OrderAcknowledgement with StatusCode Failure, elements in the XSD's order.

    Raises InvalidRequest for what Amazon could not carry out: no order, no item, an unknown reason, a number twice.
    """
    _check(seller_id, cancellations)
    envelope = Element("AmazonEnvelope", {_SCHEMA: "amzn-envelope.xsd"})
    header = SubElement(envelope, "Header")
    _leaf(header, "DocumentVersion", "1.01")
    _leaf(header, "MerchantIdentifier", seller_id)
    _leaf(envelope, "MessageType", "OrderAcknowledgement")
    for cancellation in cancellations:
        message = SubElement(envelope, "Message")
        _leaf(message, "MessageID", str(cancellation.message_id))
        acknowledgement = SubElement(message, "OrderAcknowledgement")
        _leaf(acknowledgement, "AmazonOrderID", cancellation.number)
        _leaf(acknowledgement, "StatusCode", "Failure")
        for order_item_id in cancellation.order_item_ids:
            item = SubElement(acknowledgement, "Item")
            _leaf(item, "AmazonOrderItemCode", order_item_id)
            _leaf(item, "CancelReason", cancellation.reason)
    return ElementTree.tostring(envelope, encoding="UTF-8", xml_declaration=True)


def read_report(document: bytes) -> FeedReport:
    """Read a processing report. Raises MalformedError for anything that is not one."""
    root = _tree(document)
    body = root if _name(root) == "ProcessingReport" else _find(root, "ProcessingReport")
    summary = _find(body, "ProcessingSummary")
    return FeedReport(
        processed=_number(summary, "MessagesProcessed"),
        successful=_number(summary, "MessagesSuccessful"),
        with_error=_number(summary, "MessagesWithError"),
        with_warning=_number(summary, "MessagesWithWarning", missing="0"),
        messages=tuple(_message(entry) for entry in body if _name(entry) == "Result"),
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


def _leaf(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text


def _tree(document: bytes) -> Element:
    """Parse without believing: a document type is where XML's bombs and leaks begin, and a report has none."""
    builder = ElementTree.TreeBuilder()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _no_doctype
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(document, True)
        return builder.close()
    except (expat.ExpatError, AssertionError, LookupError):
        raise MalformedError("it is not XML") from None


def _no_doctype(*_: object) -> NoReturn:
    raise MalformedError("it has a document type")


def _name(element: Element) -> str:
    return element.tag.rpartition(":")[2]


def _find(parent: Element, name: str) -> Element:
    for element in parent.iter():
        if element is not parent and _name(element) == name:
            return element
    raise MalformedError(f"{name} is missing")


def _text(parent: Element, name: str) -> str:
    for element in parent:
        if _name(element) == name:
            return (element.text or "").strip()[:TEXT]
    return ""


def _number(parent: Element, name: str, missing: str = "") -> int:
    said = _text(parent, name) or missing
    if not said.isascii() or not said.isdigit() or len(said) > 9:
        raise MalformedError(f"{name} is missing or not a number")
    return int(said)


def _message(result: Element) -> FeedMessage:
    severity = _text(result, "ResultCode")
    if not severity:
        raise MalformedError("ResultCode is missing")
    return FeedMessage(
        message_id=_number(result, "MessageID"),
        severity=severity,
        code=_text(result, "ResultMessageCode"),
        description=_text(result, "ResultDescription"),
        number=next((_text(part, "AmazonOrderID") for part in result if _name(part) == "AdditionalInfo"), "") or None,
    )
