"""Grids: pages of any size of table, found by where the last page ended (keyset) instead of counted from the start.

A new row that arrives between two clicks therefore neither repeats nor hides another. Rows are in the order of the
column sorted by, those without a value last, and among equals in the order of their ids.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from webapp.queries.listing import (
    keyset,
    query_plan,
    search,
    sort_order,
)
from webapp.queries.listing.cursor import (
    END,
    SIZES,
    Cursor,
    PageRequest,
    encode_cursor,
    parse_page_request,
    sorted_by,
    tied_by,
)
from webapp.queries.listing.grid import SIZE, Column, Grid
from webapp.queries.listing.keyset import Page
from webapp.queries.listing.query_plan import QueryPlan

__all__ = (
    "END",
    "SIZE",
    "SIZES",
    "Column",
    "Cursor",
    "Grid",
    "Page",
    "PageRequest",
    "encode_cursor",
    "fetch_ids",
    "fetch_page",
    "iterate",
    "parse_page_request",
    "select_filtered",
)

# From so many rows on, the way to a page by its number is worth asking which end of the table it is nearer to.
FAR = 50_000
# Orders with the words, for each row of a first page: many of the newest have no Order yet.
_TRIED = 2


def fetch_page(session: Session, grid: Grid, place: PageRequest, filters: Mapping[str, Any]) -> Page:
    """The page, in one statement or two, and a few more where filters leave little or a page is named by its number."""
    left = query_plan.plan(session, grid, filters)
    if grid.sealed and place.page is None and left.straight(place.column.name):
        page = keyset.read_page(session, left, place, sealed=True, counting=left.counting())
        if page.rows:
            return page
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


def fetch_ids(session: Session, grid: Grid, place: PageRequest, filters: Mapping[str, Any], limit: int) -> list[int]:
    """The ids of what the filters leave, in the order of the place, at most `limit`."""
    place = replace(place, size=limit, after=None, before=None, page=None)
    left = _ordered(session, grid, place, filters)
    lean = replace(grid, select=left.read_of(sorted_by(place), tied_by(grid, place)))
    return [row.id for row in keyset.read_page(session, replace(left, grid=lean), place).rows]


def iterate(
    session: Session, grid: Grid, place: PageRequest, filters: Mapping[str, Any], chunk: int = 1000
) -> Iterator[Sequence[Row[*tuple[Any, ...]]]]:
    """Everything the filters leave, a chunk at a time, each read in a transaction of its own."""
    left = _ordered(session, grid, place, filters)
    place = replace(place, size=chunk, after=None, before=None, page=None)
    while True:
        page = keyset.read_page(session, left, place)
        # Whoever reads slowly keeps no transaction open meanwhile.
        session.rollback()
        if page.rows:
            yield page.rows
        if page.next is None:
            return
        place = replace(place, after=page.next)


def select_filtered(session: Session, grid: Grid, filters: Mapping[str, Any]) -> Select[*tuple[Any, ...]]:
    """The rows of the grid that the filters leave."""
    return query_plan.plan(session, grid, filters).rows


def _ordered(session: Session, grid: Grid, place: PageRequest, filters: Mapping[str, Any]) -> QueryPlan:
    """What the filters leave, by the quicker way to it in the order of the place."""
    left = query_plan.plan(session, grid, filters)
    return left.along(session, place.column.name, left.count(session))


def _leap(session: Session, left: QueryPlan, place: PageRequest) -> PageRequest:
    """The place of a page named by its number: behind the row before it, or the last page where there is none such."""
    skipped = ((place.page or 1) - 1) * place.size
    place = replace(place, page=None)
    if not skipped:
        return place
    by, tie = sorted_by(place), tied_by(left.grid, place)
    rows = left.lean(by, tie)
    parts = sort_order.parts(by, tie, place.descending)
    if skipped >= FAR and len(parts) == 1 and not left.conditions and session.get_bind().dialect.name == "sqlite":
        return _leap_far(session, left, place, skipped)
    for part in parts:
        edges = part.of(rows.with_only_columns(by.label("sorted_by"), tie.label("sorted_id")))
        row = session.execute(edges.offset(skipped - 1).limit(1)).one_or_none()
        if row is not None:
            return replace(place, after=Cursor(row.sorted_by, row.sorted_id))
        passed = part.of(rows.with_only_columns(tie)).order_by(None).subquery()
        skipped -= session.scalar(select(func.count()).select_from(passed)) or 0
        if skipped <= 0:
            break
    return replace(place, before=END)


def _leap_far(session: Session, left: QueryPlan, place: PageRequest, skipped: int) -> PageRequest:
    """The same in a whole table, from its nearer end: SQLite counts a table while it walks by a part of it."""
    by, tie = sorted_by(place), tied_by(left.grid, place)
    many = session.scalar(select(func.count()).select_from(left.grid.id.class_)) or 0
    if skipped >= many:
        return replace(place, before=END)
    from_end = skipped * 2 > many
    (part,) = sort_order.parts(by, tie, place.descending != from_end)
    edges = part.of(left.lean(by, tie).with_only_columns(by.label("sorted_by"), tie.label("sorted_id")))
    row = session.execute(edges.offset(many - skipped if from_end else skipped - 1).limit(1)).one()
    return replace(place, after=Cursor(row.sorted_by, row.sorted_id))


def _page(session: Session, left: QueryPlan, place: PageRequest) -> Page:
    if left.streamed is None or sorted_by(place).key != "purchased_at":
        return keyset.read_page(session, left, place, sealed=left.grid.sealed)
    id_: Any = left.grid.amazon_order_id
    if place.descending and place.after is None and place.before is None:
        # The first page is among what was met already, unless most of that has no row here or is filtered away.
        known = search.id_in(id_, left.newest[: _TRIED * (place.size + 1)], session)
        newest = left.grid.select.where(*left.besides, known).order_by(sorted_by(place).desc(), id_.desc())
        page = keyset.read(session, newest, id_, place)
        if page.next is not None:
            return page
    found = search.join_matches(left.grid.select.where(*left.besides), id_, left.streamed)
    return keyset.streamed(session, id_, found, place)
