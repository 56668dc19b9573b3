"""Adjust an order's line after Amazon changed the ordered quantity."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quantities:
    """`ordered` units, of which `canceled` ones need neither shipping nor an invoice."""

    ordered: int
    canceled: int

    @property
    def remaining(self) -> int:
        return self.ordered - self.canceled


def adjust(ordered: int, shipped: int, at_amazon: int) -> Quantities:
    """Return the line's quantities such that `at_amazon` units remain.

    `ordered` is the most that was ever ordered. What has been shipped here stays shipped, though Amazon counts fewer.
    """
    remaining = max(at_amazon, shipped)
    ordered = max(ordered, remaining)
    return Quantities(ordered, ordered - remaining)
