"""Tracking numbers out of whatever text or file holds them: a clipboard, a carrier's export, a list typed by hand.

Columns are told apart by their heads and by what stands in them; nothing is asked of the person. A text without columns
is read word by word. Pure: what only the database knows, namely which numbers are orders', is handed in as a function.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date

from webapp.domain import tracking_columns as columns
from webapp.domain.carrier_names import named
from webapp.domain.errors import InvalidError
from webapp.domain.shipping import clean

LARGEST = 5 * 1024 * 1024
MOST_LINES = 10_000
_DELIMITERS = ("\t", ";", ",", "|")
_SAMPLE = 60
# Chinese and Japanese need no space between a word and a number.
_WORD = re.compile(r"[^\s,;:()\[\]<>|\"\u3000-\u9fff！（），：；]+|[\u3040-\u9fff]+")
_SEVERAL = re.compile(r"[,;|\n]+|\s+(?:und|and|en|och|e|et|y|\+|&)\s+", re.IGNORECASE)
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_BROKEN_QUOTES = 3
# So much of the lines must have the same number of cells.
_REGULAR = 0.5

# How a workbook begins, whatever its name says: it is a ZIP file, or the older format of Microsoft's.
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_PAPER = b"%PDF"
# Of a text at most every twentieth sign is none that people see; of pictures and programs more are.
_LOOKED_AT, _ODD = 2000, 20
_SPACES = "\0\t\n\v\f\r\x1a\x85\xa0\u2007\u2009\u202f\u3000\ufeff"

# What is asked of the database: which of these words are numbers of orders.
Known = Callable[[Collection[str]], Collection[str]]


@dataclass(frozen=True, slots=True)
class Line:
    """What one line says. `place` is its number in its text, from 1; what it does not say is empty.

    `tracking_number` is as `shipping.clean` makes it; `carrier` as it was written; `shipped_on` ISO 8601.
    `problem`: why it cannot be used, as a code of `sentences`.
    """

    place: int
    order: str = ""
    tracking_number: str = ""
    carrier: str = ""
    sku: str = ""
    quantity: int | None = None
    shipped_on: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """`columns`: field → the head of its column, or its place as `2` where there is no head; empty for plain words."""

    name: str
    lines: tuple[Line, ...]
    columns: dict[str, str] = field(default_factory=dict)


def text_of(name: str, raw: bytes) -> str:
    """The text of a file of this name. Raises InvalidError for a workbook, and for what is no text at all."""
    if raw.startswith(_WORKBOOKS):
        raise InvalidError("sheet_not_text", field="files", name=name)
    text = decode(raw)
    sample = text[:_LOOKED_AT]
    odd = sum(not sign.isprintable() and sign not in _SPACES for sign in sample)
    if raw.startswith(_PAPER) or odd * _ODD > len(sample):
        raise InvalidError("sheet_no_text", field="files", name=name)
    return text


def decode(raw: bytes) -> str:
    """The text of a file, in whatever a spreadsheet writes: UTF-8, UTF-16 with or without its mark, else Windows'."""
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return raw.decode(encoding, errors="replace")
    sample = raw[:2000]
    if sample.count(0) > len(sample) // 4:
        return raw.decode("utf-16-le" if sample[1::2].count(0) >= sample[::2].count(0) else "utf-16-be", "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def read(text: str, known: Known = lambda _words: (), *, name: str = "") -> Sheet:
    """The lines of a text. Raises InvalidError: nothing in it, too many lines, no orders, no tracking numbers."""
    text = text.replace("\0", "").lstrip("\ufeff")
    if not text.strip():
        raise InvalidError("sheet_empty", field="text", name=name)
    rows = _table(text)
    places, begins, heads = columns.recognise([cells for _, cells in rows], known)
    if "order" in places and "tracking_number" in places:
        lines = [line for place, cells in rows[begins:] if any(cells) for line in _lines(place, cells, places)]
        said = {field: heads[place] if heads else str(place + 1) for field, place in places.items()}
    else:
        lines, said = _by_words(text, known), {}
    if not lines:
        code = "sheet_no_tracking" if "order" in places else "sheet_no_orders"
        raise InvalidError(code, field="text", name=name)
    if len(lines) > MOST_LINES:
        raise InvalidError("sheet_too_long", field="text", name=name, lines=len(lines), most=MOST_LINES)
    return Sheet(name, tuple(lines), said)


def _table(text: str) -> list[tuple[int, list[str]]]:
    """(number of the line, its cells); nothing where the text has no columns."""
    first, _, rest = text.partition("\n")
    if re.fullmatch(r"\s*sep=.\s*", first):
        return _parsed(rest, first.strip()[-1], 2)
    sample = [line for line in text.splitlines() if line.strip()][:_SAMPLE]
    delimiter, share = "", 0.0
    for candidate in _DELIMITERS:
        counts = Counter(len(row) for row in _cells("\n".join(sample), candidate) if any(row))
        width, times = max(counts.items(), key=lambda pair: (pair[0] > 1, pair[1]), default=(0, 0))
        # The first of equals: where tabs are, commas belong to the words.
        if width > 1 and times / len(sample) > share:
            delimiter, share = candidate, times / len(sample)
    return _parsed(text, delimiter, 1) if share >= _REGULAR else []


def _parsed(text: str, delimiter: str, begins: int) -> list[tuple[int, list[str]]]:
    return [(place, [_cell(cell) for cell in row]) for place, row in enumerate(_cells(text, delimiter), begins)]


def _cells(text: str, delimiter: str) -> list[list[str]]:
    lines = text.splitlines()
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        rows = []
    if len(rows) * _BROKEN_QUOTES < len(lines):
        # A quotation mark that nobody closed has swallowed the rest.
        rows = [line.split(delimiter) for line in lines]
    return rows


def _cell(text: str) -> str:
    """Without what spreadsheets put around a number so that it stays as it is: an apostrophe, or ="…"."""
    text = text.replace("\xa0", " ").replace("\u200b", "").strip()
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1]
    return text.removeprefix("'").strip()


def _lines(place: int, cells: Sequence[str], places: dict[str, int]) -> list[Line]:
    """One line for each tracking number of a row; a row that says neither order nor number is nobody's."""

    def said(name: str) -> str:
        at = places.get(name)
        return cells[at] if at is not None and at < len(cells) else ""

    order, number = columns.order_in(said("order")), said("tracking_number")
    if not order and not number:
        return []
    shipped_on = columns.day(said("shipped_on"))
    quantity, problem = _quantity(said("quantity"))
    several = [part for part in _SEVERAL.split(number) if part.strip()]
    if not several or not all(columns.looks_tracked(part) for part in several):
        several = [number]
    return [
        Line(
            place,
            order[:100],
            "" if columns.ROUNDED.fullmatch(one.strip()) else clean(one),
            (said("carrier") or carrier)[:100],
            said("sku")[:128],
            quantity,
            shipped_on.isoformat() if isinstance(shipped_on, date) else "",
            problem or _problem(order, one),
        )
        for carrier, one in map(columns.by_whom, several)
    ]


def _problem(order: str, number: str) -> str:
    if not order:
        return "line_without_order"
    if columns.ROUNDED.fullmatch(number.strip()):
        return "tracking_rounded"
    cleaned = clean(number)
    if not cleaned:
        return "line_without_tracking"
    if not (cleaned.isascii() and cleaned.isprintable()) or len(cleaned) > columns.LONGEST_NUMBER:
        return "tracking_malformed"
    return ""


def _quantity(text: str) -> tuple[int | None, str]:
    if not text:
        return None, ""
    match = re.fullmatch(r"\+?(\d{1,6})(?:[.,]0+)?(?:\s*(?:x|pcs|stk|st)\.?)?", text, re.IGNORECASE)
    if match is None or int(match[1]) == 0:
        return None, "quantity_unreadable"
    return int(match[1]), ""


def _by_words(text: str, known: Known) -> list[Line]:
    """A text without columns: in each line an order's number, a tracking number, perhaps a carrier's name."""
    words = [(place, _WORD.findall(line)) for place, line in enumerate(text.splitlines(), 1)]
    asked = {word.lstrip("#") for _, some in words for word in some if any(sign.isdigit() for sign in word)}
    ours = frozenset(known(asked)) if asked else frozenset()
    lines = []
    for place, some in words:
        order = next((one for word in some if (one := columns.amazon_number(word) or _ours(word, ours))), "")
        numbers = [word for word in some if columns.looks_tracked(word) and _ours(word, ours) != order]
        if not order or not numbers:
            continue
        carrier = next((word for word in some if named(word)), "")
        lines.append(Line(place, order, clean(max(numbers, key=columns.trackedness)), carrier))
    return lines


def _ours(word: str, ours: Collection[str]) -> str:
    bare = word.lstrip("#")
    return bare if bare in ours else ""
