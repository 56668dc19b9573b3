"""docs/amazon.md has a complete row for each operation that the client calls and for each method of the gateway."""

import inspect
import re
from pathlib import Path
from typing import NamedTuple

from webapp.amazon.gateway import Amazon
from webapp.amazon.rate_limiter import RATES
from webapp.domain.amazon.gateway import AmazonGateway
from webapp.domain.mail.amazon_messages import OPERATIONS

ROOT = Path(__file__).parents[2]
PAGE, GATEWAY_PAGE = ROOT / "docs" / "amazon.md", ROOT / "docs" / "amazon-gateway.md"
COLUMNS = [
    "operation",
    "method",
    "rate",
    "counts as done when",
    "proof",
    "what a person sees when it fails",
    "never tried on a live account",
]
# Calls that Amazon has no operation for.
OWN_NAMES = {"getToken", "downloadCustomization"}
# Methods that call nothing.
QUIET = {"close", "amazon_time", "last_request_id"}


class Row(NamedTuple):
    operations: list[str]
    methods: list[str]
    rates: list[tuple[float, int]]


def read_tables(page: Path) -> list[list[list[str]]]:
    """Return the tables of a page: the head and the rows, each a list of cells."""
    blocks = re.findall(r"(?:^\|.*\n)+", page.read_text(), re.MULTILINE)
    tables = [[line.strip("|").split("|") for line in block.splitlines()] for block in blocks]
    # The second line only divides the head from the rows.
    return [[[cell.strip() for cell in row] for row in (table[0], *table[2:])] for table in tables]


def read_operation_tables() -> list[list[list[str]]]:
    return [table for table in read_tables(PAGE) if table[0][0] == "operation"]


def read_rows(table: list[list[str]]) -> list[Row]:
    return [
        Row(
            [name for name in re.findall(r"`(\w+)`", row[0]) if name in RATES or row[2][:1].isdecimal()],
            re.findall(r"`(\w+)`", row[1]),
            [(float(rate), int(burst)) for rate, burst in re.findall(r"(\d+\.\d+), (\d+)", row[2])],
        )
        for row in table[1:]
    ]


def list_methods(gateway: type) -> set[str]:
    methods = inspect.getmembers(gateway, inspect.isfunction)
    return {name for name, _ in methods if not name.startswith("_")} - QUIET


def test_each_row_says_all_that_there_is_to_say() -> None:
    tables = read_operation_tables()
    assert [table[0] for table in tables] == [COLUMNS, COLUMNS]
    for row in (row for table in tables for row in table):
        assert len(row) == len(COLUMNS), row
        assert all(row), row


def test_every_operation_is_named_with_its_rate() -> None:
    rates: dict[str, set[tuple[float, int]]] = {}
    for row in (row for table in read_operation_tables() for row in read_rows(table)):
        # One rate for all operations of the row, or one for each.
        for position, name in enumerate(row.operations):
            rates.setdefault(name, set()).add(row.rates[position] if len(row.rates) > 1 else row.rates[0])

    assert rates == {name: {rate} for name, rate in RATES.items()}


def test_every_operation_in_the_code_of_the_client_is_named() -> None:
    """An operation that is called but has no rate would fail only when somebody needs it."""
    sources = [path.read_text() for path in (ROOT / "webapp" / "amazon").glob("*.py")]
    calls = re.compile(r'(?:\.call\(|list_all\(client,|operation =|OPERATION =)\s*"(\w+)"')
    called = {name for source in sources for name in calls.findall(source)} | set(OPERATIONS.values())

    assert called - OWN_NAMES == RATES.keys()


def test_every_method_of_the_gateway_has_a_row() -> None:
    methods = {name for table in read_operation_tables() for row in read_rows(table) for name in row.methods}

    assert methods == list_methods(Amazon)
    assert list_methods(AmazonGateway) <= methods


def test_the_same_calls_change_something_on_both_pages() -> None:
    (writes,) = (table for table in read_tables(GATEWAY_PAGE) if table[0][0] == "call")
    calls = {re.findall(r"`(\w+)`", row[0])[0] for row in writes[1:]}
    changing = {name for row in read_rows(read_operation_tables()[1]) for name in row.methods}

    assert calls == {name for name in changing if not name.startswith("prepare_")}
