"""The document of a feed of cancellations, and its processing report."""

from typing import Any

import pytest

from webapp.amazon.feeds import build_cancellation_document, read_report
from webapp.amazon.json_fields import MalformedError
from webapp.domain.amazon.errors import InvalidRequest
from webapp.domain.amazon.types import Cancellation, FeedMessage, FeedReport

REPORT = """<?xml version="1.0" encoding="UTF-8"?>
<AmazonEnvelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <Header><DocumentVersion>1.02</DocumentVersion><MerchantIdentifier>A1SELLER</MerchantIdentifier></Header>
  <MessageType>ProcessingReport</MessageType>
  <Message>
    <MessageID>1</MessageID>
    <ProcessingReport>
      <DocumentTransactionID>5012345678</DocumentTransactionID>
      <StatusCode>Complete</StatusCode>
      <ProcessingSummary>
        <MessagesProcessed>3</MessagesProcessed>
        <MessagesSuccessful>1</MessagesSuccessful>
        <MessagesWithError>1</MessagesWithError>
        <MessagesWithWarning>1</MessagesWithWarning>
      </ProcessingSummary>
      <Result>
        <MessageID>2</MessageID>
        <ResultCode>Error</ResultCode>
        <ResultMessageCode>6024</ResultMessageCode>
        <ResultDescription>The order &amp; its items were shipped.</ResultDescription>
        <AdditionalInfo><AmazonOrderID>902-2-2</AmazonOrderID></AdditionalInfo>
      </Result>
      <Result>
        <MessageID>3</MessageID>
        <ResultCode>Warning</ResultCode>
        <ResultMessageCode>9</ResultMessageCode>
        <ResultDescription>Late.</ResultDescription>
      </Result>
    </ProcessingReport>
  </Message>
</AmazonEnvelope>"""


def a_cancellation(**fields: Any) -> Cancellation:
    return Cancellation(
        **{"message_id": 1, "number": "902-1-1", "order_item_ids": ("11", "12"), "reason": "NoInventory", **fields}
    )


def test_a_cancellation_names_its_order_and_all_its_items_in_the_order_of_the_schema() -> None:
    document = build_cancellation_document("A1SELLER", [a_cancellation()])

    assert document.decode() == (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        '<AmazonEnvelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xsi:noNamespaceSchemaLocation="amzn-envelope.xsd">'
        "<Header><DocumentVersion>1.01</DocumentVersion><MerchantIdentifier>A1SELLER</MerchantIdentifier></Header>"
        "<MessageType>OrderAcknowledgement</MessageType>"
        "<Message><MessageID>1</MessageID><OrderAcknowledgement>"
        "<AmazonOrderID>902-1-1</AmazonOrderID><StatusCode>Failure</StatusCode>"
        "<Item><AmazonOrderItemCode>11</AmazonOrderItemCode><CancelReason>NoInventory</CancelReason></Item>"
        "<Item><AmazonOrderItemCode>12</AmazonOrderItemCode><CancelReason>NoInventory</CancelReason></Item>"
        "</OrderAcknowledgement></Message></AmazonEnvelope>"
    )


def test_many_cancellations_are_messages_of_one_document() -> None:
    document = build_cancellation_document(
        "A1SELLER", [a_cancellation(), a_cancellation(message_id=2, number="902-2-2", reason="BuyerCanceled")]
    )

    assert document.count(b"<Message>") == 2
    assert b"<MessageID>2</MessageID><OrderAcknowledgement><AmazonOrderID>902-2-2</AmazonOrderID>" in document


@pytest.mark.parametrize(
    ("cancellations", "message"),
    [
        ([], "There is no order to cancel."),
        ([a_cancellation(order_item_ids=())], "Order 902-1-1 cannot be cancelled without the ids of its items."),
        ([a_cancellation(), a_cancellation()], "An order stands in the feed twice."),
        ([a_cancellation(), a_cancellation(number="902-2-2")], "An order stands in the feed twice."),
        ([a_cancellation(number="902<1")], "That is not an Amazon order number."),
        (
            [a_cancellation(reason="Boredom")],
            (
                "Amazon has no reason 'Boredom'; it has BuyerCanceled, CustomerExchange, GeneralAdjustment, "
                "NoInventory, PricingError, ShippingAddressUndeliverable."
            ),
        ),
    ],
)
def test_what_amazon_could_not_carry_out_is_not_written(cancellations: list[Cancellation], message: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        build_cancellation_document("A1SELLER", cancellations)

    assert raised.value.message == message


def test_a_report_keeps_its_counts_and_its_messages() -> None:
    assert read_report(REPORT.encode()) == FeedReport(
        processed=3,
        successful=1,
        with_error=1,
        with_warning=1,
        messages=(
            FeedMessage(2, "Error", "6024", "The order & its items were shipped.", "902-2-2"),
            FeedMessage(3, "Warning", "9", "Late."),
        ),
    )


def test_counts_that_say_other_than_the_results_are_noticed() -> None:
    assert not read_report(REPORT.encode()).is_contradictory
    for before, after in (
        ("<MessagesWithError>1<", "<MessagesWithError>0<"),
        ("<MessagesSuccessful>1<", "<MessagesSuccessful>3<"),
        ("<ResultCode>Error<", "<ResultCode>Warning<"),
        ("<MessageID>2<", "<MessageID>0<"),
    ):
        assert read_report(REPORT.replace(before, after).encode()).is_contradictory


def test_a_report_may_come_in_another_encoding_or_without_its_envelope() -> None:
    bare = REPORT[REPORT.index("<ProcessingReport>") : REPORT.index("</Message>\n</Amazon")]
    utf_16 = REPORT.replace("UTF-8", "UTF-16").encode("utf-16")

    assert read_report(bare.encode()) == read_report(utf_16) == read_report(REPORT.encode())


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b"", "it is not XML"),
        (b"{}", "it is not XML"),
        (REPORT.encode()[:-40], "it is not XML"),
        (b"<html><body>Sorry</body></html>", "ProcessingReport is missing"),
        (b"<Error><Code>AccessDenied</Code></Error>", "ProcessingReport is missing"),
        (b"<ProcessingReport/>", "ProcessingSummary is missing"),
        (REPORT.replace(">3<", "><", 1).encode(), "MessagesProcessed is missing or not a number"),
        (REPORT.replace("<ResultCode>Error</ResultCode>", "").encode(), "ResultCode is missing"),
        (REPORT.replace("<MessageID>2<", "<MessageID>two<").encode(), "MessageID is missing or not a number"),
        (
            b'<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><ProcessingReport>&b;</ProcessingReport>',
            "it has a document type",
        ),
        ('<!DOCTYPE r SYSTEM "file:///etc/passwd"><r/>'.encode("utf-16"), "it has a document type"),
    ],
)
def test_a_body_that_is_no_report_is_refused(document: bytes, message: str) -> None:
    with pytest.raises(MalformedError, match=f"^{message}$"):
        read_report(document)
