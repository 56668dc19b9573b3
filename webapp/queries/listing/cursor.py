"""Page requests and cursors: the page and sort order of a list, as encoded in URLs."""

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

from webapp.queries.listing.grid import SIZE, Column, Grid

SIZES = (20, 50, 100, 200)
END = "end"


@dataclass(frozen=True, slots=True)
class Cursor:
    """The row a page begins after or ends before: its value in the sort column, and its tie-breaking id."""

    value: datetime | int | str | None
    id: int


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A page of a list: everything in its URL besides the filters. `before` END is the last page."""

    column: Column
    descending: bool
    size: int = SIZE
    after: Cursor | None = None
    before: Cursor | str | None = None
    # Page number from 1; `after` and `before` are None then.
    page: int | None = None

    @property
    def sort(self) -> str:
        return ("-" if self.descending else "") + self.column.name

    @property
    def sort_column(self) -> QueryableAttribute[Any]:
        if self.column.sort_column is None:
            raise LookupError(f"The list cannot be sorted by {self.column.name}.")
        return self.column.sort_column

    @property
    def is_backwards(self) -> bool:
        """Return whether the page is read from its last row to its first."""
        return self.before is not None and self.after is None

    @property
    def boundary(self) -> Cursor | None:
        """The cursor next to the page, on the side it is read from."""
        boundary = self.before if self.is_backwards else self.after
        return boundary if isinstance(boundary, Cursor) else None


def parse_page_request(grid: Grid, arguments: Mapping[str, str]) -> PageRequest:
    """Parse the query arguments of a URL. Ignores invalid ones: an outdated link opens the first page."""
    name = arguments.get("sort", grid.sort)
    column = grid.column(name.removeprefix("-"))
    if column is None:
        name = grid.sort
        column = grid.column(name.removeprefix("-"))
    if column is None:
        raise LookupError(f"The grid has no column {name}.")
    size = arguments.get("size", "")
    request = PageRequest(
        column, descending=name.startswith("-"), size=int(size) if size in map(str, SIZES) else grid.size
    )
    if arguments.get("before") == END:
        return replace(request, before=END)
    if re.fullmatch(r"[1-9][0-9]{0,6}", arguments.get("page", ""), re.ASCII):
        return replace(request, page=int(arguments["page"]))
    after, before = (_decode_cursor(request, arguments.get(side)) for side in ("after", "before"))
    return replace(request, after=after, before=before)


def encode_cursor(request: PageRequest, cursor: Cursor) -> str:
    """Encode a cursor for a URL, with the sort order it is valid for."""
    value = cursor.value.isoformat() if isinstance(cursor.value, datetime) else cursor.value
    plain = json.dumps([request.sort, type(cursor.value).__name__, value, cursor.id], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


def _decode_cursor(request: PageRequest, text: str | None) -> Cursor | None:
    if not text:
        return None
    try:
        plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        sort, kind, value, id_ = json.loads(plain)
        if sort != request.sort or type(id_) is not int or abs(id_) >= 2**31:
            return None
        return Cursor(_decode_value(request.sort_column, kind, value), id_)
    except (binascii.Error, ValueError, TypeError, OverflowError):
        return None


def _decode_value(column: QueryableAttribute[Any], kind: str, value: Any) -> datetime | int | str | None:
    """Decode a value for this column. Raises ValueError for one that it cannot hold."""
    if kind == "NoneType" and value is None and is_nullable(column):
        return None
    stored = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    if kind != stored.python_type.__name__:
        raise ValueError(kind)
    if kind == "datetime":
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None:
            raise ValueError(value)
        return instant
    # PostgreSQL refuses to compare a column with what it cannot hold.
    if kind == "int" and type(value) is int and abs(value) < 2 ** (63 if isinstance(stored, BigInteger) else 31):
        return value
    if kind == "str" and type(value) is str and "\0" not in value and value.encode(errors="ignore").decode() == value:
        return value
    raise ValueError(value)


def is_nullable(column: QueryableAttribute[Any]) -> bool:
    return bool(column.property.columns[0].nullable)
