"""Reading lists: a page, the ids of all matching rows, or all rows in chunks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from webapp.queries.listing import keyset, query_plan
from webapp.queries.listing.cursor import END, SIZES, Cursor, PageRequest, encode_cursor, parse_page_request
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

# From this offset on, counting the table to find its nearer end takes less time than it saves.
FAR = 50_000


def fetch_page(session: Session, grid: Grid, request: PageRequest, filters: Mapping[str, Any]) -> Page:
    """Read a page of the rows that match, and count them up to COUNTED."""
    filtered = query_plan.apply_filters(session, grid, filters)
    count = filtered.count(session)
    if not count:
        return Page((), 0, None, None)
    plan = query_plan.choose_plan(session, filtered, request, count)
    has_number = request.page is not None
    if has_number:
        request = _locate_page(session, plan, request)
    page = keyset.read_page(session, plan, request, grid.select)
    if not page.rows and (request.after or request.before):
        # The rows behind the cursor are gone: show the first page. A page number beyond the last shows the last page.
        request = replace(request, after=None, before=END if has_number else None)
        page = keyset.read_page(session, plan, request, grid.select)
    return replace(page, count=count)


def fetch_ids(session: Session, grid: Grid, request: PageRequest, filters: Mapping[str, Any], limit: int) -> list[int]:
    """Read the ids of the matching rows in the order of the request, at most `limit`."""
    plan = _plan(session, grid, request, filters)
    request = replace(request, size=limit, after=None, before=None, page=None)
    rows = query_plan.select_ids(grid, plan.all_conditions, request.sort_column, plan.tie_breaker(request))
    return [row.id for row in keyset.read_page(session, plan, request, rows).rows]


def iterate(
    session: Session, grid: Grid, request: PageRequest, filters: Mapping[str, Any], chunk: int = 1000
) -> Iterator[Sequence[Row[*tuple[Any, ...]]]]:
    """Read all matching rows in chunks, each in a transaction of its own: rolls back after each."""
    plan = _plan(session, grid, request, filters)
    request = replace(request, size=chunk, after=None, before=None, page=None)
    while True:
        page = keyset.read_page(session, plan, request, grid.select)
        # A slow reader of the chunk must not keep a transaction open.
        session.rollback()
        if page.rows:
            yield page.rows
        if page.next is None:
            return
        request = replace(request, after=page.next)


def select_filtered(session: Session, grid: Grid, filters: Mapping[str, Any]) -> Select[*tuple[Any, ...]]:
    """Return the statement of the matching rows, in no order."""
    return query_plan.apply_filters(session, grid, filters).select


def _plan(session: Session, grid: Grid, request: PageRequest, filters: Mapping[str, Any]) -> QueryPlan:
    filtered = query_plan.apply_filters(session, grid, filters)
    return query_plan.choose_plan(session, filtered, request, filtered.count(session))


def _locate_page(session: Session, plan: QueryPlan, request: PageRequest) -> PageRequest:
    """Turn a page number into the cursor of the row before the page; the last page if there are fewer."""
    offset = ((request.page or 1) - 1) * request.size
    request = replace(request, page=None)
    if not offset:
        return request
    sort_column, tie_breaker = request.sort_column, plan.tie_breaker(request)
    rows = query_plan.select_ids(plan.grid, plan.all_conditions, sort_column, tie_breaker)
    rows = rows.add_columns(sort_column.label("sorted_by"), tie_breaker.label("sorted_id"))
    segments = keyset.segments(sort_column, tie_breaker, request)
    if offset >= FAR and len(segments) == 1 and not plan.all_conditions and session.get_bind().dialect.name == "sqlite":
        # Counting a whole table is fast in SQLite. The offset is then counted from the nearer end.
        total = session.scalar(select(func.count()).select_from(plan.grid.id.class_)) or 0
        if offset >= total:
            return replace(request, before=END)
        if offset * 2 > total:
            offset = total - offset + 1
            segments = [replace(segments[0], descending=not segments[0].descending)]
    for segment in segments:
        row = session.execute(segment.apply(rows).offset(offset - 1).limit(1)).one_or_none()
        if row is not None:
            return replace(request, after=Cursor(row.sorted_by, row.sorted_id))
        ids = segment.apply(rows).order_by(None).subquery()
        offset -= session.scalar(select(func.count()).select_from(ids)) or 0
        if offset <= 0:
            break
    return replace(request, before=END)
