"""What becomes of an Order's line when Amazon counts fewer or more pieces of it as ordered."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quantities:
    """`ordered` pieces, of which `canceled` ones need neither be shipped nor invoiced."""

    ordered: int
    canceled: int

    @property
    def remaining(self) -> int:
        return self.ordered - self.canceled


def adjust(ordered: int, shipped: int, at_amazon: int) -> Quantities:
    """Return the line's quantities so that as many pieces remain as Amazon counts, `at_amazon`.

    `ordered` is the most that was ever ordered. What has been shipped here stays shipped, though Amazon counts fewer.
    """
    remaining = max(at_amazon, shipped)
    ordered = max(ordered, remaining)
    return Quantities(ordered, ordered - remaining)
