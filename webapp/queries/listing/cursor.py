"""Places in a grid: which page of which order, as addresses say it."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.orm import QueryableAttribute
from sqlalchemy.types import TypeDecorator

from webapp.queries.listing import sort_order
from webapp.queries.listing.grid import SIZE, Column, Grid

SIZES = (20, 50, 100, 200)
END = "end"


@dataclass(frozen=True, slots=True)
class Cursor:
    """The row a page begins after, or ends before: the value it was sorted by, and its id."""

    value: datetime | int | str | None
    id: int


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page of which order: what an address says beside its filters. `before` END is the last page."""

    column: Column
    descending: bool
    size: int = SIZE
    after: Cursor | None = None
    before: Cursor | str | None = None
    # Counted from the first, which is 1; the edges are none then.
    page: int | None = None

    @property
    def sort(self) -> str:
        return ("-" if self.descending else "") + self.column.name


def parse_page_request(grid: Grid, arguments: Mapping[str, str]) -> PageRequest:
    """The place an address means. What it says wrongly counts as not said: a stale link opens the first page."""
    name = arguments.get("sort", grid.sort)
    column = grid.column(name.removeprefix("-"))
    if column is None:
        name = grid.sort
        column = grid.column(name.removeprefix("-"))
    if column is None:
        raise LookupError(f"The grid has no column {name}.")
    place = PageRequest(column, descending=name.startswith("-"), size=_size(arguments.get("size", ""), grid.size))
    if arguments.get("before") == END:
        return replace(place, before=END)
    if re.fullmatch(r"[1-9][0-9]{0,6}", arguments.get("page", ""), re.ASCII):
        return replace(place, page=int(arguments["page"]))
    return replace(
        place, after=_read_edge(place, arguments.get("after")), before=_read_edge(place, arguments.get("before"))
    )


def encode_cursor(place: PageRequest, edge: Cursor) -> str:
    """The edge as an address carries it. It names its order, so that it fits no other."""
    value = edge.value.isoformat() if isinstance(edge.value, datetime) else edge.value
    kind = type(edge.value).__name__
    plain = json.dumps([place.sort, kind, value, edge.id], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


def sorted_by(place: PageRequest) -> QueryableAttribute[Any]:
    if place.column.sort_column is None:
        raise LookupError(f"One cannot sort by {place.column.name}.")
    return place.column.sort_column


def tied_by(grid: Grid, place: PageRequest) -> QueryableAttribute[int]:
    tie: Any = place.column.tie_breaker
    return grid.id if tie is None else tie


def _size(text: str, otherwise: int) -> int:
    return int(text) if text in {str(size) for size in SIZES} else otherwise


def _read_edge(place: PageRequest, text: str | None) -> Cursor | None:
    if not text:
        return None
    try:
        plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        sort, kind, value, id_ = json.loads(plain)
        if sort != place.sort or type(id_) is not int or abs(id_) >= 2**31:
            return None
        return Cursor(_read_value(sorted_by(place), kind, value), id_)
    except (binascii.Error, ValueError, TypeError, OverflowError):
        return None


def _read_value(by: QueryableAttribute[Any], kind: str, value: Any) -> datetime | int | str | None:
    """Raises ValueError for what this column cannot hold."""
    stored = by.type.impl_instance if isinstance(by.type, TypeDecorator) else by.type
    expected = stored.python_type.__name__
    if kind == "NoneType" and value is None and sort_order.nullable(by):
        return None
    if kind != expected:
        raise ValueError(kind)
    if kind == "datetime":
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None:
            raise ValueError(value)
        return instant
    if (kind, type(value)) not in {("int", int), ("str", str)}:
        raise ValueError(value)
    # PostgreSQL refuses to compare with what its column could not hold.
    if kind == "int" and abs(value) >= 2 ** (63 if isinstance(stored, BigInteger) else 31):
        raise ValueError(value)
    if kind == "str" and ("\0" in value or value.encode(errors="ignore").decode() != value):
        raise ValueError(value)
    found: int | str = value
    return found
