"""Parse tracking numbers from any text or file: a clipboard, a carrier's export, a list typed by hand.

Columns are detected by their headings and contents, without asking the user. A text without columns
is read word by word. Pure: what only the database knows, namely which numbers are orders', is handed in as a function.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from webapp.domain.errors import InvalidError
from webapp.domain.shipping.carrier_names import find_by_name, normalize_name
from webapp.domain.shipping.carriers import clean
from webapp.domain.shipping.parcels import LONGEST_METHOD
from webapp.domain.shipping.tracking import cells as cells_of
from webapp.domain.shipping.tracking import text as tracking_text
from webapp.domain.shipping.tracking.columns import (
    LONGEST_NUMBER,
    Columns,
    FindOrderNumbers,
    detect_columns,
)
from webapp.domain.shipping.tracking.headers import (
    CARRIER,
    ITEM,
    ORDER,
    QUANTITY,
    RETURN,
    RETURN_MARK,
    SHIPPED_ON,
    SHIPPING_METHOD,
    SKU,
    TRACKING,
    VOID,
    names_return,
)
from webapp.domain.shipping.tracking.numbers import is_rounded

MOST_LINES = 10_000
# Maximum number of possible order numbers in a text without columns: each is looked up.
MOST_WORDS = 50_000
_LONGEST_ORDER, _LONGEST_CARRIER, _LONGEST_SKU, _LONGEST_WRITTEN = 100, 100, 128, 200

# Problems of lines that nothing is to be done about: they are listed, and left out of what is to be put right.
LEFT_OUT = frozenset(("line_voided", "line_says_nothing"))


@dataclass(frozen=True, slots=True)
class TrackingLine:
    """One parcel in one line. `place` is the line's number in the text, from 1; unknown fields are empty.

    `tracking_number` is as `shipping.clean` makes it, `written` as its cell has it; `carrier` as it was written;
    `shipped_on` ISO 8601; `item` is Amazon's order-item-id. `problem`: why it cannot be used, as a code of `messages`.
    A line that names several orders or parcels is several of these, with the same `place`.
    `question`: why the number was not taken as it was written, which a person has to confirm. `remark`: what could not
    be read although the line can be used, as a code of `messages`.
    """

    place: int
    order: str = ""
    tracking_number: str = ""
    carrier: str = ""
    sku: str = ""
    quantity: int | None = None
    shipped_on: str = ""
    problem: str = ""
    item: str = ""
    written: str = ""
    question: str = ""
    remark: str = ""
    # The carrier's service.
    shipping_method: str = ""


@dataclass(frozen=True, slots=True)
class ParsedSheet:
    """The result of parsing one text.

    `columns`: field → the heads of its columns, or their places as `2` where there are no heads; empty for plain words.
    `read` is the number of lines that are not blank, `headings` how many of them are heads and titles. Every other one
    has at least one entry in `lines`. `unused`: the columns that nothing is read from, as (name, why), where `why` is
    `return`, `link`, `suspicious` for cells that look like tracking numbers, or empty.
    """

    name: str
    lines: tuple[TrackingLine, ...]
    columns: dict[str, str] = field(default_factory=dict)
    read: int = 0
    headings: int = 0
    unused: tuple[tuple[str, str], ...] = ()

    @property
    def explained(self) -> int:
        """Return the number of lines accounted for; the same as `read`."""
        return self.headings + len({line.place for line in self.lines})


def read(
    text: str, find_order_numbers: FindOrderNumbers = lambda _words: (), *, name: str = "", month_first: bool = False
) -> ParsedSheet:
    """Parse every line of a text. Raises InvalidError: empty, too large, no orders, no tracking numbers.

    `month_first` decides about dates such as 11/05/2026 in a column none of whose dates tells.
    """
    lines = tracking_text.split_lines(text, name)
    if not any(map(str.strip, lines)):
        raise InvalidError("sheet_empty", field="text", name=name)
    records = tracking_text.split_records(lines, name)
    _check_count(len(records) - 1, name)
    columns = detect_columns([cells for _, cells in records], find_order_numbers)
    if ORDER in columns.places and TRACKING in columns.places:
        sheet = _parse_columns(name, records, columns, month_first=month_first)
    elif ORDER in columns.places and columns.heads:
        # Words are no way around heads that name no column of tracking numbers: they may name one of return labels.
        raise InvalidError("sheet_no_tracking", field="text", name=name)
    else:
        sheet = _parse_words(name, lines, find_order_numbers)
    if not any(line.order and line.tracking_number for line in sheet.lines) and not _is_table_of_orders(sheet):
        code = "sheet_no_tracking" if any(line.order for line in sheet.lines) else "sheet_no_orders"
        raise InvalidError(code, field="text", name=name)
    _check_count(len(sheet.lines), name)
    return sheet


def _is_table_of_orders(sheet: ParsedSheet) -> bool:
    """Return whether the text is a table of orders: then each invalid line is reported."""
    return bool(sheet.columns) and any(line.problem != "line_says_nothing" for line in sheet.lines)


def _check_count(lines: int, name: str) -> None:
    if lines > MOST_LINES:
        raise InvalidError("sheet_too_long", field="text", name=name, lines=lines, most=MOST_LINES)


def _parse_columns(
    name: str, records: Sequence[tuple[int, list[str]]], columns: Columns, *, month_first: bool
) -> ParsedSheet:
    places, headings = columns.places, columns.begins
    dates = (cell for _, cells in records[headings:] for cell in _list_filled_cells(cells, places.get(SHIPPED_ON, ())))
    month_first = cells_of.is_month_first(dates, otherwise=month_first)
    heads = [head for head in columns.heads if head]
    lines: list[TrackingLine] = []
    for place, cells in records[columns.begins :]:
        if heads and [cell for cell in cells if cell] == heads:
            # Files put one behind the other have their heads again.
            headings += 1
        else:
            lines += _parse_record(place, cells, columns, month_first=month_first)
    column_names = {name: ", ".join(map(columns.name, indexes)) for name, indexes in places.items()}
    unused = tuple(
        (columns.name(place), headed if headed == RETURN else "suspicious" if suspicious else "")
        for place, headed, suspicious in columns.unused
    )
    return ParsedSheet(name, tuple(lines), column_names, len(records), headings, unused)


def _list_filled_cells(cells: Sequence[str], places: Iterable[int]) -> list[str]:
    """Return the non-empty cells of these columns."""
    return [cells[place] for place in places if place < len(cells) and cells[place]]


def _parse_record(place: int, cells: Sequence[str], columns: Columns, *, month_first: bool) -> list[TrackingLine]:
    """Return an entry per order and tracking number of a record, or one with its problem if it is unusable."""

    def first(field: str) -> str:
        return next(iter(_list_filled_cells(cells, columns.places.get(field, ()))), "")

    order, written = first(ORDER), _list_filled_cells(cells, columns.places[TRACKING])
    orders = cells_of.find_order_numbers(order)
    split = [cells_of.split_tracking_numbers(cell) for cell in written]
    numbers = list({clean(number): number for parts in split for number in parts or []}.values())
    shipped_on = first(SHIPPED_ON)
    day = cells_of.parse_date(shipped_on, month_first=month_first)
    quantity, problem = cells_of.parse_quantity(first(QUANTITY))
    carrier = cells_of.choose_carrier(_list_filled_cells(cells, columns.places.get(CARRIER, ())))
    common: dict[str, Any] = {
        "sku": first(SKU)[:_LONGEST_SKU],
        "quantity": quantity,
        "shipped_on": day.isoformat() if day else "",
        "item": first(ITEM)[:_LONGEST_SKU],
        "shipping_method": first(SHIPPING_METHOD)[:LONGEST_METHOD],
        "remark": "shipped_on_unreadable" if shipped_on and not day else "",
    }
    whole = " | ".join(written)
    if _is_voided(cells, columns):
        problem = "line_voided"
    elif _is_of_return(cells, columns):
        problem = "line_of_return"
    elif not order and not written:
        problem = "line_says_nothing"
    elif None in split:
        problem = "tracking_cell_unclear"
    elif len(orders) > 1 and len(numbers) > 1:
        problem = "line_ambiguous"
    return [
        TrackingLine(
            place,
            order_number[:_LONGEST_ORDER],
            "" if is_rounded(number) else clean(number)[: LONGEST_NUMBER + 1],
            (carrier or named_carrier)[:_LONGEST_CARRIER],
            **common,
            written=(number if len(numbers) > 1 else whole)[:_LONGEST_WRITTEN],
            problem=problem or _find_problem(order_number, number),
        )
        for order_number in orders
        for named_carrier, number in map(cells_of.split_carrier, numbers or [""])
    ]


def _is_voided(cells: Sequence[str], columns: Columns) -> bool:
    """Return whether a record's label was voided, according to its own column or any unread column."""
    marks = _list_filled_cells(cells, columns.places.get(VOID, ()))
    return any(map(cells_of.is_void_mark, marks)) or any(map(cells_of.says_voided, _list_unread_cells(cells, columns)))


def _is_of_return(cells: Sequence[str], columns: Columns) -> bool:
    """Return whether a record is a return label, according to its own column or any unread column."""
    marks = _list_filled_cells(cells, columns.places.get(RETURN_MARK, ()))
    return any(map(cells_of.is_void_mark, marks)) or any(map(cells_of.says_return, _list_unread_cells(cells, columns)))


def _list_unread_cells(cells: Sequence[str], columns: Columns) -> list[str]:
    used = {place for indexes in columns.places.values() for place in indexes}
    return [cell for place, cell in enumerate(cells) if cell and place not in used]


def _find_problem(order: str, number: str) -> str:
    if not order:
        return "line_without_order"
    if is_rounded(number):
        return "tracking_rounded"
    cleaned = clean(number)
    if not cleaned:
        return "line_without_tracking"
    if not (cleaned.isascii() and cleaned.isprintable()) or len(cleaned) > LONGEST_NUMBER:
        return "tracking_malformed"
    return ""


def _parse_words(name: str, lines: Sequence[str], find_order_numbers: FindOrderNumbers) -> ParsedSheet:
    """Parse a text without columns: per line an order number, a tracking number and optionally a carrier."""
    words = [(place, cells_of.WORD.findall(line)) for place, line in enumerate(lines, 1) if line.strip()]
    candidates = {
        bare for _, line_words in words for word in line_words if _may_be_order_number(bare := word.lstrip("#"))
    }
    if len(candidates) > MOST_WORDS:
        raise InvalidError("sheet_too_many_words", field="text", name=name, most=MOST_WORDS)
    order_numbers = frozenset(find_order_numbers(candidates)) if candidates else frozenset()
    parsed = [line for place, line_words in words for line in _parse_word_line(place, line_words, order_numbers)]
    return ParsedSheet(name, tuple(parsed), read=len(words))


def _may_be_order_number(word: str) -> bool:
    return len(word) <= _LONGEST_ORDER and any(map(str.isdigit, word))


def _parse_word_line(place: int, words: Sequence[str], order_numbers: Collection[str]) -> list[TrackingLine]:
    """Parse a line of plain words. Among numbers of different formats the likeliest is the tracking number."""
    candidates = [word for word in words if _may_be_order_number(word)]
    orders = list(
        dict.fromkeys(
            order_number
            for word in candidates
            if (order_number := cells_of.find_amazon_number(word) or _match_order_number(word, order_numbers))
        )
    )
    likely = {
        word: share
        for word in candidates
        if not _match_order_number(word, order_numbers) and (share := cells_of.score_tracking_number(word))
    }
    best = max(likely.values(), default=0)
    numbers = list(dict.fromkeys(clean(word) for word, share in likely.items() if share == best))
    if not orders and not numbers:
        return [TrackingLine(place, problem="line_says_nothing")]
    short = [word for word in words if len(word) <= _LONGEST_CARRIER]
    carrier = next((word for word in short if find_by_name(word)), "") if orders and numbers else ""
    problem = ""
    if any(map(cells_of.says_voided, short)):
        problem = "line_voided"
    elif numbers and any(names_return(normalize_name(word)) for word in short):
        problem = "line_of_return"
    elif len(orders) > 1 and len(numbers) > 1:
        problem = "line_ambiguous"
    return [
        TrackingLine(place, order, number, carrier, problem=problem or _find_problem(order, number))
        for order in orders or [""]
        for number in numbers or [""]
    ]


def _match_order_number(word: str, order_numbers: Collection[str]) -> str:
    number = word.lstrip("#")
    return number if number in order_numbers else ""
