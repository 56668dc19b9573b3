from dataclasses import dataclass

import pytest

from webapp.domain.invoicing.tax_rates import TaxedLine, derive_document_rates, derive_rates, find_missing_rate


@dataclass(frozen=True)
class Line:
    subtotal: int
    tax: int
    order_item_id: int = 1
    shipping: int = 0
    discount: int = 0
    other: int = 0

    @property
    def total(self):
        return self.subtotal + self.shipping + self.tax + self.discount + self.other


@pytest.mark.parametrize(
    ("net", "tax", "rate"),
    [
        (5874, 1116, 190),
        (10000, 2000, 200),
        (948, 52, 55),
        (1000, 21, 21),
        (1000, 48, 48),
        (1000, 135, 135),
        # 2.1 % would be 18.501, which rounds to 19.
        (881, 18, 20),
        # Two rates round to this tax.
        (84, 16, None),
        # No rate does.
        (1000, 123, None),
        (1000, 0, None),
        (0, 0, None),
        (-1000, -190, None),
    ],
)
def test_the_rate_is_the_one_that_gives_the_tax(net, tax, rate):
    assert derive_rates([TaxedLine(net, tax)]) == [rate]


def test_parts_that_were_rounded_apart_may_differ_by_as_many_halves():
    # 10.02 and 3.02 at 19 %: 1.90 and 0.57 instead of 2.48.
    assert derive_rates([TaxedLine(1304, 247)]) == [None]
    assert derive_rates([TaxedLine(1304, 247, parts=2)]) == [190]


def test_a_small_amount_has_the_rate_of_another_line():
    assert derive_rates([TaxedLine(84, 16), TaxedLine(5874, 1116)]) == [190, 190]
    assert derive_rates([TaxedLine(84, 16), TaxedLine(1000, 70)]) == [None, 70]
    assert derive_rates([TaxedLine(5, 1), TaxedLine(5874, 1116)]) == [190, 190]


def test_a_small_refund_has_the_rate_of_its_line_of_the_order():
    order_lines = {1: Line(5874, 1116), 2: Line(1000, 200)}

    assert derive_document_rates([Line(84, 16)], {}) == [None]
    assert derive_document_rates([Line(84, 16)], order_lines) == [190]
    assert derive_document_rates([Line(84, 30)], order_lines) == [None]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([Line(5874, 1116), Line(1000, 70)], None),
        ([Line(5874, 1116), Line(1000, 0)], "vat_invoice_rate_missing"),
        ([Line(5874, 1116), Line(1000, 123)], "vat_invoice_rate_unclear"),
        ([Line(1000, 0), Line(1000, 123)], "vat_invoice_rate_unclear"),
        ([Line(0, 16)], "vat_invoice_rate_unclear"),
        # A free item has no VAT.
        ([Line(5874, 1116), Line(0, 0)], None),
    ],
)
def test_each_line_with_a_price_needs_a_rate(lines, reason):
    assert find_missing_rate(lines, {}) == reason
