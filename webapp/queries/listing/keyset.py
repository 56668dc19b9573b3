"""Walking a grid: the rows of a page along the order asked for, read by statements that are put together once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Integer, Select, bindparam, select, union_all
from sqlalchemy.orm import Session

from webapp.db.search_index import DOCUMENTS, row_of
from webapp.queries.listing import query_plan, sort_order
from webapp.queries.listing.cursor import (
    Cursor,
    PageRequest,
    sorted_by,
    tied_by,
)
from webapp.queries.listing.query_plan import QueryPlan
from webapp.queries.listing.raw_rows import RawRows, form, select_raw
from webapp.queries.listing.sort_order import KeysetSegment


@dataclass(frozen=True, slots=True)
class Page:
    """`count` is exact up to COUNTED; one more means there are more. `previous` and `next` are None at the ends."""

    rows: Sequence[Any]
    count: int
    previous: Cursor | None
    next: Cursor | None

    @property
    def more(self) -> bool:
        return self.count > query_plan.COUNTED


def read_page(
    session: Session, left: QueryPlan, place: PageRequest, *, sealed: bool = False, counting: Select[int] | None = None
) -> Page:
    """A page of what is found, its rows `Sealed` where that is asked for.

    Its `count` is still to be said, but for sealed rows with `counting`, a statement by itself that is kept: it then
    makes no journey to the database of its own.
    """
    by, tie = sorted_by(place), tied_by(left.grid, place)
    backwards, edge = _direction(place)
    met: list[Any] = []
    count = 0
    for part in sort_order.parts(by, tie, place.descending != backwards, backwards=backwards):
        if isinstance(edge, Cursor) and part.precedes(edge):
            continue
        beyond = edge if isinstance(edge, Cursor) and part.holds(edge) else None
        values = {"most": place.size + 1 - len(met), **(part.values(beyond) if beyond is not None else {})}
        walk = _walk(left.grid.select, part, beyond is not None, sealed)
        # Rows of columns alone are as well read below the ORM, which would handle each of them a second time.
        reader = session if walk.whole else session.connection()
        walked = _walked_kept(left, walk, part) if left.kept else _walked(left, walk, part)
        if counting is None or met:
            met += reader.execute(walked, values).all()
        else:
            found = reader.execute(_with_count(walked, counting), {**values, **query_plan.count_limit_params()}).all()
            count = found[0][-1] if found else 0
            met += [row[:-1] for row in found]
        if len(met) > place.size:
            break
    found = RawRows(met, form(walk.opened, session.get_bind().dialect)) if sealed else met
    return replace(_as_page(found, place, walk.edge), count=count)


@lru_cache(maxsize=256)
def _with_count(walked: Select[*tuple[Any, ...]], counting: Select[int]) -> Select[*tuple[Any, ...]]:
    return walked.add_columns(counting.scalar_subquery().label("counted"))


class PageStatement(NamedTuple):
    """`statement` walks a part of an order. `whole`: it brings objects; `edge`: what a row's edge is called in it.

    `opened`: the statement of the same rows that is not sealed.
    """

    statement: Select[*tuple[Any, ...]]
    whole: bool
    edge: tuple[str, str]
    opened: Select[*tuple[Any, ...]]


@lru_cache(maxsize=256)
def _walk(rows: Select[*tuple[Any, ...]], part: KeysetSegment, beyond: bool, sealed: bool) -> PageStatement:
    whole, names, edge = False, {}, []
    for one in rows.column_descriptions:
        whole |= isinstance(one["expr"], type)
        names[one["expr"]] = one["name"]
    # What a row shows anyway is not read a second time for the one edge.
    for column, name in ((part.sort_column, "sorted_by"), (part.tie_breaker, "sorted_id")):
        if column not in names:
            rows = rows.add_columns(column.label(name))
        edge.append(names.get(column, name))
    walked = part.of(select_raw(rows) if sealed else rows, beyond=beyond).limit(bindparam("most", type_=Integer))
    return PageStatement(walked, whole, (edge[0], edge[1]), rows)


def _walked(left: QueryPlan, walk: PageStatement, part: KeysetSegment) -> Any:
    """The rows met on this walk; of several ways, those of each, merged."""

    def met(found: QueryPlan) -> Select[*tuple[Any, ...]]:
        return walk.statement.where(*found.conditions) if found.conditions else walk.statement

    if not left.ways:
        return met(left)
    merged = union_all(*(select(met(way).subquery()) for way in left.ways)).subquery()
    order = [merged.c[name] for name in (walk.edge[1:] if part.edges is False else walk.edge)]
    in_order = select(merged).order_by(*(column.desc() if part.descending else column for column in order))
    return in_order.limit(bindparam("most", type_=Integer))


@lru_cache(maxsize=256)
def _walked_kept(left: QueryPlan, walk: PageStatement, part: KeysetSegment) -> Any:
    return _walked(left, walk, part)


def streamed(session: Session, id_: Any, found: Select[*tuple[Any, ...]], place: PageRequest) -> Page:
    """Rows in the order of the index of words, which is that of their purchase."""
    backwards, edge = _direction(place)
    descending = place.descending != backwards
    row = DOCUMENTS.c.rowid
    if isinstance(edge, Cursor) and isinstance(edge.value, datetime):
        there = row_of(edge.value, edge.id)
        found = found.where(row < there if descending else row > there)
    return read(session, found.order_by(row.desc() if descending else row), id_, place)


def read(session: Session, rows: Select[*tuple[Any, ...]], id_: Any, place: PageRequest) -> Page:
    """The first of these rows, whose edges name the Amazon order."""
    edged = rows.add_columns(sorted_by(place).label("sorted_by"), id_.label("sorted_id"))
    return _as_page(session.execute(edged.limit(place.size + 1)).all(), place)


def _direction(place: PageRequest) -> tuple[bool, Cursor | str | None]:
    """(whether the page is read from its end, the edge it lies at)"""
    backwards = place.before is not None and place.after is None
    return backwards, place.before if backwards else place.after


def _as_page(met: Sequence[Any], place: PageRequest, names: tuple[str, str] = ("sorted_by", "sorted_id")) -> Page:
    """`met`: the rows of the page as they were walked to, and one more where there are more."""
    backwards, edge = _direction(place)
    more = len(met) > place.size
    met = met[: place.size]
    if backwards:
        met = met[::-1]
    if not met:
        return Page((), 0, None, None)
    first, last = (Cursor(getattr(row, names[0]), getattr(row, names[1])) for row in (met[0], met[-1]))
    has_previous = more if backwards else edge is not None
    has_next = isinstance(edge, Cursor) if backwards else more
    return Page(met, 0, first if has_previous else None, last if has_next else None)
