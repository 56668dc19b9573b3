"""Parse and validate product data, from a form or from a file with a row for each product. Pure."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from webapp.domain.common import text_decoding
from webapp.domain.common.csv_cells import escape_formula, unescape_formula
from webapp.domain.errors import InvalidError

# Reasons to review a product: an import created it, or it was sold although it is disabled.
FOUND, SOLD_DISABLED = "found", "sold_disabled"
FLAGS = (FOUND, SOLD_DISABLED)
# Stock of this many available units or fewer is low.
LOW = 5

LONGEST_SKU = 128
LONGEST_TITLE = 1000
LONGEST_REASON = 200
MOST_PIECES = 10**9
_LONGEST_NUMBER = 40
MOST_ROWS = 5_000
LARGEST_FILE = 2 * 1024 * 1024
_WHOLE = re.compile(r"[+-]?[0-9]+", re.ASCII)

COLUMNS = ("sku", "title", "asin", "enabled", "manage_stock", "quantity")
# Exported for information only: reservations follow from orders and cannot be set.
READ_ONLY_COLUMNS = ("reserved", "available", "flag", "account")
_NAMES = {
    **{name: name for name in COLUMNS},
    **dict.fromkeys(("seller_sku", "seller-sku", "seller sku", "merchant sku", "item sku"), "sku"),
    **dict.fromkeys(("item-name", "item name", "product name", "name"), "title"),
    **dict.fromkeys(("asin1",), "asin"),
    **dict.fromkeys(("manage stock", "managed"), "manage_stock"),
    **dict.fromkeys(("qty", "stock", "on hand", "on_hand"), "quantity"),
}
_YES = {"yes", "y", "true", "1", "on", "enabled"}
_NO = {"no", "n", "false", "0", "off", "disabled"}


@dataclass(frozen=True, slots=True)
class Entry:
    """The values for one product; None leaves a value unchanged, or at its default for a new product.

    `quantity` is what lies on the shelf. Saying it begins the keeping of stock, unless `manage_stock` is False.
    """

    sku: str
    title: str | None = None
    asin: str | None = None
    enabled: bool | None = None
    manage_stock: bool | None = None
    quantity: int | None = None

    @property
    def manages(self) -> bool | None:
        """Return whether stock is managed from now on; None where the entry does not say."""
        return True if self.manage_stock is None and self.quantity is not None else self.manage_stock


@dataclass(frozen=True, slots=True)
class RowError:
    """The reason a row is invalid: a code of `messages` and its arguments."""

    code: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file. `line` is its first line number, from 1."""

    line: int
    sku: str
    entry: Entry | None
    wrong: RowError | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A parsed file. `ignored`: unknown columns."""

    rows: tuple[Row, ...]
    ignored: tuple[str, ...] = ()


def check(entry: Entry) -> Entry:
    """Return the entry without surrounding space. Raises InvalidError naming the field."""
    sku = " ".join(entry.sku.split())
    if not sku:
        raise InvalidError("product_sku_required", field="sku")
    for name, text, most in (
        ("sku", sku, LONGEST_SKU),
        ("title", entry.title or "", LONGEST_TITLE),
        ("asin", entry.asin or "", LONGEST_SKU),
    ):
        if len(text) > most:
            raise InvalidError("text_too_long", field=name, most=most)
        if not text.isprintable():
            raise InvalidError("product_text_unprintable", field=name)
    if entry.quantity is not None and abs(entry.quantity) > MOST_PIECES:
        raise InvalidError("product_quantity_range", field="quantity", most=MOST_PIECES)
    title = None if entry.title is None else entry.title.strip()
    asin = None if entry.asin is None else entry.asin.strip()
    return Entry(sku, title, asin, entry.enabled, entry.manage_stock, entry.quantity)


def parse_quantity(text: str) -> int:
    """Parse an entered whole number, possibly negative. Raises InvalidError."""
    plain = text.strip().replace("\u2212", "-")
    if not plain:
        raise InvalidError("product_quantity_required", field="quantity")
    if not _WHOLE.fullmatch(plain):
        raise InvalidError("product_quantity_malformed", field="quantity", text=text.strip()[:40])
    if len(plain) > _LONGEST_NUMBER:
        raise InvalidError("product_quantity_range", field="quantity", most=MOST_PIECES)
    return int(plain)


def decode(content: bytes) -> str:
    """Return the text of a file. Raises InvalidError for a file that is not text."""
    try:
        text = text_decoding.decode(content)
    except text_decoding.UnknownEncodingError:
        text = "\0"
    if "\0" in text:
        raise InvalidError("product_file_no_text", field="file")
    return text


def read(text: str) -> Sheet:
    """Return the rows of a file with a header. Raises InvalidError without a header or for too many rows."""
    if len(text) > LARGEST_FILE:
        raise InvalidError("product_file_large", field="file", most=LARGEST_FILE // 1024 // 1024)
    lines = text.lstrip("\ufeff").splitlines(keepends=True)
    first = next((line for line in lines if line.strip()), "")
    delimiter = max((",", ";", "\t"), key=first.count)
    reader = csv.reader(io.StringIO("".join(lines), newline=""), delimiter=delimiter)
    try:
        return _parse_sheet(reader)
    except csv.Error:
        raise InvalidError("product_file_broken", field="file", line=reader.line_num) from None


def _parse_sheet(reader: Any) -> Sheet:
    head: list[str] = next((cells for cells in reader if any(cell.strip() for cell in cells)), [])
    names = [_NAMES.get(cell.strip().casefold(), "") for cell in head]
    if "sku" not in names:
        raise InvalidError("product_file_no_sku", field="file")
    fields = [name for name in names if name]
    if len(fields) != len(set(fields)):
        raise InvalidError("product_file_column_twice", field="file")
    unknown_headings = [cell.strip() for cell, name in zip(head, names, strict=True) if not name and cell.strip()]
    rows: list[Row] = []
    seen: dict[str, int] = {}
    before = reader.line_num
    for cells in reader:
        line, before = before + 1, reader.line_num
        if not any(cell.strip() for cell in cells):
            continue
        if len(rows) == MOST_ROWS:
            raise InvalidError("product_file_long", field="file", most=MOST_ROWS)
        rows.append(_parse_row(line, {name: cell for name, cell in zip(names, cells, strict=False) if name}, seen))
    if not rows:
        raise InvalidError("product_file_empty", field="file")
    return Sheet(tuple(rows), tuple(name for name in unknown_headings if name.casefold() not in READ_ONLY_COLUMNS))


def _parse_row(line: int, cells: Mapping[str, str], seen: dict[str, int]) -> Row:
    plain = {name: unescape_formula(cell.strip()) for name, cell in cells.items()}
    sku = plain.get("sku", "")
    try:
        _check_line_breaks(plain)
        entry = check(
            Entry(
                sku,
                plain.get("title") or None,
                plain.get("asin") or None,
                _switch("enabled", plain),
                _switch("manage_stock", plain),
                parse_quantity(plain["quantity"]) if plain.get("quantity") else None,
            )
        )
    except InvalidError as error:
        return Row(line, sku[:LONGEST_SKU], None, RowError(error.code, error.arguments))
    if entry.sku in seen:
        return Row(line, entry.sku, None, RowError("product_sku_twice", {"sku": entry.sku, "line": seen[entry.sku]}))
    seen[entry.sku] = line
    return Row(line, entry.sku, entry)


def _check_line_breaks(cells: Mapping[str, str]) -> None:
    """Raise InvalidError for a cell with a line break: an unclosed quotation mark swallows the rest of the file."""
    for name, cell in cells.items():
        if len(cell.splitlines()) > 1:
            raise InvalidError("product_cell_torn", field=name, name=name)


def _switch(name: str, cells: Mapping[str, str]) -> bool | None:
    text = cells.get(name, "").casefold()
    if not text:
        return None
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise InvalidError("product_switch_malformed", field=name, name=name, text=cells[name][:40])


def write(rows: Iterator[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the lines of a file that `read` accepts, header first."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow((*COLUMNS, *READ_ONLY_COLUMNS))
    for row in rows:
        writer.writerow([_format_cell(row[name]) for name in (*COLUMNS, *READ_ONLY_COLUMNS)])
        if buffer.tell() > 32_768:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _format_cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return escape_formula(value)


@dataclass(frozen=True, slots=True)
class Known:
    """The stored values of a product that a file can change."""

    title: str
    asin: str
    enabled: bool
    manage_stock: bool
    quantity: int


def compare(entry: Entry, stored: Known | None) -> dict[str, tuple[Any, Any]]:
    """Return the changes of an entry: field → (old value, new value); the old value is None for a new product."""
    values = {
        "title": entry.title,
        "asin": entry.asin,
        "enabled": entry.enabled,
        "manage_stock": entry.manages,
        "quantity": entry.quantity,
    }
    if stored is None:
        new = {"title": "", "asin": "", "enabled": True, "manage_stock": False, "quantity": 0}
        return {name: (None, new[name] if value is None else value) for name, value in values.items()}
    return {
        name: (getattr(stored, name), value)
        for name, value in values.items()
        if value is not None and value != getattr(stored, name)
    }
