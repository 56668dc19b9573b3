"""An Order's amounts, taken from Amazon's own components. They are sorted, never recomputed."""

from collections.abc import Iterable
from dataclasses import dataclass

from webapp.domain.amazon_orders import Component

_PLACES = {"ITEM": "subtotal", "SHIPPING": "shipping", "TAX": "tax", "DISCOUNT": "discount"}


@dataclass(frozen=True, slots=True)
class Totals:
    """Minor units of one currency. `other` is what makes the parts sum to Amazon's own total."""

    subtotal: int
    shipping: int
    tax: int
    discount: int
    other: int
    total: int

    def as_row(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in self.__slots__}


def sort(components: Iterable[Component], total: int) -> Totals:
    """Put each component in its place; `total` is Amazon's and stays as it is."""
    sums = {"subtotal": 0, "shipping": 0, "tax": 0, "discount": 0}
    for component in components:
        # A subtype details the amount its type has already: counting it again would count it twice.
        if component.subtype is None and (place := _PLACES.get(component.type)):
            sums[place] += component.value.minor
    return Totals(**sums, other=total - sum(sums.values()), total=total)


def share(total: int, quantity: int, of: int, before: int = 0) -> int:
    """The part of `total` that belongs to `quantity` pieces out of `of`, after `before` pieces have had theirs.

    Shares of all pieces, in whatever portions, sum to `total` exactly.
    """
    if of == 0:
        return 0
    return _upto(total, before + quantity, of) - _upto(total, before, of)


def _upto(total: int, pieces: int, of: int) -> int:
    return (2 * total * pieces + of) // (2 * of)
