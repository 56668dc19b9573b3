"""VAT rates, derived from amounts: Amazon reports the tax of an item and not its rate."""

from collections.abc import Sequence
from dataclasses import dataclass

# Rates in tenths of a percent: multiples of half a percent, and the two rates in the EU that are none.
_RATES = tuple(sorted({*range(5, 301, 5), 21, 48}))


@dataclass(frozen=True, slots=True)
class TaxedLine:
    """A line of a document. Amounts in minor units; `net`: without tax. `parts`: how many amounts were taxed apart."""

    net: int
    tax: int
    parts: int = 1


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
