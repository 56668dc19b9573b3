"""The feed POST_ORDER_ACKNOWLEDGEMENT_DATA: read its XML, cancel what may be cancelled, report on the rest."""

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

from simulator.operations import lifecycle
from simulator.operations.processing_reports import Outcome, Problem, Result, unread

if TYPE_CHECKING:
    from simulator.operations.world import OrderRecord, World

REASONS = (
    "NoInventory",
    "ShippingAddressUndeliverable",
    "CustomerExchange",
    "BuyerCanceled",
    "GeneralAdjustment",
    "PricingError",
    "CarrierCreditDecision",
    "RiskAssessmentInformationNotValid",
    "CarrierCoverageFailure",
    "CustomerReturn",
    "MerchandiseNotReceived",
)


def carry_out(world: "World", feed: dict[str, Any], document: bytes) -> Outcome:
    try:
        messages = read(document, feed["seller"])
    except Problem as problem:
        return unread(problem)
    results: list[Result] = []
    for message_id, acknowledgement in messages:
        order_id = text_of(acknowledgement, "AmazonOrderID")
        try:
            acknowledge(world, feed, message_id, acknowledgement)
        except Problem as problem:
            results.append(Result(message_id, problem, order_id))
    return Outcome("DONE", len(messages), tuple(results))


def read(document: bytes, seller_id: str) -> list[tuple[str, ET.Element]]:
    """(MessageID, OrderAcknowledgement) of each message; a Problem when the whole feed cannot be read."""
    if b"<!DOCTYPE" in document:
        raise Problem(5002, "XML Parsing Error: a document type declaration is not allowed.")
    try:
        envelope = ET.fromstring(document)  # noqa: S314 - no document type, so no entities to expand
    except (ET.ParseError, LookupError, ValueError) as error:
        raise Problem(5000, f"XML Parsing Error at {error}.") from error
    for element in envelope.iter():
        element.tag = element.tag.rpartition("}")[2]
    if envelope.tag != "AmazonEnvelope" or text_of(envelope, "MessageType") != "OrderAcknowledgement":
        raise Problem(
            5001, "XML Parsing Error: an AmazonEnvelope with the MessageType OrderAcknowledgement is expected."
        )
    if text_of(envelope, "Header/MerchantIdentifier") != seller_id:
        raise Problem(6024, "The MerchantIdentifier in the header is not the merchant that submitted the feed.")
    messages: list[tuple[str, ET.Element]] = []
    for message in envelope.findall("Message"):
        number, acknowledgement = text_of(message, "MessageID"), message.find("OrderAcknowledgement")
        if not number.isdigit() or acknowledgement is None:
            raise Problem(5001, "XML Parsing Error: a Message needs a numeric MessageID and an OrderAcknowledgement.")
        if any(number == other for other, _ in messages):
            raise Problem(5004, f"MessageID {number} is used more than once.")
        messages.append((number, acknowledgement))
    if not messages:
        raise Problem(5001, "XML Parsing Error: the envelope has no Message.")
    return messages


def text_of(element: ET.Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def acknowledge(world: "World", feed: dict[str, Any], message_id: str, message: ET.Element) -> None:
    """One message: `Failure` cancels the whole order, `Success` links the seller's number. A Problem says why not."""
    if feed["fate"] == "feed_rejected":
        raise Problem(18028, "The data you submitted is incomplete or invalid.")
    order = world.orders.get(text_of(message, "AmazonOrderID"))
    if order is None or order.seller_id != feed["seller"]:
        raise Problem(13013, f"The order {text_of(message, 'AmazonOrderID')} is not valid for this merchant.")
    if order.body["salesChannel"]["marketplaceId"] not in feed["marketplaceIds"]:
        raise Problem(13013, f"The order {order.id} was not placed in a marketplace of this feed.")
    status = text_of(message, "StatusCode")
    if status not in ("Success", "Failure"):
        raise Problem(18007, "The value of StatusCode must be Success or Failure.")
    reason = checked_reason(order, message.findall("Item"), failure=status == "Failure")
    if status == "Success":
        if text_of(message, "MerchantOrderID"):
            lifecycle.link(world, order, text_of(message, "MerchantOrderID"))
        return
    check_state(order)
    lifecycle.cancel(
        world, order, by="MERCHANT", reason=reason, via="feed", feed_id=feed["feedId"], message_id=message_id
    )


def checked_reason(order: "OrderRecord", items: list[ET.Element], *, failure: bool) -> str:
    """The reason the items give. Without items the order is cancelled for a general reason."""
    codes = {item["orderItemId"] for item in order.body["orderItems"]}
    reasons: list[str] = []
    for item in items:
        code, reason = text_of(item, "AmazonOrderItemCode"), text_of(item, "CancelReason")
        if code not in codes:
            raise Problem(13014, f"The order item code {code} does not belong to order {order.id}.")
        if failure and reason not in REASONS:
            raise Problem(18008, f"The CancelReason '{reason}' is not valid. Allowed values are {', '.join(REASONS)}.")
        reasons.append(reason)
    return next(iter(reasons), "GeneralAdjustment")


def check_state(order: "OrderRecord") -> None:
    if order.by_amazon:
        raise Problem(18055, f"The order {order.id} is fulfilled by Amazon and cannot be cancelled with this feed.")
    if order.status == "CANCELLED":
        raise Problem(18053, f"The order {order.id} has already been cancelled.")
    if order.status in ("SHIPPED", "PARTIALLY_SHIPPED"):
        raise Problem(18052, f"The order {order.id} has been shipped and cannot be cancelled. Issue a refund instead.")
    if order.status != "UNSHIPPED":
        raise Problem(18054, f"The order {order.id} is pending and cannot be cancelled yet.")
