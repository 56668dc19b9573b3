"""Cells of CSV files that spreadsheets open as text instead of running them as formulas."""

from typing import TypeVar

T = TypeVar("T")

# Spreadsheets evaluate a text that begins with one of these.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def escape_formula(value: T) -> T | str:
    """Put an apostrophe before a text that a spreadsheet would evaluate. Numbers are returned as they are."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def unescape_formula(text: str) -> str:
    """Remove the apostrophe that `escape_formula` added."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA_STARTS) else text
