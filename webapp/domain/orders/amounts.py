"""Amounts of an order from Amazon's own components. They are sorted, never recomputed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from webapp.domain.amazon.types import Component


class Totals(NamedTuple):
    """Totals in minor units of one currency. `other` makes the parts sum to Amazon's own total."""

    subtotal: int
    shipping: int
    tax: int
    discount: int
    other: int
    total: int

    def as_row(self) -> dict[str, int]:
        return self._asdict()


def sort(components: Iterable[Component], total: int) -> Totals:
    """Add each component to its total; `total` is Amazon's and stays unchanged."""
    subtotal = shipping = tax = discount = 0
    for component in components:
        # A subtype details the amount its type has already: counting it again would count it twice.
        if component.subtype is not None:
            continue
        type_ = component.type
        if type_ == "ITEM":
            subtotal += component.value.minor
        elif type_ == "SHIPPING":
            shipping += component.value.minor
        elif type_ == "TAX":
            tax += component.value.minor
        elif type_ == "DISCOUNT":
            discount += component.value.minor
    return Totals(subtotal, shipping, tax, discount, total - subtotal - shipping - tax - discount, total)


def combine(lines: Sequence[Totals], total: int) -> Totals:
    """Return the amounts of an order from those of its lines, as `sort` makes them of the components of all."""
    subtotal, shipping = sum([line.subtotal for line in lines]), sum([line.shipping for line in lines])
    tax, discount = sum([line.tax for line in lines]), sum([line.discount for line in lines])
    return Totals(subtotal, shipping, tax, discount, total - subtotal - shipping - tax - discount, total)


def calculate_portion(total: int, quantity: int, of: int, before: int = 0) -> int:
    """Return the part of `total` for `quantity` of `of` units, after `before` units got theirs.

    Portions of all units sum to `total` exactly.
    """
    if of == 0:
        return 0
    return _compute_share(total, before + quantity, of) - _compute_share(total, before, of)


def _compute_share(total: int, pieces: int, of: int) -> int:
    return (2 * total * pieces + of) // (2 * of)


def split(parts: Mapping[str, int], quantity: int, of: int, before: int = 0) -> dict[str, int]:
    """Split related amounts in proportion: in each portion, the parts sum to the portion of their sum.

    A part that divides evenly does so; what is rounded falls to the parts that do not.
    """
    so_far, with_these = _compute_part_shares(parts, before, of), _compute_part_shares(parts, before + quantity, of)
    return {name: with_these[name] - so_far[name] for name in parts}


def distribute(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` by weight without remainder; evenly where the weights are negative or all zero."""
    if not weights or min(weights) < 0 or not any(weights):
        weights = [1] * len(weights)
    portions, weight_so_far = [], 0
    for weight in weights:
        portions.append(calculate_portion(total, weight, sum(weights), weight_so_far))
        weight_so_far += weight
    return portions


def _compute_part_shares(parts: Mapping[str, int], pieces: int, of: int) -> dict[str, int]:
    if of == 0:
        return dict.fromkeys(parts, 0)
    portions = {name: amount * pieces // of for name, amount in parts.items()}
    missing = _compute_share(sum(parts.values()), pieces, of) - sum(portions.values())
    by_remainder = sorted(parts, key=lambda name: parts[name] * pieces % of, reverse=True)
    for name in by_remainder[:missing]:
        portions[name] += 1
    return portions
