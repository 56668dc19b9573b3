"""Decode tracking files and split them into records of cells. Pure; every step is linear in the size of the text."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from webapp.domain.common.plain_text import to_plain
from webapp.domain.errors import InvalidError
from webapp.domain.shipping.carrier_names import named
from webapp.domain.shipping.tracking_headers import head_field

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
_QUOTATION_MARKS = "`\u00b4\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb"
_ORDER = re.compile(r"(?<![\d-])\d{3}-\d{7}-\d{7}(?![\d-])")
_CELLS = re.compile(r'[\t;,|"\r\n]+')
_LONGEST_NAME = 60
_LONG_NUMBER = re.compile(r"\d{8}")

# Accented letters within or at the beginning of a word, or alone in a cell: no capital follows a small letter.
_CAPITALS, _SMALL = "[À-ÖØ-ÞŠŽŒŸ]", "[ß-öø-ÿšžœ]"
_LETTERS = (
    rf"(?<![a-z]){_CAPITALS}{{1,3}}(?=[A-Za-z])|(?<=[A-Z]){_CAPITALS}{{1,3}}|(?<=[A-Za-z]){_SMALL}{{1,3}}"
    rf"|{_SMALL}{{1,3}}(?=[a-z])|(?<![^\s;,|])(?:{_CAPITALS}|{_SMALL})(?![^\s;,|])"
)
# Signs of Windows code pages, which do not stand within words.
_SIGNS = r"[€‘’“”„–—…®™°£«»´§±²³µ·½¿¡ºª×•\xa0](?![a-z])"
_WESTERN = re.compile(f"{_LETTERS}|{_SIGNS}")
# Letters that are common in Windows-1250 and Windows-1254 and rare where they are written in Windows-1252.
_RARE_WESTERN = re.compile("[ŠŽšžÐÝÞðýþ]")
_CENTRAL = re.compile(
    r"(?<![a-z])[ŚŤŽŹŁĄŞŻĽŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖŘŮÚŰÜÝŢŠ]|[śťžźłąşľżßŕáâăäĺćçčéęëěíîďđńňóôőöřůúűüýţš]|[€„”’–—\xa0](?![a-z])"
)
_TURKISH = re.compile(r"(?<![a-z])[ÇĞİÖŞÜ]|[çğıöşüâîû]|[€’–\xa0](?![a-z])")
_CYRILLIC = re.compile(r"[А-Яа-яЁёІіЇїЄєҐґ]{2,}|[№«»–—\xa0]")
# Scripts of no marketplace, which short texts in GB 18030 may be valid UTF-8 of.
_UNLIKELY = re.compile(r"[\u0250-\u02ff\u0500-\u058f\u0700-\u08ff]|(?<![A-Za-z])[\u0300-\u036f]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
# A single East Asian character within a word of Latin letters.
_MISPLACED = re.compile(r"(?<=[a-z])[\u3040-\u9fff\uff61-\uff9f](?=[a-z])")
_LINES_SCORED = 200
# At least so much of what is not ASCII must make sense, or the encoding is not known.
_SURE_ENOUGH = 0.6


def text_of(name: str, raw: bytes) -> str:
    """Return the text of a file of this name. Raises InvalidError for a workbook, and for what is no text at all."""
    if raw.startswith(_WORKBOOKS):
        raise InvalidError("sheet_not_text", field="files", name=name)
    text = decode(raw, name)
    sample = text[:_LOOKED_AT]
    odd = sum(not sign.isprintable() and sign not in _SPACES for sign in sample)
    if raw.startswith(_PAPER) or odd * _ODD > len(sample):
        raise InvalidError("sheet_no_text", field="files", name=name)
    return text


def decode(raw: bytes, name: str = "") -> str:
    """Return the text of a file in UTF-8, UTF-16 with or without a mark, or an encoding of `_PLAUSIBLE`.

    Bytes that are not valid UTF-8 are decoded by the encoding in which they make the most plausible text. Raises
    InvalidError where they make sense in none.
    """
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return raw.decode(encoding, errors="replace")
    wide = _utf16_without_mark(raw[:2000])
    if wide:
        return raw.decode(wide, "replace")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        if not _UNLIKELY.search(text):
            return text
    lines = b"\n".join(islice((line for line in raw.splitlines() if not line.isascii()), _LINES_SCORED))[: 64 * 1024]
    scores = {encoding: _plausibility(lines, encoding) for encoding in _PLAUSIBLE}
    best = max(scores, key=lambda encoding: scores[encoding])
    if scores[best] < _SURE_ENOUGH:
        raise InvalidError("sheet_encoding_unknown", field="files", name=name)
    return raw.decode(best, errors="replace")


def _utf16_without_mark(sample: bytes) -> str:
    """Return the encoding of a text in which every second byte of ASCII characters is zero; empty for any other."""
    low, high = sample[::2].count(0), sample[1::2].count(0)
    if low + high <= len(sample) // 16 or min(low, high) * 8 > max(low, high):
        return ""
    return "utf-16-le" if high > low else "utf-16-be"


def _plausibility(raw: bytes, encoding: str) -> float:
    """Return the share of the characters outside ASCII that are common in texts of this encoding, up to 1.

    Heads and carriers that are known count in addition: names of a few characters may make sense in several encodings.
    """
    text = raw.decode(encoding, errors="replace")
    outside = len(_NOT_ASCII.findall(text))
    cells = [cell for cell in dict.fromkeys(_CELLS.split(text)) if not cell.isascii() and len(cell) <= _LONGEST_NAME]
    known = any(head_field(cell) or named(cell) for cell in cells if "\ufffd" not in cell)
    points = _PLAUSIBLE[encoding](text) - len(_MISPLACED.findall(text))
    return points / outside + (0.2 if known else 0) if outside else 0.0


def _utf8(text: str) -> float:
    return len(_NOT_ASCII.findall(text)) - text.count("\ufffd") - len(_UNLIKELY.findall(text))


def _western(text: str) -> float:
    return sum(map(len, _WESTERN.findall(text))) - len(_RARE_WESTERN.findall(text)) / 2


def _count(pattern: re.Pattern[str]) -> Callable[[str], float]:
    return lambda text: float(sum(map(len, pattern.findall(text))))


def _east_asian(encoding: str, first: int, last: int) -> Callable[[str], float]:
    """Return a function that counts kana, punctuation, and characters whose first byte is one of common ones."""

    def score(text: str) -> float:
        points = 0.0
        for sign in _NOT_ASCII.findall(text):
            if "\u3040" <= sign <= "\u30ff" or "\u3000" <= sign <= "\u303f" or "\uff01" <= sign <= "\uff5e":
                points += encoding == "euc_jp" or not "\u3040" <= sign <= "\u30ff"
            elif "\u4e00" <= sign <= "\u9fff":
                points += first <= sign.encode(encoding, "replace")[0] <= last
        return points

    return score


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
    "big5": _east_asian("big5", 0xA4, 0xC6),
    "euc_jp": _east_asian("euc_jp", 0xB0, 0xCF),
    "cp1254": _count(_TURKISH),
    "cp1250": _count(_CENTRAL),
    "cp1251": _count(_CYRILLIC),
}


def split_lines(text: str, name: str = "") -> list[str]:
    """Return the lines of a text without their ends. Raises InvalidError where there are too many."""
    text = to_plain(text.replace("\0", "")).replace("\r\n", "\n").replace("\r", "\n")
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
    text = text.strip()
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1]
    return text.removeprefix("'").strip(_QUOTATION_MARKS).strip()
