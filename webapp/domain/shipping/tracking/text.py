"""Decode tracking files and split them into records of cells. Pure; every step is linear in the size of the text."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from webapp.domain.common.plain_text import to_plain
from webapp.domain.common.text_decoding import UnknownEncodingError, decode
from webapp.domain.errors import InvalidError
from webapp.domain.shipping.carrier_names import find_by_name
from webapp.domain.shipping.tracking.headers import find_header_field

MAX_FILE_BYTES = 5 * 1024 * 1024
# Lines of the file, not records: a record may take several lines.
MAX_TEXT_LINES = 100_000
MAX_COLUMNS = 500

# The first bytes of a workbook, whatever its name: a ZIP file, or Microsoft's older format.
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_PDF = b"%PDF"
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
_QUOTATION_MARKS = "`\u00b4\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb"
_ORDER = re.compile(r"(?<![\d-])\d{3}-\d{7}-\d{7}(?![\d-])")
_LONG_NUMBER = re.compile(r"\d{8}")


def decode_file(name: str, raw: bytes) -> str:
    """Return the text of a file of this name. Raises InvalidError for a workbook or a binary file."""
    if raw.startswith(_WORKBOOKS):
        raise InvalidError("sheet_not_text", field="files", name=name)
    try:
        text = decode(raw, lambda cell: bool(find_header_field(cell) or find_by_name(cell)))
    except UnknownEncodingError:
        raise InvalidError("sheet_encoding_unknown", field="files", name=name) from None
    sample = text[:_LOOKED_AT]
    odd = sum(not sign.isprintable() and sign not in _SPACES for sign in sample)
    if raw.startswith(_PDF) or odd * _ODD > len(sample):
        raise InvalidError("sheet_no_text", field="files", name=name)
    return text


def split_lines(text: str, name: str = "") -> list[str]:
    """Return the lines of a text without line ends. Raises InvalidError for too many."""
    text = to_plain(text.replace("\0", "")).replace("\r\n", "\n").replace("\r", "\n")
    count = text.count("\n") + 1
    if count > MAX_TEXT_LINES:
        raise InvalidError("sheet_too_long", field="text", name=name, lines=count, most=MAX_TEXT_LINES)
    return text.split("\n")


def split_records(lines: Sequence[str], name: str = "") -> list[tuple[int, list[str]]]:
    """Return (record number, cells) of each non-blank record; an empty list without columns.

    Records are numbered from 1 as a spreadsheet numbers its rows: a cell of several lines is in one row.
    Raises InvalidError where a record has more than `MAX_COLUMNS` cells.
    """
    first, delimiter = 0, ""
    if re.fullmatch(r"\s*sep=.\s*", lines[0][:20]):
        first, delimiter = 1, lines[0].strip()[-1]
    else:
        delimiter = _detect_delimiter(lines)
    if not delimiter:
        return []
    records_with_cells = []
    for place, cells in enumerate(_split(lines[first:], delimiter), first + 1):
        if len(cells) > MAX_COLUMNS:
            count = len(cells)
            raise InvalidError("sheet_too_wide", field="text", name=name, line=place, columns=count, most=MAX_COLUMNS)
        cleaned = [_clean_cell(cell) for cell in cells]
        if any(cleaned):
            records_with_cells.append((place, cleaned))
    return records_with_cells


def _detect_delimiter(lines: Sequence[str]) -> str:
    """Return the character that splits most of the first records evenly; empty if there is none."""
    best, share = "", 0.0
    for candidate in _DELIMITERS:
        sample = list(islice((row for row in _split(lines, candidate) if any(row)), _SAMPLE))
        counts = Counter(map(len, sample))
        width, times = max(counts.items(), key=lambda pair: (pair[0] > 1, pair[1]), default=(0, 0))
        # The first one wins a tie: in a file with tabs, commas are part of the text.
        if width > 1 and times / len(sample) > share:
            best, share = candidate, times / len(sample)
    return best if share >= _REGULAR else ""


def _split(lines: Sequence[str], delimiter: str) -> Iterator[list[str]]:
    """Yield the cells of each record; quoted cells may span lines."""
    at = 0
    while at < len(lines):
        if '"' not in lines[at]:
            yield lines[at].split(delimiter)
            at += 1
            continue
        cells, used = _parse_quoted_record(lines[at : at + _LONGEST_RECORD], delimiter)
        yield cells
        at += used


def _parse_quoted_record(lines: Sequence[str], delimiter: str) -> tuple[list[str], int]:
    """Return the cells of the record beginning in the first line, and the number of lines it spans.

    A quotation mark that is not closed within the record is an ordinary character of its line.
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
    """Return whether a line inside a quoted cell is a record of its own, so that the quote was a literal one."""
    return bool(_ORDER.search(line)) or (line.count(delimiter) > 1 and bool(_LONG_NUMBER.search(line)))


def _clean_cell(text: str) -> str:
    """Remove the apostrophe or ="…" that keeps spreadsheets from changing a number."""
    text = text.strip()
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1]
    return text.removeprefix("'").strip(_QUOTATION_MARKS).strip()
