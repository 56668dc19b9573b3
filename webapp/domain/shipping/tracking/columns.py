"""Detect the columns of a tracking file by their headers and cells."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from math import fsum

from webapp.domain.shipping.carrier_names import find_by_name, normalize_name
from webapp.domain.shipping.tracking import headers as heads_of
from webapp.domain.shipping.tracking.cells import (
    find_amazon_number,
    is_date,
    looks_tracked,
    score_tracking_number,
)
from webapp.domain.shipping.tracking.headers import (
    CARRIER,
    GENERIC_DATES,
    LINK,
    ORDER,
    RETURN,
    RETURN_MARK,
    SHIPPED_ON,
    SHIPPING_METHOD,
    TRACKING,
    VOID,
)

LONGEST_NUMBER = 100
_ORDER_NUMBER = re.compile(r"#?(?=\S*\d)[A-Za-z0-9][A-Za-z0-9/_.-]{1,39}")
# The header is in one of the first records, at most below a title.
_TITLES = 5
_SAMPLE = 200
_LONGEST_CARRIER = 60
# The least of what a column without a head must hold.
_LEAST_SHARE = 0.6
# A column that is not read is pointed out where so many of its cells look like tracking numbers.
_SUSPICIOUS = 0.9
_SINGLE = (ORDER, TRACKING, CARRIER, heads_of.SKU, heads_of.ITEM, heads_of.QUANTITY, SHIPPED_ON, SHIPPING_METHOD)

# Returns the words that are numbers of orders in the database.
FindOrderNumbers = Callable[[Collection[str]], Collection[str]]


@dataclass(frozen=True, slots=True)
class Columns:
    """`places`: field → its columns, the likeliest first. `heads` is empty without a header.

    `begins`: how many of the records stand above the data. `unused`: (column, field its head names or None, whether
    its cells look like tracking numbers) of the columns nothing is read from.
    """

    places: dict[str, tuple[int, ...]]
    begins: int
    heads: tuple[str, ...] = ()
    unused: tuple[tuple[int, str | None, bool], ...] = ()

    def name(self, place: int) -> str:
        """Return the header of a column, or its number if it has none."""
        return (self.heads[place] if place < len(self.heads) else "") or str(place + 1)


def detect_columns(records: Sequence[Sequence[str]], find_order_numbers: FindOrderNumbers) -> Columns:
    """Detect the columns from the first records. Calls `find_order_numbers` at most once."""
    head_rows = _find_heading_rows(records)
    begins = head_rows[-1] + 1 if head_rows else 0
    fields, heads = _read_headings([records[row] for row in head_rows])
    body = records[begins : begins + _SAMPLE]
    width = max((len(row) for row in body), default=0)
    cells = [[row[place] for row in body if place < len(row) and row[place]] for place in range(width)]
    order_numbers = _find_known_numbers(cells, find_order_numbers)
    places = _choose_columns(cells, fields, heads, order_numbers)
    if ORDER in places and TRACKING in places:
        places[TRACKING] += _find_more_tracking_columns(cells, fields, heads, places)
        places[CARRIER] = _find_carrier_columns(fields, places, width)
        for mark in (VOID, RETURN_MARK):
            places[mark] = tuple(place for place in range(width) if fields.get(place) == mark)
    used = {place for columns in places.values() for place in columns}
    unused = tuple(
        (place, fields.get(place), _is_suspicious(cells[place], fields.get(place)))
        for place in range(width)
        if place not in used and (cells[place] or (place < len(heads) and heads[place]))
    )
    return Columns({name: columns for name, columns in places.items() if columns}, begins, tuple(heads), unused)


def _find_heading_rows(records: Sequence[Sequence[str]]) -> list[int]:
    """Return the header rows above the data: the most informative one and the header rows after it.

    Amazon's templates of some countries have their heads twice, in two languages.
    """
    scores: list[int] = []
    for row in records[:_TITLES]:
        cells = [cell for cell in row if cell]
        if any(find_amazon_number(cell) or looks_tracked(cell) for cell in cells):
            break
        fields = {name for cell in cells if (name := heads_of.find_header_field(cell))}
        scores.append(len(fields) if len(fields) > 1 or fields & {ORDER, TRACKING} else 0)
    most = max(scores, default=0)
    if not most:
        return []
    first = scores.index(most)
    last = first
    while last + 1 < len(scores) and scores[last + 1] > 1:
        last += 1
    return list(range(first, last + 1))


def _read_headings(rows: Sequence[Sequence[str]]) -> tuple[dict[int, str], list[str]]:
    """Return the field named by the headers of each column, and the headers."""
    width = max((len(row) for row in rows), default=0)
    heads = [next((row[place] for row in rows if place < len(row) and row[place]), "") for place in range(width)]
    fields: dict[int, str] = {}
    for row in rows:
        for place, cell in enumerate(row):
            field = heads_of.find_header_field(cell)
            if field:
                fields.setdefault(place, field)
    return fields, heads


def _find_known_numbers(columns: Sequence[Sequence[str]], find_order_numbers: FindOrderNumbers) -> frozenset[str]:
    """Find the cells that are numbers of our orders. Skipped where a column holds Amazon's order numbers."""
    if any(sum(bool(find_amazon_number(cell)) for cell in cells) * 2 > len(cells) for cells in columns):
        return frozenset()
    words = {cell.lstrip("#") for cells in columns for cell in cells if _ORDER_NUMBER.fullmatch(cell)}
    return frozenset(find_order_numbers(words)) if words else frozenset()


def _choose_columns(
    columns: Sequence[Sequence[str]], fields: dict[int, str], heads: Sequence[str], order_numbers: frozenset[str]
) -> dict[str, tuple[int, ...]]:
    """Return the best column of each field; a column belongs to at most one field."""
    has_tracking_head = TRACKING in fields.values()
    scores: list[tuple[float, str, int]] = []
    for place, cells in enumerate(columns):
        headed = fields.get(place)
        for name in _SINGLE:
            if name == TRACKING and not _may_be_tracking(headed, has_tracking_head=has_tracking_head):
                continue
            if name == SHIPPED_ON and headed != name and heads:
                continue
            is_headed = name == headed or (name == TRACKING and headed == LINK)
            score = _score(name, cells, order_numbers, headed=is_headed)
            if name == headed == SHIPPED_ON and normalize_name(heads[place]) in GENERIC_DATES:
                score -= 0.5
            if score > 0:
                scores.append((score, name, -place))
    chosen: dict[str, tuple[int, ...]] = {}
    taken: set[int] = set()
    for _, name, place in sorted(scores, reverse=True):
        if name not in chosen and -place not in taken:
            chosen[name] = (-place,)
            taken.add(-place)
    return chosen


def _may_be_tracking(headed: str | None, *, has_tracking_head: bool) -> bool:
    """Return whether a column may hold tracking numbers; never when its header names another field."""
    if has_tracking_head:
        return headed == TRACKING
    return headed in (None, LINK)


def _find_more_tracking_columns(
    columns: Sequence[Sequence[str]],
    fields: dict[int, str],
    heads: Sequence[str],
    places: dict[str, tuple[int, ...]],
) -> tuple[int, ...]:
    """Return further tracking columns: an order's second number may have its own column.

    Their heads are numbered as the first one's is, or their cells have the form of a carrier's numbers: a barcode may
    be one of the product.
    """
    used = {place for field_columns in places.values() for place in field_columns}
    more = []
    for place, cells in enumerate(columns):
        if place in used or fields.get(place) != TRACKING or not cells:
            continue
        is_numbered = _get_stem(heads, place) == _get_stem(heads, places[TRACKING][0])
        likely = sum(score_tracking_number(cell) == 1 or (is_numbered and looks_tracked(cell)) for cell in cells)
        if likely * 2 >= len(cells):
            more.append(place)
    return tuple(more)


def _get_stem(heads: Sequence[str], place: int) -> str:
    return normalize_name(heads[place]).strip("0123456789") if place < len(heads) else ""


def _find_carrier_columns(fields: dict[int, str], places: dict[str, tuple[int, ...]], width: int) -> tuple[int, ...]:
    """Return the columns whose header names carriers, in order, and the one found by its cells."""
    columns = [place for place in range(width) if fields.get(place) == CARRIER]
    return tuple(dict.fromkeys([*columns, *places.get(CARRIER, ())]))


def _is_suspicious(cells: Sequence[str], headed: str | None) -> bool:
    if headed in (RETURN, LINK, heads_of.ITEM, heads_of.SKU) or not cells:
        return False
    return sum(score_tracking_number(cell) == 1 for cell in cells) >= _SUSPICIOUS * len(cells)


def _score(name: str, cells: Sequence[str], order_numbers: frozenset[str], *, headed: bool) -> float:
    """Score how well a column fits a field: its cells weigh more than its header, and a header alone suffices."""
    if not cells:
        return 0.5 if headed else 0.0
    share = _compute_matching_share(name, cells, order_numbers)
    if share is None:
        return 1.0 if headed else 0.0
    if not headed:
        return share * 2 if share >= _LEAST_SHARE else 0.0
    return 1.0 + share * 2


def _compute_matching_share(name: str, cells: Sequence[str], order_numbers: frozenset[str]) -> float | None:
    """Return the share of the cells that match the field; None for a field without a pattern."""
    if name == ORDER:
        return sum(bool(find_amazon_number(cell)) or cell.lstrip("#") in order_numbers for cell in cells) / len(cells)
    if name == TRACKING:
        scores = (score_tracking_number(cell) for cell in cells if cell.lstrip("#") not in order_numbers)
        # A sum of ten times 0.6 is below 6, and so below the least share, unless it is exact.
        return fsum(scores) / len(cells)
    if name == CARRIER:
        return sum(_is_carrier(cell) for cell in cells) / len(cells)
    if name == SHIPPED_ON:
        return sum(map(is_date, cells)) / len(cells)
    return None


def _is_carrier(cell: str) -> bool:
    return len(cell) <= _LONGEST_CARRIER and find_by_name(cell) is not None and not looks_tracked(cell)
