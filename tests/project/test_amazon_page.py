"""docs/amazon.md names every operation that the client calls, with its rate."""

import re
from pathlib import Path

from webapp.amazon.rate_limiter import RATES

PAGE = Path(__file__).parents[2] / "docs" / "amazon.md"


def read_rows() -> list[list[str]]:
    rows = [line.strip("|").split("|") for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in rows]


def test_every_operation_is_named_with_its_rate() -> None:
    rates: dict[str, set[tuple[float, int]]] = {}
    for row in read_rows():
        numbers = [cell for cell in row if re.match(r"\d+\.\d+, \d+", cell)]
        if not numbers:
            continue
        pairs = [(float(rate), int(burst)) for rate, burst in re.findall(r"(\d+\.\d+), (\d+)", numbers[0])]
        operations = [name for cell in row for name in re.findall(r"`(\w+)`", cell) if name in RATES]
        # One rate for all operations of the row, or one for each; operations after the rate only prove the change.
        operations = operations[: max(len(pairs), row_width(row, numbers[0]))]
        for position, name in enumerate(operations):
            rates.setdefault(name, set()).add(pairs[position] if len(pairs) > 1 else pairs[0])

    assert rates == {name: {rate} for name, rate in RATES.items()}


def row_width(row: list[str], rate: str) -> int:
    """Return how many operations stand before the rate."""
    return sum(cell.count("`") // 2 for cell in row[: row.index(rate)])
