import pytest

from webapp.domain.invoicing import vat_invoices
from webapp.domain.invoicing.vat_invoices import OrderFacts


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (OrderFacts("DE", "SHIPPED", (), writable=True), None),
        (OrderFacts("GB", "PARTIALLY_SHIPPED", ("PRIME",), writable=True), None),
        (OrderFacts("US", "SHIPPED", (), writable=True), "vat_invoice_not_there"),
        (OrderFacts("DE", "SHIPPED", ("INVOICE_BY_AMAZON",), writable=True), "vat_invoice_by_amazon"),
        (
            OrderFacts("DE", "SHIPPED", (), writable=True, uses_vat_calculation=True),
            "vat_invoice_calculation_service",
        ),
        (OrderFacts("DE", "SHIPPED", (), writable=True, tax_collected=True), "vat_invoice_facilitator"),
        (OrderFacts("DE", "SHIPPED", (), writable=False), "vat_invoice_read_only"),
        (OrderFacts("DE", "CANCELLED", (), writable=True), "vat_invoice_cancelled"),
        (OrderFacts("DE", "UNSHIPPED", (), writable=True), "vat_invoice_unshipped"),
    ],
)
def test_what_amazon_does_not_take_says_why(facts, code):
    assert vat_invoices.find_refusal_reason(facts) == code


def test_numbers_and_ids_have_the_characters_that_amazon_accepts():
    for text in ("1000001", "RE-2026/7", "a b", "x,/\\-_;:#9", "amzn1:crow:abc", "A" * 64):
        assert vat_invoices.is_valid_option(text), text
    for text in ("", " 7", "7 ", "RE.7", "RÉ-7", "7\n", "7\t8", "(7)", "A" * 65):
        assert not vat_invoices.is_valid_option(text), text


@pytest.mark.parametrize(
    ("body", "is_collected"),
    [
        ({"orderItems": [{}, {"tax": {"taxCollections": [{"model": "MARKETPLACE_FACILITATOR"}]}}]}, True),
        ({"orderItems": [{"tax": {"taxCollections": [{"model": "OTHER"}, "text", {}]}}]}, False),
        ({"orderItems": [{"tax": None}, None, 3]}, False),
        ({"orderItems": "none"}, False),
        ({}, False),
        (None, False),
    ],
)
def test_tax_that_amazon_collects_is_seen_in_whatever_amazon_sent(body, is_collected):
    assert vat_invoices.is_tax_collected(body) is is_collected
