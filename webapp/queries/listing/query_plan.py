"""Query planner of lists: how to find one page of the rows that match the filters.

Databases plan a page of fifty rows as if all matching rows were wanted, which takes seconds at a million rows when the
filters match most of them, or nearly none. So matches are counted up to a limit, and one of three plans is chosen:

- index scan (`index_scan`): follow the index of the sort column and test the filters on each row. Cheap when many rows
  match.
- id materialisation (`materialize_ids`): collect the ids of all matching rows, then sort those rows. Cheap when few
  rows match.
- full-text first (`search_first`): start from the full-text index, which lists matches by date of purchase.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Column as TableColumn
from sqlalchemy import ColumnElement, Select, false, func, select
from sqlalchemy.orm import Session
from sqlalchemy.sql import visitors

from webapp.db.no_index import no_index
from webapp.queries.listing import search
from webapp.queries.listing.cursor import PageRequest
from webapp.queries.listing.grid import Grid
from webapp.queries.listing.personal import is_personal
from webapp.queries.listing.search import FullTextFilter

# Matches are counted up to this number.
COUNTED = 1_000
# Collecting this many ids takes about as long as scanning a million rows for a page of matches that are this rare.
COLLECTED = 7_000


@dataclass(frozen=True, slots=True)
class FilteredGrid:
    """The rows of a grid that match its filters.

    `conditions` by the name of their filter. `id_conditions`: searches with up to COUNTED matches. `search` has more.
    """

    grid: Grid
    values: Mapping[str, Any]
    conditions: Mapping[str, ColumnElement[bool]] = field(default_factory=dict)
    id_conditions: tuple[ColumnElement[bool], ...] = ()
    search: FullTextFilter | None = None

    @property
    def all_conditions(self) -> tuple[ColumnElement[bool], ...]:
        return (*self.id_conditions, *self.conditions.values(), *_search_conditions(self.grid, self.search))

    @property
    def select(self) -> Select[*tuple[Any, ...]]:
        """Return the statement of all matching rows, unordered."""
        return self.grid.select.where(*self.all_conditions)

    def count(self, session: Session) -> int:
        """Count the matching rows, up to COUNTED + 1, which means there are more."""
        if self.search is None or self.conditions or self.id_conditions:
            return _count(session, select_ids(self.grid, self.all_conditions))
        amazon_order_id: Any = self.grid.amazon_order_id
        if amazon_order_id is self.grid.id:
            return COUNTED + 1
        # An Amazon order that matches can have no row in this grid, or several.
        ids = select_ids(self.grid, (), amazon_order_id)
        return _count(session, search.join_matches(ids, amazon_order_id, self.search))

    def has_several_values(self, name: str) -> bool:
        return isinstance(self.values[name], list | tuple) and len(self.values[name]) > 1


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """The plan to read the matching rows: `grid.select` with `conditions`, sorted.

    `branches`: if there are any, rows are read once for each branch, with its conditions, and merged. `search`: rows
    are read in the order of its matches in the full-text index instead.
    """

    grid: Grid
    conditions: tuple[ColumnElement[bool], ...] = ()
    branches: tuple[tuple[ColumnElement[bool], ...], ...] = ()
    search: FullTextFilter | None = None

    @property
    def all_conditions(self) -> tuple[ColumnElement[bool], ...]:
        return (*self.conditions, *_search_conditions(self.grid, self.search))

    def tie_breaker(self, request: PageRequest) -> Any:
        """Return the id column by which rows with equal values are sorted."""
        if self.search is not None:
            return self.grid.amazon_order_id
        tie_breaker: Any = request.column.tie_breaker
        return self.grid.id if tie_breaker is None else tie_breaker


def apply_filters(session: Session, grid: Grid, filters: Mapping[str, Any]) -> FilteredGrid:
    """Turn filter values into conditions. Queries the full-text index for every search among them."""
    filtered = FilteredGrid(grid, filters)
    for name, value in filters.items():
        condition = _build_condition(grid, name, value)
        if not isinstance(condition, FullTextFilter):
            filtered = replace(filtered, conditions={**filtered.conditions, name: condition})
            continue
        ids = search.select_newest_ids(session, condition, COUNTED + 1)
        if len(ids) > COUNTED and filtered.search is None:
            filtered = replace(filtered, search=condition)
        elif len(ids) > COUNTED:
            matches = search.id_in_matches(grid.amazon_order_id, condition)
            filtered = replace(filtered, id_conditions=(*filtered.id_conditions, matches))
        else:
            matches = search.id_in(grid.amazon_order_id, ids, session)
            filtered = replace(filtered, id_conditions=(*filtered.id_conditions, matches))
    return filtered


def choose_plan(session: Session, filtered: FilteredGrid, request: PageRequest, count: int) -> QueryPlan:
    """Return the cheapest plan for the sort order of the request. `count`: of `filtered`."""
    if filtered.search is not None or filtered.id_conditions:
        return search_first(filtered, request)
    indexed = filtered.grid.index_orders.get(request.column.name, frozenset())
    if len(filtered.conditions) <= 1 and filtered.conditions.keys() <= indexed:
        # One index covers both the filter and the order, or there is no filter.
        return index_scan(filtered, request)
    ids = select_ids(filtered.grid, filtered.all_conditions)
    if count <= COUNTED or session.scalar(ids.offset(COLLECTED).limit(1)) is None:
        return materialize_ids(session, filtered)
    return index_scan(filtered, request)


def index_scan(filtered: FilteredGrid, request: PageRequest) -> QueryPlan:
    """Plan to follow the index of the sort column and to test the filters on every row it yields.

    A filter that shares an index with the sort column restricts the range of that index. Several values of it are
    several ranges: each is read in order, and the rows are merged. All other filters are marked so that SQLite does not
    choose an index for them and sort.

    Cost: page size divided by the share of rows that match. It does not grow with the table.
    """
    indexed = filtered.grid.index_orders.get(request.column.name, frozenset())
    conditions = {
        name: condition if name in indexed and not filtered.has_several_values(name) else no_index(condition)
        for name, condition in filtered.conditions.items()
    }
    ranges = next((name for name in conditions if name in indexed and filtered.has_several_values(name)), None)
    if ranges is None:
        return QueryPlan(filtered.grid, tuple(conditions.values()))
    branches = tuple(
        tuple({**conditions, ranges: _build_condition(filtered.grid, ranges, [value])}.values())
        for value in filtered.values[ranges]
    )
    return QueryPlan(filtered.grid, tuple(filtered.conditions.values()), branches)


def materialize_ids(session: Session, filtered: FilteredGrid) -> QueryPlan:
    """Collect the ids of all matching rows, at most COLLECTED, and plan to read and sort these rows only.

    The database finds them by the filters' own indexes, in any order.

    Cost: proportional to the number of matches, whatever the size of the table.
    """
    ids = session.scalars(select_ids(filtered.grid, filtered.all_conditions).limit(COLLECTED)).all()
    return QueryPlan(filtered.grid, (search.id_in(filtered.grid.id, ids, session),))


def search_first(filtered: FilteredGrid, request: PageRequest) -> QueryPlan:
    """Plan to read the rows that the full-text index finds, and to test all other filters on them.

    Up to COUNTED matches were read as ids: cost as of id materialisation. More are read in the order of the full-text
    index where rows are sorted by date of purchase: cost as of an index scan. In another order all of them are sorted:
    the only plan whose cost grows with the table.
    """
    conditions = (*filtered.id_conditions, *map(no_index, filtered.conditions.values()))
    if filtered.search is None or request.sort_column.key == "purchased_at":
        return QueryPlan(filtered.grid, conditions, search=filtered.search)
    return QueryPlan(filtered.grid, (*conditions, *_search_conditions(filtered.grid, filtered.search)))


def select_ids(grid: Grid, conditions: Sequence[ColumnElement[bool]], *columns: Any) -> Select[*tuple[Any, ...]]:
    """Select the ids of rows with these conditions, without joins that neither they nor `columns` need.

    `columns`: what the caller adds to the statement.
    """
    tables = {
        part.table
        for expression in (*conditions, *columns)
        for part in visitors.iterate(getattr(expression, "expression", expression))
        if isinstance(part, TableColumn)
    }
    if grid.row_per_entity and tables <= {grid.id.class_.__table__}:
        return select(grid.id).where(*conditions)
    return grid.select.with_only_columns(grid.id).where(*conditions)


def _count(session: Session, ids: Select[*tuple[Any, ...]]) -> int:
    return session.connection().scalar(select(func.count()).select_from(ids.limit(COUNTED + 1).subquery())) or 0


def _build_condition(grid: Grid, name: str, value: Any) -> Any:
    """Return a filter's condition. Personal data matches only with permission to read it: a match reveals it."""
    condition = grid.filters[name](value)
    if grid.reads_personal:
        return condition
    if isinstance(condition, FullTextFilter):
        return condition.without_personal()
    return false() if is_personal(condition) else condition


def _search_conditions(grid: Grid, full_text: FullTextFilter | None) -> tuple[ColumnElement[bool], ...]:
    return () if full_text is None else (search.id_in_matches(grid.amazon_order_id, full_text),)
