"""What a document consists of, before anybody thinks of paper: made by its kind's file, set by `layout`."""

from dataclasses import dataclass
from datetime import datetime

from webapp.printing.localised_text import DocumentLocale


@dataclass(frozen=True, slots=True)
class Column:
    """`figures`: set to the right, as wide as its widest entry. One column has `fills`: what room is left."""

    head: str
    figures: bool = False
    fills: bool = False
    tick: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """`below` is said smaller under the text."""

    text: str = ""
    below: str = ""
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A table, under a heading where there are several; `message` is (what it is, its words) below it."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    heading: str = ""
    beside: str = ""
    messages: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Total:
    text: str
    amount: str
    grand: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """`sender`: the seller's lines, the first of them the name. `barcode` is read by scanners, "" for none."""

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
