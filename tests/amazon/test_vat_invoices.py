"""Invoices for Amazon: the options of the feed, and rejected input."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.amazon.scripted import GERMANY, NUMBER, Script, json_reply
from tests.support.amazon_models import check, needs_models
from webapp.amazon.gateway import Amazon
from webapp.amazon.vat_invoices import build_feed_options
from webapp.domain.amazon.errors import InvalidRequest
from webapp.domain.amazon.types import PreparedFeed
from webapp.domain.common.money import Money
from webapp.domain.invoicing.vat_invoices import VatInvoice

INVOICE = VatInvoice(NUMBER, "RE-1001", Money(11900, "EUR"), Money(1900, "EUR"))


def test_an_invoices_options_carry_amazons_prefix() -> None:
    assert build_feed_options(GERMANY, INVOICE, b"%PDF-1.7") == (
        ("metadata:OrderId", NUMBER),
        ("metadata:InvoiceNumber", "RE-1001"),
        ("metadata:TotalAmount", "119.00"),
        ("metadata:TotalVATAmount", "19.00"),
        ("metadata:DocumentType", "Invoice"),
    )
    note = replace(INVOICE, document_type="CreditNote", transaction_id="amzn1:crow:abc")
    assert build_feed_options(GERMANY, note, b"%PDF-1.7")[-2:] == (
        ("metadata:DocumentType", "CreditNote"),
        ("metadata:TransactionId", "amzn1:crow:abc"),
    )


def test_an_invoice_of_a_part_of_an_order_names_its_shipment_instead_of_the_order() -> None:
    options = build_feed_options(GERMANY, replace(INVOICE, shipping_id="D00000001"), b"%PDF-1.7")
    assert options[:2] == (("metadata:ShippingId", "D00000001"), ("metadata:InvoiceNumber", "RE-1001"))


@pytest.mark.parametrize(
    ("marketplace", "changes", "pdf", "words"),
    [
        ("A1VC38T7YXB528", {}, b"%PDF-1.7", "BE, DE, ES, FR, GB, IE, IT, NL, PL, SE only"),
        (GERMANY, {"number": "a b"}, b"%PDF-1.7", "not an Amazon order number"),
        (GERMANY, {"invoice_number": " 7"}, b"%PDF-1.7", "only letters, digits, spaces"),
        (GERMANY, {"invoice_number": "7\r\n8"}, b"%PDF-1.7", "only letters, digits, spaces"),
        (GERMANY, {"invoice_number": "RE.7"}, b"%PDF-1.7", "only letters, digits, spaces"),
        (GERMANY, {"shipping_id": "D=1"}, b"%PDF-1.7", "only letters, digits, spaces"),
        (GERMANY, {"transaction_id": "t;é"}, b"%PDF-1.7", "only letters, digits, spaces"),
        (GERMANY, {"document_type": "CreditNote"}, b"%PDF-1.7", "without the id of its refund"),
        (GERMANY, {"document_type": "Letter"}, b"%PDF-1.7", "an Invoice or a CreditNote"),
        (GERMANY, {"vat": Money(1, "SEK")}, b"%PDF-1.7", "in the same currency"),
        (GERMANY, {"vat": Money(11901, "EUR")}, b"%PDF-1.7", "a part of its total"),
        (GERMANY, {}, b"<html>", "An invoice is a PDF"),
    ],
)
def test_an_invoice_amazon_could_not_take_is_not_sent(
    amazon: Amazon, script: Script, marketplace: str, changes: dict[str, Any], pdf: bytes, words: str
) -> None:
    with pytest.raises(InvalidRequest, match=words):
        amazon.prepare_vat_invoice(marketplace, replace(INVOICE, **changes), pdf)

    assert script.requests == []


def test_an_invoice_beyond_what_amazon_takes_is_not_sent() -> None:
    with pytest.raises(InvalidRequest, match="An invoice is a PDF of up to 10000000 bytes"):
        build_feed_options(GERMANY, INVOICE, b"%PDF-" + b"0" * 10_000_000)


@needs_models
def test_an_invoice_is_true_to_amazons_model(amazon: Amazon, script: Script) -> None:
    feeds = "/feeds/2021-06-30/feeds"
    script.reply_to(feeds, json_reply({"feedId": "51"}, 202))

    options = build_feed_options(GERMANY, INVOICE, b"%PDF-1.7")
    amazon.create_feed(PreparedFeed("amzn1.tortuga.1", "UPLOAD_VAT_INVOICE", (GERMANY,), "00", options))

    check(json.loads(script.requests_to(feeds)[0].body), "feeds_2021-06-30", "CreateFeedSpecification")
