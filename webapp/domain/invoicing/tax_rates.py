"""VAT rates, derived from amounts: Amazon reports the tax of an item and not its rate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

# Rates in tenths of a percent: multiples of half a percent, and the two rates in the EU that are none.
_RATES = tuple(sorted({*range(5, 301, 5), 21, 48}))


@dataclass(frozen=True, slots=True)
class TaxedLine:
    """A line of a document. Amounts in minor units; `net`: without tax. `parts`: how many amounts were taxed apart."""

    net: int
    tax: int
    parts: int = 1


class Amounts(Protocol):
    """The amounts of a line, in minor units; `total` is their sum."""

    @property
    def subtotal(self) -> int: ...
    @property
    def shipping(self) -> int: ...
    @property
    def tax(self) -> int: ...
    @property
    def discount(self) -> int: ...
    @property
    def other(self) -> int: ...
    @property
    def total(self) -> int: ...


class DocumentLine(Amounts, Protocol):
    """A line of a document about the line of an order."""

    @property
    def order_item_id(self) -> int: ...


def derive_document_rates(lines: Sequence[DocumentLine], order_lines: Mapping[int, Amounts]) -> list[int | None]:
    """Return the rate of each line of a document in tenths of a percent; None where it is not clear.

    `order_lines`: by id. A line whose amounts allow several rates, such as a small refund, has that of its order line.
    """
    taxed = [_get_taxed_line(line) for line in lines]
    order_rates = dict(
        zip(order_lines, derive_rates([_get_taxed_line(line) for line in order_lines.values()]), strict=True)
    )
    return [
        rate if rate is not None else _choose(_list_possible_rates(line), {order_rates.get(row.order_item_id) or 0})
        for row, line, rate in zip(lines, taxed, derive_rates(taxed), strict=True)
    ]


def find_missing_rate(lines: Sequence[DocumentLine], order_lines: Mapping[int, Amounts]) -> str | None:
    """Return why a line with a price has no rate (a code of `messages`), or None when every one has its rate."""
    without = [
        line
        for line, rate in zip(lines, derive_document_rates(lines, order_lines), strict=True)
        if rate is None and (line.total > line.tax or line.tax > 0)
    ]
    if not without:
        return None
    return "vat_invoice_rate_unclear" if any(line.tax > 0 for line in without) else "vat_invoice_rate_missing"


def _get_taxed_line(line: Amounts) -> TaxedLine:
    # Amazon rounds the tax of each of these amounts by itself.
    parts = sum(map(bool, (line.subtotal, line.shipping, line.discount, line.other)))
    return TaxedLine(line.total - line.tax, line.tax, parts)


def derive_rates(lines: Sequence[TaxedLine]) -> list[int | None]:
    """Return the rate of each line in tenths of a percent; None where its amounts allow none, or several.

    A line whose amounts allow several rates has the one that another line of the document has.
    """
    possible = [_list_possible_rates(line) for line in lines]
    clear = {rates[0] for rates in possible if len(rates) == 1}
    return [_choose(rates, clear) for rates in possible]


def _list_possible_rates(line: TaxedLine) -> list[int]:
    """List the rates whose tax is the line's, when the tax of each part was rounded by itself."""
    if line.net <= 0 or line.tax <= 0:
        return []
    return [rate for rate in _RATES if abs(line.net * rate - line.tax * 1000) <= 500 * line.parts]


def _choose(rates: Sequence[int], clear: set[int]) -> int | None:
    shared = rates if len(rates) == 1 else [rate for rate in rates if rate in clear]
    return shared[0] if len(shared) == 1 else None
