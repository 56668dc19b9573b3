"""The feed POST_ORDER_ACKNOWLEDGEMENT_DATA: cancels orders and links the seller's own order numbers."""

import xml.etree.ElementTree as ET
from typing import Any

from simulator.operations import lifecycle
from simulator.operations.feed_messages import FailedMessage, FeedError, FeedResult, check_not_rejected, find_order
from simulator.state.orders import OrderRecord
from simulator.state.world_state import WorldState

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


def carry_out(world: WorldState, feed: dict[str, Any], document: bytes) -> FeedResult:
    try:
        messages = parse_document(document, feed["seller"])
    except FeedError as error:
        return FeedResult("FATAL", 0, (FailedMessage("0", error),))
    failed: list[FailedMessage] = []
    for message_id, acknowledgement in messages:
        order_id = find_text(acknowledgement, "AmazonOrderID")
        try:
            acknowledge(world, feed, message_id, acknowledgement)
        except FeedError as error:
            failed.append(FailedMessage(message_id, error, order_id))
    return FeedResult("DONE", len(messages), tuple(failed))


def parse_document(document: bytes, seller_id: str) -> list[tuple[str, ET.Element]]:
    """Return (MessageID, OrderAcknowledgement) of each message; raises FeedError when the whole feed cannot be read."""
    if b"<!DOCTYPE" in document:
        raise FeedError(5002, "XML Parsing Error: a document type declaration is not allowed.")
    try:
        envelope = ET.fromstring(document)  # noqa: S314 - no document type, so no entities to expand
    except (ET.ParseError, LookupError, ValueError) as error:
        raise FeedError(5000, f"XML Parsing Error at {error}.") from error
    for element in envelope.iter():
        element.tag = element.tag.rpartition("}")[2]
    if envelope.tag != "AmazonEnvelope" or find_text(envelope, "MessageType") != "OrderAcknowledgement":
        raise FeedError(
            5001, "XML Parsing Error: an AmazonEnvelope with the MessageType OrderAcknowledgement is expected."
        )
    if find_text(envelope, "Header/MerchantIdentifier") != seller_id:
        raise FeedError(6024, "The MerchantIdentifier in the header is not the merchant that submitted the feed.")
    messages: list[tuple[str, ET.Element]] = []
    for message in envelope.findall("Message"):
        number, acknowledgement = find_text(message, "MessageID"), message.find("OrderAcknowledgement")
        if not number.isdigit() or acknowledgement is None:
            raise FeedError(5001, "XML Parsing Error: a Message needs a numeric MessageID and an OrderAcknowledgement.")
        if any(number == other for other, _ in messages):
            raise FeedError(5004, f"MessageID {number} is used more than once.")
        messages.append((number, acknowledgement))
    if not messages:
        raise FeedError(5001, "XML Parsing Error: the envelope has no Message.")
    return messages


def find_text(element: ET.Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def acknowledge(world: WorldState, feed: dict[str, Any], message_id: str, message: ET.Element) -> None:
    """Carry out one message: `Failure` cancels the order, `Success` links the seller's number. Raises FeedError."""
    check_not_rejected(feed)
    order = find_order(world, feed, find_text(message, "AmazonOrderID"))
    status = find_text(message, "StatusCode")
    if status not in ("Success", "Failure"):
        raise FeedError(18007, "The value of StatusCode must be Success or Failure.")
    reason = parse_reason(order, message.findall("Item"), failure=status == "Failure")
    if status == "Success":
        if find_text(message, "MerchantOrderID"):
            lifecycle.set_alias(world, order, find_text(message, "MerchantOrderID"))
        return
    check_cancellable(order)
    source = {"feed_id": feed["feedId"], "message_id": message_id}
    lifecycle.cancel(world, order, actor="MERCHANT", reason=reason, channel="feed", **source)


def parse_reason(order: OrderRecord, items: list[ET.Element], *, failure: bool) -> str:
    """Return the reason of the items, GeneralAdjustment without items. Raises FeedError."""
    codes = {item["orderItemId"] for item in order.body["orderItems"]}
    reasons: list[str] = []
    for item in items:
        code, reason = find_text(item, "AmazonOrderItemCode"), find_text(item, "CancelReason")
        if code not in codes:
            raise FeedError(13014, f"The order item code {code} does not belong to order {order.id}.")
        if failure and reason not in REASONS:
            raise FeedError(18008, f"The CancelReason '{reason}' is not valid. Allowed: {', '.join(REASONS)}.")
        reasons.append(reason)
    return next(iter(reasons), "GeneralAdjustment")


def check_cancellable(order: OrderRecord) -> None:
    if order.is_fba:
        raise FeedError(18055, f"The order {order.id} is fulfilled by Amazon and cannot be cancelled with this feed.")
    if order.status == "CANCELLED":
        raise FeedError(18053, f"The order {order.id} has already been cancelled.")
    if order.status in ("SHIPPED", "PARTIALLY_SHIPPED"):
        raise FeedError(18052, f"The order {order.id} has been shipped and cannot be cancelled. Refund it instead.")
    if order.status != "UNSHIPPED":
        raise FeedError(18054, f"The order {order.id} is pending and cannot be cancelled yet.")
