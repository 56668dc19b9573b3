"""The fonts of documents: their characters, the width of texts, and substitutes for characters that none of them has.

IBM Plex Sans writes Latin, Greek and Cyrillic letters; Droid Sans Fallback writes Chinese, Japanese and Korean, in one
weight. It is opened only for a text that needs it, because it is large.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont

FOLDER = Path(__file__).parents[1] / "fonts"
REGULAR, BOLD, ASIAN = "regular", "bold", "asian"
FILES = {
    REGULAR: "IBMPlexSans-Regular.ttf",
    BOLD: "IBMPlexSans-SemiBold.ttf",
    ASIAN: "DroidSansFallback.ttf",
}
MM_PER_POINT = 25.4 / 72

# Characters from here on use the Asian font, those before it IBM Plex or a substitute.
_ASIAN_FROM = 0x2E80
# The substitutes for missing characters: the Japanese geta mark, and one for any other letter.
_NO_IDEOGRAPH, _NO_LETTER = "〓", "\ufffd"
# A line may not begin with these.
_CLOSING = "、。，．・：；？！）〕］｝〉》」』】ー"
_IDEOGRAPH = r"\u2e80-\U0003ffff"
_WORDS = re.compile(rf"[{_IDEOGRAPH}][{_CLOSING}]*|[^\s{_IDEOGRAPH}]+?(?:[-/](?=\w)|(?=[\s{_IDEOGRAPH}]|$))|\s+")
_SPACES = re.compile(r"(?: {2,})")


@dataclass(frozen=True, slots=True)
class Face:
    """`widths`: the advance width of each of its characters, in thousandths of the font size."""

    widths: dict[int, float]


@cache
def face(name: str) -> Face:
    with TTFont(FOLDER / FILES[name], lazy=True) as font:
        scale, advances = 1000 / font["head"].unitsPerEm, font["hmtx"].metrics
        return Face({code: advances[glyph][0] * scale for code, glyph in font.getBestCmap().items()})


def printable(text: str) -> str:
    """Remove emoji and replace letters that no font has."""
    text = unicodedata.normalize("NFC", text)
    if text.isascii() and text.isprintable():
        return text
    return _SPACES.sub(" ", "".join(_sign(sign) for sign in text)).strip()


def split_runs(text: str, bold: bool) -> Iterator[tuple[str, str]]:
    """Split a `printable` text into (font name, text) runs of one font."""
    latin = BOLD if bold else REGULAR
    if text.isascii():
        yield latin, text
        return
    widths, start, current = face(latin).widths, 0, ""
    for place, sign in enumerate(text):
        font = latin if ord(sign) in widths else ASIAN
        if font != current:
            if current:
                yield current, text[start:place]
            start, current = place, font
    if current:
        yield current, text[start:]


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of a `printable` text in millimetres; `size` in points."""
    total = 0.0
    for name, stretch in split_runs(text, bold):
        widths = face(name).widths
        total += sum(widths[ord(sign)] for sign in stretch)
    return total / 1000 * size * MM_PER_POINT


def wrap(text: str, room: float, size: float, *, bold: bool = False, most: int = 40) -> list[str]:
    """Wrap a text to `room` millimetres; after `most` lines the last ends with an ellipsis."""
    lines: list[str] = []
    for paragraph in text.splitlines():
        lines += _fill_lines(_split_text(printable(paragraph), room, size, bold), room, size, bold)
        if len(lines) > most:
            lines = [*lines[: most - 1], _shorten(f"{lines[most - 1]}…", room, size, bold)]
            break
    return lines


def _sign(sign: str) -> str:
    if sign in "\t\n\r":
        return " "
    category = unicodedata.category(sign)
    # Control characters print nothing; a soft hyphen would.
    if category[0] == "C":
        return ""
    if _has(sign):
        return sign
    # Emoji, their modifiers, and marks.
    if category[0] in "MS":
        return ""
    plain = unicodedata.normalize("NFKC", sign)
    if plain != sign and all(_has(character) for character in plain):
        return plain
    if category[0] == "Z":
        return " "
    return _NO_IDEOGRAPH if ord(sign) >= _ASIAN_FROM else _NO_LETTER


def _has(sign: str) -> bool:
    code = ord(sign)
    if code in face(REGULAR).widths:
        return True
    return code >= _ASIAN_FROM and code in face(ASIAN).widths


def _split_text(text: str, room: float, size: float, bold: bool) -> Iterator[str]:
    """Split a text where lines may break: words, parts of too long words, single ideographs."""
    for piece in _WORDS.findall(text):
        while width(piece, size, bold=bold) > room and len(piece) > 1:
            fits = next(n for n in range(len(piece) - 1, 0, -1) if n == 1 or width(piece[:n], size, bold=bold) <= room)
            yield piece[:fits]
            piece = piece[fits:]  # noqa: PLW2901 - the rest of a long word is taken apart further
        yield piece


def _fill_lines(pieces: Iterator[str], room: float, size: float, bold: bool) -> list[str]:
    lines, line = [], ""
    for piece in pieces:
        if line and width((line + piece).rstrip(), size, bold=bold) > room:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece if line else piece.lstrip()
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _shorten(text: str, room: float, size: float, bold: bool) -> str:
    while len(text) > 1 and width(text, size, bold=bold) > room:
        text = f"{text[:-2]}…"
    return text
