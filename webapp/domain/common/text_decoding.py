"""Decode text files of unknown encoding, such as spreadsheets and carriers' programs save them."""

import re
from collections.abc import Callable
from itertools import islice

_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_CELLS = re.compile(r'[\t;,|"\r\n]+')
_LONGEST_NAME = 60

# Accented letters within or at the beginning of a word, or alone in a cell: no capital follows a small letter.
_CAPITALS, _SMALL = "[À-ÖØ-ÞŠŽŒŸ]", "[ß-öø-ÿšžœ]"
_LETTERS = (
    rf"(?<![a-z]){_CAPITALS}{{1,3}}(?=[A-Za-z])|(?<=[A-Z]){_CAPITALS}{{1,3}}|(?<=[A-Za-z]){_SMALL}{{1,3}}"
    rf"|{_SMALL}{{1,3}}(?=[a-z])|(?<![^\s;,|])(?:{_CAPITALS}|{_SMALL})(?![^\s;,|])"
)
# Characters of Windows code pages that do not occur within words.
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


class UnknownEncodingError(ValueError):
    """The bytes make no plausible text in any of the supported encodings."""


def decode(raw: bytes, is_known: Callable[[str], bool] = lambda _cell: False) -> str:
    """Return the text of a file in UTF-8, UTF-16 with or without a mark, or an encoding of `_PLAUSIBLE`.

    Bytes that are not valid UTF-8 are decoded by the encoding in which they make the most plausible text. `is_known`
    tells whether a cell is a heading or another word that is expected. Raises UnknownEncodingError.
    """
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return raw.decode(encoding, errors="replace")
    wide = _decode_utf16_without_bom(raw[:2000])
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
    scores = {encoding: _rate_plausibility(lines, encoding, is_known) for encoding in _PLAUSIBLE}
    best = max(scores, key=lambda encoding: scores[encoding])
    if scores[best] < _SURE_ENOUGH:
        raise UnknownEncodingError
    return raw.decode(best, errors="replace")


def _decode_utf16_without_bom(sample: bytes) -> str:
    """Return the encoding of a text in which every second byte of ASCII characters is zero; empty for any other."""
    low, high = sample[::2].count(0), sample[1::2].count(0)
    if max(low, high) < 2 or low + high <= len(sample) // 16 or min(low, high) * 8 > max(low, high):
        return ""
    return "utf-16-le" if high > low else "utf-16-be"


def _rate_plausibility(raw: bytes, encoding: str, is_known: Callable[[str], bool]) -> float:
    """Return the share of the characters outside ASCII that are common in texts of this encoding, up to 1.

    Known cells count in addition: names of a few characters may make sense in several encodings.
    """
    text = raw.decode(encoding, errors="replace")
    outside = len(_NOT_ASCII.findall(text))
    cells = [cell for cell in dict.fromkeys(_CELLS.split(text)) if not cell.isascii() and len(cell) <= _LONGEST_NAME]
    has_known_cell = any(is_known(cell) for cell in cells if "\ufffd" not in cell)
    points = _PLAUSIBLE[encoding](text) - len(_MISPLACED.findall(text))
    return points / outside + (0.2 if has_known_cell else 0) if outside else 0.0


def _rate_utf8(text: str) -> float:
    return len(_NOT_ASCII.findall(text)) - text.count("\ufffd") - len(_UNLIKELY.findall(text))


def _rate_western(text: str) -> float:
    return sum(map(len, _WESTERN.findall(text))) - len(_RARE_WESTERN.findall(text)) / 2


def _count(pattern: re.Pattern[str]) -> Callable[[str], float]:
    return lambda text: float(sum(map(len, pattern.findall(text))))


def _build_east_asian_rating(encoding: str, first: int, last: int) -> Callable[[str], float]:
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


def _rate_japanese(text: str) -> float:
    """Count kana and JIS level 1 kanji; half-width kana count half, because Latin letters decode to them."""
    points = 0.0
    for sign in _NOT_ASCII.findall(text):
        if "\u3040" <= sign <= "\u30ff" or "\u3000" <= sign <= "\u303f" or "\uff01" <= sign <= "\uff5e":
            points += 1
        elif "\uff61" <= sign <= "\uff9f":
            points += 0.5
        elif "\u4e00" <= sign <= "\u9fff" and 0x88 <= sign.encode("cp932", "replace")[0] <= 0x98:
            points += 1
    return points


def _rate_chinese(text: str) -> float:
    """Return the characters of GB 2312 level 1, and punctuation."""
    points = 0.0
    for sign in _NOT_ASCII.findall(text):
        if "\u3000" <= sign <= "\u303f" or "\uff01" <= sign <= "\uff5e":
            points += 1
        elif "\u4e00" <= sign <= "\u9fff" and 0xB0 <= sign.encode("gb18030")[0] <= 0xD7:
            points += sign.encode("gb18030")[1] >= 0xA1
    return points


# The first of equals wins.
_PLAUSIBLE: dict[str, Callable[[str], float]] = {
    "utf-8": _rate_utf8,
    "cp1252": _rate_western,
    "cp932": _rate_japanese,
    "gb18030": _rate_chinese,
    "big5": _build_east_asian_rating("big5", 0xA4, 0xC6),
    "euc_jp": _build_east_asian_rating("euc_jp", 0xB0, 0xCF),
    "cp1254": _count(_TURKISH),
    # Every Cyrillic letter of Windows-1251 is also a letter in Windows-1250.
    "cp1251": _count(_CYRILLIC),
    "cp1250": _count(_CENTRAL),
}
