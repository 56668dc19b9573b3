"""Keyset pagination: a page begins after the last row of the page before, instead of at an offset.

A row that arrives between two clicks therefore neither repeats nor hides another, and every page costs the same.
Rows without a value in the sort column come last, and are read by a statement of their own: no index has them there in
both directions. Rows with equal values are in the order of their ids.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Select, literal, select, tuple_, union_all
from sqlalchemy.orm import QueryableAttribute, Session

from webapp.db.search_index import DOCUMENTS, get_document_id
from webapp.queries.listing import query_plan, search
from webapp.queries.listing.cursor import Cursor, PageRequest, is_nullable
from webapp.queries.listing.query_plan import QueryPlan
from webapp.queries.listing.search import FullTextFilter


@dataclass(frozen=True, slots=True)
class Page:
    """`count`: of all matching rows, up to COUNTED + 1. `previous` and `next` are None at the ends of the list."""

    rows: Sequence[Any]
    count: int
    previous: Cursor | None
    next: Cursor | None

    @property
    def has_more(self) -> bool:
        """Return whether more rows match than were counted."""
        return self.count > query_plan.COUNTED


@dataclass(frozen=True, slots=True)
class KeysetSegment:
    """Rows that one index yields in order: those with a value in the sort column, or those without.

    `has_value` is None for a sort column that always has a value: then there is one segment.
    """

    sort_column: QueryableAttribute[Any]
    tie_breaker: QueryableAttribute[int]
    descending: bool
    has_value: bool | None

    def contains(self, cursor: Cursor) -> bool:
        return self.has_value is None or self.has_value == (cursor.value is not None)

    def apply(self, rows: Select[*tuple[Any, ...]], after: Cursor | None = None) -> Select[*tuple[Any, ...]]:
        """Restrict rows to this segment, behind the cursor `after`, and sort them."""
        columns: list[QueryableAttribute[Any]] = [self.sort_column, self.tie_breaker]
        if self.has_value is not None:
            rows = rows.where(self.sort_column.is_not(None) if self.has_value else self.sort_column.is_(None))
        if self.has_value is False:
            columns = [self.tie_breaker]
        if after is not None:
            values = [literal(after.value, self.sort_column.type), literal(after.id, Integer)][-len(columns) :]
            key, boundary = tuple_(*columns), tuple_(*values)
            rows = rows.where(key < boundary if self.descending else key > boundary)
        return rows.order_by(*(column.desc() if self.descending else column for column in columns))


def segments(
    sort_column: QueryableAttribute[Any], tie_breaker: QueryableAttribute[int], request: PageRequest
) -> list[KeysetSegment]:
    """Return the segments of the sort order in the direction the page is read."""
    descending = request.descending != request.is_backwards
    if not is_nullable(sort_column):
        return [KeysetSegment(sort_column, tie_breaker, descending, None)]
    kinds = (False, True) if request.is_backwards else (True, False)
    return [KeysetSegment(sort_column, tie_breaker, descending, has_value) for has_value in kinds]


def read_page(session: Session, plan: QueryPlan, request: PageRequest, rows: Select[*tuple[Any, ...]]) -> Page:
    """Read a page of `rows` by the plan. Its `count` is 0: the caller sets it."""
    tie_breaker = plan.tie_breaker(request)
    rows = rows.add_columns(request.sort_column.label("sorted_by"), tie_breaker.label("sorted_id"))
    if plan.search is not None:
        matches = session.execute(_search_statement(plan, plan.search, request, rows)).all()
        return _to_page(matches, request)
    boundary, remaining = request.boundary, segments(request.sort_column, tie_breaker, request)
    if boundary is not None and not remaining[0].contains(boundary):
        remaining = remaining[1:]
    page_rows: list[Any] = []
    for segment in remaining:
        after = boundary if boundary is not None and segment.contains(boundary) else None
        limit = request.size + 1 - len(page_rows)
        page_rows += session.execute(_build_segment_statement(plan, segment, rows, after, limit)).all()
        if len(page_rows) > request.size:
            break
    return _to_page(page_rows, request)


def _build_segment_statement(
    plan: QueryPlan, segment: KeysetSegment, rows: Select[*tuple[Any, ...]], after: Cursor | None, limit: int
) -> Select[*tuple[Any, ...]]:
    if not plan.branches:
        return segment.apply(rows.where(*plan.conditions), after).limit(limit)
    branches = [segment.apply(rows.where(*conditions), after).limit(limit) for conditions in plan.branches]
    merged = union_all(*(select(branch.subquery()) for branch in branches)).subquery()
    order = (merged.c.sorted_by, merged.c.sorted_id)
    rows = select(merged).order_by(*(column.desc() if segment.descending else column for column in order))
    return rows.limit(limit)


def _search_statement(
    plan: QueryPlan, full_text: FullTextFilter, request: PageRequest, rows: Select[*tuple[Any, ...]]
) -> Select[*tuple[Any, ...]]:
    """Select rows in the order of the full-text index, whose row numbers begin with the purchase time."""
    number, boundary = DOCUMENTS.c.rowid, request.boundary
    descending = request.descending != request.is_backwards
    matches = search.join_matches(rows.where(*plan.conditions), plan.grid.amazon_order_id, full_text)
    if boundary is not None and isinstance(boundary.value, datetime):
        start = get_document_id(boundary.value, boundary.id)
        matches = matches.where(number < start if descending else number > start)
    return matches.order_by(number.desc() if descending else number).limit(request.size + 1)


def _to_page(fetched: Sequence[Any], request: PageRequest) -> Page:
    """Make a page of the rows in the order they were read, with one more than its size if there are more."""
    has_more = len(fetched) > request.size
    rows = fetched[: request.size]
    if request.is_backwards:
        rows = rows[::-1]
    if not rows:
        return Page((), 0, None, None)
    first, last = (Cursor(row.sorted_by, row.sorted_id) for row in (rows[0], rows[-1]))
    has_previous = has_more if request.is_backwards else request.boundary is not None
    has_next = request.boundary is not None if request.is_backwards else has_more
    return Page(rows, 0, first if has_previous else None, last if has_next else None)
