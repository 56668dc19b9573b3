"""Rows of CSV files whose cells spreadsheets open as text instead of running them as formulas."""

import csv
import io
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")

# Spreadsheets evaluate a text that begins with one of these, in Japan also with the full-width forms.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def escape_formula(value: T) -> T | str:
    """Put an apostrophe before a text that a spreadsheet would evaluate. Numbers are returned as they are."""
    return f"'{value}" if isinstance(value, str) and _is_formula(value) else value


def format_row(cells: Iterable[object]) -> str:
    """Return the line of a row, with formulas escaped."""
    out = io.StringIO()
    csv.writer(out).writerow(map(escape_formula, cells))
    return out.getvalue()


def unescape_formula(text: str) -> str:
    """Remove the apostrophe that `escape_formula` added."""
    return text[1:] if text.startswith("'") and _is_formula(text) else text


def _is_formula(text: str) -> bool:
    # Apostrophes and spaces count too: a text that begins like an escaped one is escaped, so that it is read unchanged.
    return text.startswith(_FORMULA_STARTS) or text.lstrip("' \xa0\u3000").startswith(_FORMULA_STARTS)
