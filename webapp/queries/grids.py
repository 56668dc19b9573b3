"""Grids: pages of any size of table, found by where the last page ended (keyset) instead of counted from the start.

A new row that arrives between two clicks therefore neither repeats nor hides another. Rows are in the order of the
column sorted by, those without a value last, and among equals in the order of their ids.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Integer, Row, Select, bindparam, func, select, union_all
from sqlalchemy.orm import QueryableAttribute, Session
from sqlalchemy.types import TypeDecorator

from webapp.models.search_documents import DOCUMENTS, row_of
from webapp.queries import finding, orderings, search
from webapp.queries.finding import Found
from webapp.queries.orderings import Part

SIZES = (20, 50, 100, 200)
SIZE = 50
END = "end"
# From so many rows on, the way to a page by its number is worth asking which end of the table it is nearer to.
FAR = 50_000
# Orders with the words, for each row of a first page: many of the newest have no Order yet.
_TRIED = 2


@dataclass(frozen=True, slots=True)
class Column:
    """`name` as addresses and templates know it; `by` is what it sorts by, None where it cannot.

    `descending`: what the first click on its head gives. `shows`: what is selected for it alone, and only where it is
    shown, so that nothing is read or decrypted for nobody. `personal`: it shows a buyer or recipient. `hidden`: a grid
    opens without it. `tie`: by which rows of the same value are in order, where an index of another table than the
    grid's own gives the order.
    """

    name: str
    by: QueryableAttribute[Any] | None = None
    descending: bool = False
    shows: tuple[Any, ...] = ()
    personal: bool = False
    hidden: bool = False
    tie: QueryableAttribute[int] | None = None


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
    # By the column sorted by: the filters whose rows an index gives in that order.
    indexed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    # By which the index of words finds rows; None where no filter asks it.
    amazon_order_id: QueryableAttribute[int] | None = None
    # Each row of the grid's own table is one row of `rows`, so that counting needs no other table.
    one_each: bool = False
    size: int = SIZE
    shown: tuple[str, ...] = ()

    @property
    def visible(self) -> tuple[str, ...]:
        return self.shown or tuple(column.name for column in self.columns if not column.hidden)

    def choose(self, names: Sequence[str] = ()) -> "Grid":
        """The grid with these columns alone, in this order; unknown ones are left out, none at all are its own."""
        known = {column.name for column in self.columns}
        chosen = replace(self, shown=tuple(dict.fromkeys(name for name in names if name in known)))
        visible = set(chosen.visible)
        more = {part.key: part for column in self.columns if column.name in visible for part in column.shows}
        return replace(chosen, rows=_showing(self.rows, *more.values()))

    def column(self, name: str) -> Column | None:
        """The column of this name, when one can sort by it."""
        return next((column for column in self.columns if column.name == name and column.by is not None), None)


# Statements are put together once and kept: that takes longer than running them. Their number is that of the choices of
# columns and orders people make; who asks for ever new ones only makes the desk put them together again.
@lru_cache(maxsize=256)
def _showing(rows: Select[*tuple[Any, ...]], *more: Any) -> Select[*tuple[Any, ...]]:
    return rows.add_columns(*more)


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
    # Counted from the first, which is 1; the edges are none then.
    page: int | None = None

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
        return self.count > finding.COUNTED


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
    if re.fullmatch(r"[1-9][0-9]{0,6}", arguments.get("page", ""), re.ASCII):
        return replace(place, page=int(arguments["page"]))
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
    """The page, in two statements, and a few more where filters leave little or a page is named by its number."""
    left = finding.find(session, grid, filters)
    count = left.count(session)
    if not count:
        return Page((), 0, None, None)
    left = left.along(session, place.column.name, count)
    leapt = place.page is not None
    if leapt:
        place = _leap(session, left, place)
    page = _page(session, left, place)
    if not page.rows and (place.after or place.before):
        # What stood there has gone meanwhile: better the beginning than an empty page. Behind a page that was full
        # there may be none of the number asked for: then the last one is meant.
        page = _page(session, left, replace(place, after=None, before=END if leapt else None))
    return replace(page, count=count)


def ids(session: Session, grid: Grid, place: Place, filters: Mapping[str, Any], limit: int) -> list[int]:
    """The ids of what the filters leave, in the order of the place, at most `limit`."""
    place = replace(place, size=limit, after=None, before=None, page=None)
    left = _ordered(session, grid, place, filters)
    lean = replace(grid, rows=left.read_of(_by(place), _tie(grid, place)))
    return [row.id for row in _rows(session, replace(left, grid=lean), place).rows]


def walk(
    session: Session, grid: Grid, place: Place, filters: Mapping[str, Any], chunk: int = 1000
) -> Iterator[Sequence[Row[*tuple[Any, ...]]]]:
    """Everything the filters leave, a chunk at a time, each read in a transaction of its own."""
    left = _ordered(session, grid, place, filters)
    place = replace(place, size=chunk, after=None, before=None, page=None)
    while True:
        page = _rows(session, left, place)
        # Whoever reads slowly keeps no transaction open meanwhile.
        session.rollback()
        if page.rows:
            yield page.rows
        if page.next is None:
            return
        place = replace(place, after=page.next)


def narrowed(session: Session, grid: Grid, filters: Mapping[str, Any]) -> Select[*tuple[Any, ...]]:
    """The rows of the grid that the filters leave."""
    return finding.find(session, grid, filters).rows


def _ordered(session: Session, grid: Grid, place: Place, filters: Mapping[str, Any]) -> Found:
    """What the filters leave, by the quicker way to it in the order of the place."""
    left = finding.find(session, grid, filters)
    return left.along(session, place.column.name, left.count(session))


def _leap(session: Session, left: Found, place: Place) -> Place:
    """The place of a page named by its number: behind the row before it, or the last page where there is none such."""
    skipped = ((place.page or 1) - 1) * place.size
    place = replace(place, page=None)
    if not skipped:
        return place
    by, tie = _by(place), _tie(left.grid, place)
    rows = left.lean(by, tie)
    parts = orderings.parts(by, tie, place.descending)
    if skipped >= FAR and len(parts) == 1 and not left.conditions and session.get_bind().dialect.name == "sqlite":
        return _leap_far(session, left, place, skipped)
    for part in parts:
        edges = part.of(rows.with_only_columns(by.label("sorted_by"), tie.label("sorted_id")))
        row = session.execute(edges.offset(skipped - 1).limit(1)).one_or_none()
        if row is not None:
            return replace(place, after=Edge(row.sorted_by, row.sorted_id))
        passed = part.of(rows.with_only_columns(tie)).order_by(None).subquery()
        skipped -= session.scalar(select(func.count()).select_from(passed)) or 0
        if skipped <= 0:
            break
    return replace(place, before=END)


def _leap_far(session: Session, left: Found, place: Place, skipped: int) -> Place:
    """The same in a whole table, from its nearer end: SQLite counts a table while it walks by a part of it."""
    by, tie = _by(place), _tie(left.grid, place)
    many = session.scalar(select(func.count()).select_from(left.grid.id.class_)) or 0
    if skipped >= many:
        return replace(place, before=END)
    from_end = skipped * 2 > many
    (part,) = orderings.parts(by, tie, place.descending != from_end)
    edges = part.of(left.lean(by, tie).with_only_columns(by.label("sorted_by"), tie.label("sorted_id")))
    row = session.execute(edges.offset(many - skipped if from_end else skipped - 1).limit(1)).one()
    return replace(place, after=Edge(row.sorted_by, row.sorted_id))


def _page(session: Session, left: Found, place: Place) -> Page:
    if left.streamed is None or _by(place).key != "purchased_at":
        return _rows(session, left, place)
    id_: Any = left.grid.amazon_order_id
    if place.descending and place.after is None and place.before is None:
        # The first page is among what was met already, unless most of that has no row here or is filtered away.
        known = search.among(id_, left.newest[: _TRIED * (place.size + 1)], session)
        by = _by(place)
        page = _read(session, left.grid.rows.where(*left.besides, known).order_by(by.desc(), id_.desc()), id_, place)
        if page.next is not None:
            return page
    found = search.streamed(left.grid.rows.where(*left.besides), id_, left.streamed)
    return _streamed(session, id_, found, place)


def _rows(session: Session, left: Found, place: Place) -> Page:
    by, tie = _by(place), _tie(left.grid, place)
    backwards, edge = _direction(place)
    rows: list[Row[*tuple[Any, ...]]] = []
    for part in orderings.parts(by, tie, place.descending != backwards, backwards=backwards):
        if isinstance(edge, Edge) and part.precedes(edge):
            continue
        beyond = edge if isinstance(edge, Edge) and part.holds(edge) else None
        values = {"most": place.size + 1 - len(rows), **(part.values(beyond) if beyond is not None else {})}
        walk = _walk(left.grid.rows, part, beyond is not None)
        # Rows of columns alone are as well read below the ORM, which would handle each of them a second time.
        reader = session if walk.whole else session.connection()
        rows += reader.execute(_walked(left, walk, part), values).all()
        if len(rows) > place.size:
            break
    return _as_page(rows, place, backwards, edge, walk.edge)


class _Walk(NamedTuple):
    """`statement` walks a part of an order. `whole`: it brings objects; `edge`: what a row's edge is called in it."""

    statement: Select[*tuple[Any, ...]]
    whole: bool
    edge: tuple[str, str]


@lru_cache(maxsize=256)
def _walk(rows: Select[*tuple[Any, ...]], part: Part, beyond: bool) -> _Walk:
    whole, names, edge = False, {}, []
    for one in rows.column_descriptions:
        whole |= isinstance(one["expr"], type)
        names[one["expr"]] = one["name"]
    # What a row shows anyway is not read a second time for the one edge.
    for column, name in ((part.by, "sorted_by"), (part.tie, "sorted_id")):
        if column not in names:
            rows = rows.add_columns(column.label(name))
        edge.append(names.get(column, name))
    return _Walk(part.of(rows, beyond=beyond).limit(bindparam("most", type_=Integer)), whole, (edge[0], edge[1]))


def _walked(left: Found, walk: _Walk, part: Part) -> Any:
    """The rows met on this walk; of several ways, those of each, merged."""

    def met(found: Found) -> Select[*tuple[Any, ...]]:
        return walk.statement.where(*found.conditions) if found.conditions else walk.statement

    if not left.ways:
        return met(left)
    merged = union_all(*(select(met(way).subquery()) for way in left.ways)).subquery()
    order = [merged.c[name] for name in (walk.edge[1:] if part.edges is False else walk.edge)]
    in_order = select(merged).order_by(*(column.desc() if part.descending else column for column in order))
    return in_order.limit(bindparam("most", type_=Integer))


def _streamed(session: Session, id_: Any, found: Select[*tuple[Any, ...]], place: Place) -> Page:
    """Rows in the order of the index of words, which is that of their purchase."""
    backwards, edge = _direction(place)
    descending = place.descending != backwards
    row = DOCUMENTS.c.rowid
    if isinstance(edge, Edge) and isinstance(edge.value, datetime):
        there = row_of(edge.value, edge.id)
        found = found.where(row < there if descending else row > there)
    return _read(session, found.order_by(row.desc() if descending else row), id_, place)


def _read(session: Session, rows: Select[*tuple[Any, ...]], id_: Any, place: Place) -> Page:
    """The first of these rows, whose edges name the Amazon order."""
    edged = rows.add_columns(_by(place).label("sorted_by"), id_.label("sorted_id"))
    return _as_page(list(session.execute(edged.limit(place.size + 1)).all()), place, *_direction(place))


def _direction(place: Place) -> tuple[bool, Edge | str | None]:
    """(whether the page is read from its end, the edge it lies at)"""
    backwards = place.before is not None and place.after is None
    return backwards, place.before if backwards else place.after


def _as_page(
    rows: list[Row[*tuple[Any, ...]]],
    place: Place,
    backwards: bool,
    edge: Edge | str | None,
    names: tuple[str, str] = ("sorted_by", "sorted_id"),
) -> Page:
    more = len(rows) > place.size
    rows = rows[: place.size]
    if backwards:
        rows.reverse()
    if not rows:
        return Page((), 0, None, None)
    first, last = (Edge(getattr(row, names[0]), getattr(row, names[1])) for row in (rows[0], rows[-1]))
    has_previous = more if backwards else edge is not None
    has_next = isinstance(edge, Edge) if backwards else more
    return Page(rows, 0, first if has_previous else None, last if has_next else None)


def _by(place: Place) -> QueryableAttribute[Any]:
    if place.column.by is None:
        raise LookupError(f"One cannot sort by {place.column.name}.")
    return place.column.by


def _tie(grid: Grid, place: Place) -> QueryableAttribute[int]:
    tie: Any = place.column.tie
    return grid.id if tie is None else tie


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
    if kind == "NoneType" and value is None and orderings.nullable(by):
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
