"""Decode tracking files and split them into records of cells. Pure; every step is linear in the size of the text."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from webapp.domain.errors import InvalidError

LARGEST = 5 * 1024 * 1024
# Lines of the file, not records: a record may take several lines.
MOST_TEXT_LINES = 100_000
MOST_COLUMNS = 500

_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
# How a workbook begins, whatever its name says: it is a ZIP file, or the older format of Microsoft's.
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_PAPER = b"%PDF"
# Of a text at most every twentieth sign is none that people see; of pictures and programs more are.
_LOOKED_AT, _ODD = 2000, 20
_SPACES = "\0\t\n\v\f\r\x1a\x85\xa0\u2007\u2009\u202f\u3000\ufeff"

_DELIMITERS = ("\t", ";", ",", "|")
_SAMPLE = 60
# So much of the records must have the same number of cells.
_REGULAR = 0.5
# A quoted cell that takes more lines than this has no closing quotation mark.
_LONGEST_RECORD = 50
_END = "\0end"
_ORDER = re.compile(r"(?<![\d-])\d{3}-\d{7}-\d{7}(?![\d-])")
_LONG_NUMBER = re.compile(r"\d{8}")

# Letters of Western European text: beside ASCII letters, or alone in a cell. And the signs of Windows-1252 around them.
_LETTER = "[À-ÖØ-öø-ÿŠšŽžŒœŸ]"
_WESTERN = re.compile(
    rf"(?<=[A-Za-z]){_LETTER}{{1,3}}|{_LETTER}{{1,3}}(?=[A-Za-z])|(?<![^\s;,|]){_LETTER}(?![^\s;,|])"
    r"|[€‘’“”–—…®™°£«»´\xa0]"
)
# Scripts of no marketplace, which short texts in GB 18030 may be valid UTF-8 of.
_UNLIKELY = re.compile(r"[\u0250-\u02ff\u0500-\u058f\u0700-\u08ff]|(?<![A-Za-z])[\u0300-\u036f]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_LINES_SCORED = 200


def text_of(name: str, raw: bytes) -> str:
    """Return the text of a file of this name. Raises InvalidError for a workbook, and for what is no text at all."""
    if raw.startswith(_WORKBOOKS):
        raise InvalidError("sheet_not_text", field="files", name=name)
    text = decode(raw)
    sample = text[:_LOOKED_AT]
    odd = sum(not sign.isprintable() and sign not in _SPACES for sign in sample)
    if raw.startswith(_PAPER) or odd * _ODD > len(sample):
        raise InvalidError("sheet_no_text", field="files", name=name)
    return text


def decode(raw: bytes) -> str:
    """Return the text of a file in UTF-8, UTF-16 with or without a mark, Shift-JIS, GB 18030 or Windows-1252.

    Bytes that are not valid UTF-8 are decoded by the encoding in which they make the most plausible text.
    """
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return raw.decode(encoding, errors="replace")
    sample = raw[:2000]
    if sample.count(0) > len(sample) // 4:
        return raw.decode("utf-16-le" if sample[1::2].count(0) >= sample[::2].count(0) else "utf-16-be", "replace")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        if not _UNLIKELY.search(text):
            return text
    lines = b"\n".join(islice((line for line in raw.splitlines() if not line.isascii()), _LINES_SCORED))[: 64 * 1024]
    best = max(_PLAUSIBLE, key=lambda encoding: _plausibility(lines, encoding))
    return raw.decode(best, errors="replace")


def _plausibility(raw: bytes, encoding: str) -> float:
    """The share of the characters outside ASCII that are common in texts of this encoding."""
    text = raw.decode(encoding, errors="replace")
    outside = len(_NOT_ASCII.findall(text))
    return _PLAUSIBLE[encoding](text) / outside if outside else 0.0


def _utf8(text: str) -> float:
    return len(_NOT_ASCII.findall(text)) - text.count("\ufffd") - len(_UNLIKELY.findall(text))


def _western(text: str) -> float:
    return sum(map(len, _WESTERN.findall(text)))


def _japanese(text: str) -> float:
    """Kana and the kanji of JIS level 1 count in full; half-width kana for half, since Latin letters decode to them."""
    points = 0.0
    for sign in _NOT_ASCII.findall(text):
        if "\u3040" <= sign <= "\u30ff" or "\u3000" <= sign <= "\u303f" or "\uff01" <= sign <= "\uff5e":
            points += 1
        elif "\uff61" <= sign <= "\uff9f":
            points += 0.5
        elif "\u4e00" <= sign <= "\u9fff" and 0x88 <= sign.encode("cp932", "replace")[0] <= 0x98:
            points += 1
    return points


def _chinese(text: str) -> float:
    """The characters of GB 2312 level 1, and punctuation."""
    points = 0.0
    for sign in _NOT_ASCII.findall(text):
        if "\u3000" <= sign <= "\u303f" or "\uff01" <= sign <= "\uff5e":
            points += 1
        elif "\u4e00" <= sign <= "\u9fff" and 0xB0 <= sign.encode("gb18030")[0] <= 0xD7:
            points += sign.encode("gb18030")[1] >= 0xA1
    return points


# The first of equals wins.
_PLAUSIBLE: dict[str, Callable[[str], float]] = {
    "utf-8": _utf8,
    "cp1252": _western,
    "cp932": _japanese,
    "gb18030": _chinese,
}


def split_lines(text: str, name: str = "") -> list[str]:
    """Return the lines of a text without their ends. Raises InvalidError where there are too many."""
    text = text.replace("\0", "").lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    count = text.count("\n") + 1
    if count > MOST_TEXT_LINES:
        raise InvalidError("sheet_too_long", field="text", name=name, lines=count, most=MOST_TEXT_LINES)
    return text.split("\n")


def records(lines: Sequence[str], name: str = "") -> list[tuple[int, list[str]]]:
    """Return (number of the record, its cells) for each record that is not blank; an empty list without columns.

    Records are numbered from 1 as a spreadsheet numbers its rows: a cell of several lines is in one row.
    Raises InvalidError where a record has more than `MOST_COLUMNS` cells.
    """
    first, delimiter = 0, ""
    if re.fullmatch(r"\s*sep=.\s*", lines[0][:20]):
        first, delimiter = 1, lines[0].strip()[-1]
    else:
        delimiter = _delimiter(lines)
    if not delimiter:
        return []
    found = []
    for place, cells in enumerate(_split(lines[first:], delimiter), first + 1):
        if len(cells) > MOST_COLUMNS:
            many = len(cells)
            raise InvalidError("sheet_too_wide", field="text", name=name, line=place, columns=many, most=MOST_COLUMNS)
        cleaned = [_cell(cell) for cell in cells]
        if any(cleaned):
            found.append((place, cleaned))
    return found


def _delimiter(lines: Sequence[str]) -> str:
    """Return the sign that splits most of the first records into the same number of cells; empty where none does."""
    best, share = "", 0.0
    for candidate in _DELIMITERS:
        sample = list(islice((row for row in _split(lines, candidate) if any(row)), _SAMPLE))
        counts = Counter(map(len, sample))
        width, times = max(counts.items(), key=lambda pair: (pair[0] > 1, pair[1]), default=(0, 0))
        # The first of equals: where tabs are, commas belong to the words.
        if width > 1 and times / len(sample) > share:
            best, share = candidate, times / len(sample)
    return best if share >= _REGULAR else ""


def _split(lines: Sequence[str], delimiter: str) -> Iterator[list[str]]:
    """Yield the cells of each record, with quoted cells of several lines."""
    at = 0
    while at < len(lines):
        if '"' not in lines[at]:
            yield lines[at].split(delimiter)
            at += 1
            continue
        cells, used = _quoted(lines[at : at + _LONGEST_RECORD], delimiter)
        yield cells
        at += used


def _quoted(lines: Sequence[str], delimiter: str) -> tuple[list[str], int]:
    """Return the cells of the record that begins in the first of these lines, and how many lines it takes.

    A quotation mark that is never closed, or only in another record, is taken for an ordinary sign of its line.
    """
    reader = csv.reader([f"{line}\n" for line in lines] + [_END], delimiter=delimiter)
    try:
        cells = next(reader)
    except csv.Error:
        # A cell longer than the module takes.
        cells = []
    used = reader.line_num
    is_open = used > len(lines)
    inner = [line for cell in cells for line in cell.split("\n")[1:]] if used > 1 else []
    if not cells or is_open or any(_is_record(line, delimiter) for line in inner):
        return [cell.strip('"') for cell in lines[0].split(delimiter)], 1
    return cells, used


def _is_record(line: str, delimiter: str) -> bool:
    """Whether a line within a quoted cell is a record of its own: then the quotation mark was not meant to quote."""
    return bool(_ORDER.search(line)) or (line.count(delimiter) > 1 and bool(_LONG_NUMBER.search(line)))


def _cell(text: str) -> str:
    """Remove what spreadsheets put around a number so that it stays as it is: an apostrophe, or ="…"."""
    text = text.replace("\xa0", " ").replace("\u200b", "").strip()
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1]
    return text.removeprefix("'").strip()
