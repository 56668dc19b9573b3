"""Replace look-alikes of plain characters, which are frequent in copied text. Pure."""

import sys
import unicodedata

# Soft hyphens, zero-width characters, marks of the direction of writing, and the mark of the byte order.
_INVISIBLE = (0xAD, 0x61C, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF)
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_SPACES = "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
# The digits of other scripts, such as Arabic ones.
_DIGITS = {
    code: str(unicodedata.decimal(chr(code))) for code in range(128, sys.maxunicode + 1) if chr(code).isdecimal()
}
_TABLE: dict[int, int | str | None] = {
    **dict.fromkeys(_INVISIBLE),
    **_WIDE,
    **_DIGITS,
    **dict.fromkeys(map(ord, _SPACES), " "),
    **dict.fromkeys(map(ord, _DASHES), "-"),
}


def to_plain(text: str) -> str:
    """Return a text with ASCII digits, dashes, spaces and Latin letters, and without invisible characters.

    Other characters, such as letters with accents, stay as they are.
    """
    return text if text.isascii() else text.translate(_TABLE)
