"""Content of a document, independent of its layout: built by the module of its kind, drawn by `pdf/layout.py`."""

from dataclasses import dataclass
from datetime import datetime

from webapp.printing.localised_text import DocumentLocale


@dataclass(frozen=True, slots=True)
class Column:
    """`figures`: right-aligned, as wide as its widest entry. One column `fills` the remaining width."""

    head: str
    figures: bool = False
    fills: bool = False
    tick: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """`below`: smaller text under the text."""

    text: str = ""
    below: str = ""
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A table, with a heading if there are several; `messages`: (title, text) below it."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    heading: str = ""
    subheading: str = ""
    messages: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Total:
    text: str
    amount: str
    grand: bool = False


@dataclass(frozen=True, slots=True)
class DocumentContent:
    """`sender`: the seller's address lines, beginning with the name. `barcode`: its text, "" for none.

    `warnings`: words in a box above the sections.
    """

    title: str
    number: str
    written_at: datetime
    words: DocumentLocale
    sender: tuple[str, ...]
    recipient: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    totals: tuple[Total, ...] = ()
    notes: tuple[str, ...] = ()
    footer: str = ""
    barcode: str = ""
    letter: bool = False
    warnings: tuple[str, ...] = ()
