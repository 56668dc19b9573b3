"""Grids: pages of any size of table, found by where the last page ended (keyset) instead of counted from the start.

A new row that arrives between two clicks therefore neither repeats nor hides another. Rows are in the order of the
column sorted by, those without a value last, and among equals in the order of their ids.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, Select, and_, func, literal, or_, select, tuple_
from sqlalchemy.orm import QueryableAttribute, Session
from sqlalchemy.types import TypeDecorator

from webapp.models.search_documents import ID_MASK
from webapp.queries import search
from webapp.queries.search import Sought

SIZES = (20, 50, 100, 200)
SIZE = 50
# Counting a million rows takes longer than anybody wants to know.
COUNTED = 1_000
END = "end"


@dataclass(frozen=True, slots=True)
class Column:
    """`name` as addresses and templates know it; `by` is what it sorts by, None where it cannot.

    `descending`: what the first click on its head gives. `shows`: what is selected for it alone, and only where it is
    shown, so that nothing is read or decrypted for nobody. `personal`: it shows a buyer or recipient. `hidden`: a grid
    opens without it.
    """

    name: str
    by: QueryableAttribute[Any] | None = None
    descending: bool = False
    shows: tuple[Any, ...] = ()
    personal: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """`rows` selects what a row shows; `filters` turn a checked value into a condition, or into what is `Sought`.

    `sort` is the order to begin with, as an address writes it, and `size` how many rows are on a page unless it says
    so. `shown`: columns by name, in the order of the page; empty for all that are not hidden.
    """

    rows: Select[*tuple[Any, ...]]
    id: QueryableAttribute[int]
    columns: tuple[Column, ...]
    filters: Mapping[str, Callable[[Any], Any]]
    sort: str
    # By which the index of words finds rows; None where no filter asks it.
    amazon_order_id: QueryableAttribute[int] | None = None
    size: int = SIZE
    shown: tuple[str, ...] = ()

    @property
    def visible(self) -> tuple[str, ...]:
        return self.shown or tuple(column.name for column in self.columns if not column.hidden)

    def choose(self, names: Sequence[str] = ()) -> "Grid":
        """The grid with these columns alone, in this order; unknown ones are left out, none at all are its own."""
        known = {column.name: column for column in self.columns}
        chosen = replace(self, shown=tuple(dict.fromkeys(name for name in names if name in known)))
        more = {part.key: part for name in chosen.visible for part in known[name].shows}
        return replace(chosen, rows=self.rows.add_columns(*more.values()))

    def column(self, name: str) -> Column | None:
        """The column of this name, when one can sort by it."""
        return next((column for column in self.columns if column.name == name and column.by is not None), None)


@dataclass(frozen=True, slots=True)
class Edge:
    """The row a page begins after, or ends before: the value it was sorted by, and its id."""

    value: datetime | int | str | None
    id: int


@dataclass(frozen=True, slots=True)
class Place:
    """Which page of which order: what an address says beside its filters. `before` END is the last page."""

    column: Column
    descending: bool
    size: int = SIZE
    after: Edge | None = None
    before: Edge | str | None = None

    @property
    def sort(self) -> str:
        return ("-" if self.descending else "") + self.column.name


@dataclass(frozen=True, slots=True)
class Page:
    """`count` is exact up to COUNTED; one more means there are more. `previous` and `next` are None at the ends."""

    rows: Sequence[Row[*tuple[Any, ...]]]
    count: int
    previous: Edge | None
    next: Edge | None

    @property
    def more(self) -> bool:
        return self.count > COUNTED


def read_place(grid: Grid, arguments: Mapping[str, str]) -> Place:
    """The place an address means. What it says wrongly counts as not said: a stale link opens the first page."""
    name = arguments.get("sort", grid.sort)
    column = grid.column(name.removeprefix("-"))
    if column is None:
        name = grid.sort
        column = grid.column(name.removeprefix("-"))
    if column is None:
        raise LookupError(f"The grid has no column {name}.")
    place = Place(column, descending=name.startswith("-"), size=_size(arguments.get("size", ""), grid.size))
    if arguments.get("before") == END:
        return replace(place, before=END)
    return replace(
        place, after=_read_edge(place, arguments.get("after")), before=_read_edge(place, arguments.get("before"))
    )


def write_edge(place: Place, edge: Edge) -> str:
    """The edge as an address carries it. It names its order, so that it fits no other."""
    value = edge.value.isoformat() if isinstance(edge.value, datetime) else edge.value
    kind = type(edge.value).__name__
    plain = json.dumps([place.sort, kind, value, edge.id], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


def fetch(session: Session, grid: Grid, place: Place, filters: Mapping[str, Any]) -> Page:
    """The page, in two statements. `filters`: checked values by the names of the grid."""
    found = narrowed(session, grid, filters)
    page = _rows(session, grid, found, place)
    if not page.rows and (place.after or place.before):
        # What stood there has gone meanwhile: better the beginning than an empty page.
        page = _rows(session, grid, found, replace(place, after=None, before=None))
    counted = found.with_only_columns(grid.id).order_by(None).limit(COUNTED + 1).subquery()
    return replace(page, count=session.scalar(select(func.count()).select_from(counted)) or 0)


def ids(session: Session, grid: Grid, place: Place, filters: Mapping[str, Any], limit: int) -> list[int]:
    """The ids of what the filters leave, in the order of the place, at most `limit`."""
    found = narrowed(session, grid, filters)
    order = _order(grid, _by(place), place.descending, nulls_last=True)
    return list(session.scalars(found.with_only_columns(grid.id).order_by(*order).limit(limit)))


def walk(
    session: Session, grid: Grid, place: Place, filters: Mapping[str, Any], chunk: int = 1000
) -> Iterator[Sequence[Row[*tuple[Any, ...]]]]:
    """Everything the filters leave, a chunk at a time, each read in a transaction of its own."""
    found = narrowed(session, grid, filters)
    place = replace(place, size=chunk, after=None, before=None)
    while True:
        page = _rows(session, grid, found, place)
        # Whoever reads slowly keeps no transaction open meanwhile.
        session.rollback()
        if page.rows:
            yield page.rows
        if page.next is None:
            return
        place = replace(place, after=page.next)


def narrowed(session: Session, grid: Grid, filters: Mapping[str, Any]) -> Select[*tuple[Any, ...]]:
    """The rows of the grid that the filters leave."""
    found = grid.rows
    for name, value in filters.items():
        condition = grid.filters[name](value)
        if isinstance(condition, Sought):
            condition = _among_found(session, grid, condition)
        found = found.where(condition)
    return found


def _among_found(session: Session, grid: Grid, sought: Sought) -> ColumnElement[bool]:
    if grid.amazon_order_id is None:
        raise LookupError("The grid has no Amazon order to be found by its words.")
    # A thousand ids are quickly looked up in whatever order is asked for; what is more is left to the database.
    newest = search.newest(session, sought, COUNTED + 1)
    if len(newest) > COUNTED:
        return search.among_found(grid.amazon_order_id, sought)
    return search.among(grid.amazon_order_id, [row & ID_MASK for row in newest], session)


def _rows(session: Session, grid: Grid, found: Select[*tuple[Any, ...]], place: Place) -> Page:
    by = _by(place)
    backwards = place.before is not None and place.after is None
    edge = place.before if backwards else place.after
    found = found.add_columns(by.label("sorted_by"), grid.id.label("sorted_id"))
    if isinstance(edge, Edge):
        found = found.where(_beyond(grid, by, edge, place.descending != backwards, nulls_follow=not backwards))
    ordered = found.order_by(*_order(grid, by, place.descending != backwards, nulls_last=not backwards))
    rows = list(session.execute(ordered.limit(place.size + 1)).all())
    more = len(rows) > place.size
    rows = rows[: place.size]
    if backwards:
        rows.reverse()
    if not rows:
        return Page((), 0, None, None)
    first, last = (Edge(row.sorted_by, row.sorted_id) for row in (rows[0], rows[-1]))
    has_previous = more if backwards else edge is not None
    has_next = isinstance(edge, Edge) if backwards else more
    return Page(rows, 0, first if has_previous else None, last if has_next else None)


def _by(place: Place) -> QueryableAttribute[Any]:
    if place.column.by is None:
        raise LookupError(f"One cannot sort by {place.column.name}.")
    return place.column.by


def _order(
    grid: Grid, by: QueryableAttribute[Any], descending: bool, *, nulls_last: bool
) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    value, id_ = (by.desc(), grid.id.desc()) if descending else (by.asc(), grid.id.asc())
    if not _nullable(by):
        return value, id_
    return (value.nulls_last() if nulls_last else value.nulls_first()), id_


def _beyond(
    grid: Grid, by: QueryableAttribute[Any], edge: Edge, descending: bool, *, nulls_follow: bool
) -> ColumnElement[bool]:
    """What lies beyond the edge in the direction walked; rows without a value are at the far end of the order."""
    further = grid.id < edge.id if descending else grid.id > edge.id
    if edge.value is None:
        same = and_(by.is_(None), further)
        return same if nulls_follow else or_(same, by.is_not(None))
    here, there = tuple_(by, grid.id), tuple_(literal(edge.value, by.type), literal(edge.id))
    beyond = here < there if descending else here > there
    return or_(beyond, by.is_(None)) if nulls_follow and _nullable(by) else beyond


def _nullable(by: QueryableAttribute[Any]) -> bool:
    return bool(by.property.columns[0].nullable)


def _size(text: str, otherwise: int) -> int:
    return int(text) if text in {str(size) for size in SIZES} else otherwise


def _read_edge(place: Place, text: str | None) -> Edge | None:
    if not text:
        return None
    try:
        plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        sort, kind, value, id_ = json.loads(plain)
        if sort != place.sort or type(id_) is not int or abs(id_) >= 2**31:
            return None
        return Edge(_read_value(_by(place), kind, value), id_)
    except (binascii.Error, ValueError, TypeError, OverflowError):
        return None


def _read_value(by: QueryableAttribute[Any], kind: str, value: Any) -> datetime | int | str | None:
    """Raises ValueError for what this column cannot hold."""
    stored = by.type.impl_instance if isinstance(by.type, TypeDecorator) else by.type
    expected = stored.python_type.__name__
    if kind == "NoneType" and value is None and _nullable(by):
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
