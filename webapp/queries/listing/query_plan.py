"""What filters leave of a grid, and the way to it.

A page is either walked to, along the order asked for and past what the filters take away, or collected: all that is
left is found by the filters' own indexes, and put in order. Walking is quick where much is left, collecting where
little is; taken for each other they cost seconds at a million rows. So it is counted first, as far as it matters.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column as ColumnOfTable
from sqlalchemy import ColumnElement, Integer, Select, bindparam, false, func, select
from sqlalchemy.orm import Session
from sqlalchemy.sql import visitors

from webapp.db.no_index import no_index
from webapp.queries.listing import search
from webapp.queries.listing.personal import is_personal
from webapp.queries.listing.search import FullTextFilter

if TYPE_CHECKING:
    from webapp.queries.listing.grid import Grid

# Counting a million rows takes longer than anybody wants to know.
COUNTED = 1_000
# Of the newest orders some have no Order yet: with so many more of them looked at, there mostly are enough that have.
_SPARE = 200
# So many rows are collected about as quickly as a page of them is met on the way past a million.
COLLECTED = 7_000


# Compared by being the same: the statements of those that are kept are kept too.
@dataclass(frozen=True, slots=True, eq=False)
class QueryPlan:
    """What filters leave of a grid.

    `values` and `plain`: of each filter over columns what was asked for, and its condition. `words`: the conditions of
    those over words, but for `streamed`, which so many orders hold that they are better read in the index's own order
    than looked up, and `newest` the ids of some that do. `ways`: what each of several values leaves, of which an index
    gives the rows in order.
    """

    grid: "Grid"
    values: Mapping[str, Any]
    plain: Mapping[str, ColumnElement[bool]]
    words: tuple[ColumnElement[bool], ...] = ()
    streamed: FullTextFilter | None = None
    newest: tuple[int, ...] = ()
    ways: tuple["QueryPlan", ...] = ()
    kept: bool = False

    @property
    def conditions(self) -> tuple[ColumnElement[bool], ...]:
        return (*self.besides, *(() if self.streamed is None else (self._among(self.streamed),)))

    @property
    def besides(self) -> tuple[ColumnElement[bool], ...]:
        """Every condition but the words that are streamed."""
        return (*self.words, *self.plain.values())

    @property
    def rows(self) -> Select[*tuple[Any, ...]]:
        return self.grid.select.where(*self.conditions)

    def lean(self, *columns: Any) -> Select[*tuple[Any, ...]]:
        """The ids of what is found, and these columns."""
        return self.read_of(*columns).with_only_columns(self.grid.id, *columns).where(*self.conditions)

    def read_of(self, *columns: Any) -> Select[*tuple[Any, ...]]:
        """Where ids and these columns are read: in the grid's own table alone where nothing asks for another."""
        tables = {self.grid.id.class_.__table__}
        asked = {
            part.table
            for asking in (*self.conditions, *columns)
            for part in visitors.iterate(asking.expression)
            if isinstance(part, ColumnOfTable)
        }
        return select(self.grid.id) if self.grid.row_per_entity and asked <= tables else self.grid.select

    def count(self, session: Session) -> int:
        """Exact up to COUNTED; one more means there are more."""
        if self.streamed is not None and not self.besides:
            return self._count_of_words(self.streamed, session)
        counting = _counting(self.lean()) if self.conditions and not self.kept else self.counting()
        return session.connection().scalar(counting, count_limit_params()) or 0

    def counting(self) -> Select[int]:
        """The statement that counts, with `bounded`, what has no conditions or is kept."""
        if self.kept:
            return _counting_kept(self)
        return _counting_all(self.grid.select, self.grid.id, row_per_entity=self.grid.row_per_entity)

    def _count_of_words(self, sought: FullTextFilter, session: Session) -> int:
        """Each Amazon order found may have no row in the grid, or several."""
        id_: Any = self.grid.amazon_order_id
        if id_ is self.grid.id:
            return COUNTED + 1
        rows = self.read_of(id_).with_only_columns(self.grid.id)
        of_newest = (
            session.scalar(_counting(rows.where(search.id_in(id_, self.newest, session))), count_limit_params()) or 0
        )
        if of_newest > COUNTED:
            return of_newest
        return session.scalar(_counting(search.join_matches(rows, id_, sought)), count_limit_params()) or 0

    def along(self, session: Session, sort: str, count: int) -> "QueryPlan":
        """The same by the quicker way to a page of them, in the order of the column `sort`; `count` is theirs."""
        if self.words or self.streamed is not None:
            # The index of words leads the way.
            return self._hiding(self.plain)
        leading = self._leading(sort)
        if len(self.plain) == len(leading) <= 1:
            return _parted_kept(self, tuple(leading)) if self.kept else self._parted(leading)
        if count <= COUNTED:
            return self._collected(session, COUNTED)
        if session.scalar(self.lean().order_by(None).offset(COLLECTED).limit(1)) is None:
            return self._collected(session, COLLECTED)
        return self._hiding(name for name in self.plain if name not in leading or self._several(name))

    def straight(self, sort: str) -> bool:
        """Whether one index leads along the order of this column, so that nothing has to be counted first."""
        if self.words or self.streamed is not None or (self.plain and not self.kept):
            return False
        leading = self._leading(sort)
        return len(self.plain) == len(leading) <= 1 and not any(map(self._several, leading))

    def _leading(self, sort: str) -> list[str]:
        """The filters whose rows an index gives in the order of this column."""
        return [name for name in self.plain if name in self.grid.index_orders.get(sort, ())]

    def _collected(self, session: Session, most: int) -> "QueryPlan":
        ids = session.scalars(self.lean().order_by(None).limit(most)).all()
        return QueryPlan(self.grid, {}, {}, words=(search.id_in(self.grid.id, ids, session),))

    def _parted(self, names: Iterable[str]) -> "QueryPlan":
        """Of several values of a filter, each has its rows in order; all of them together have not."""
        several = [name for name in names if self._several(name)]
        ways = [
            replace(self, plain={**self.plain, name: _condition(self.grid, name, [value])})
            for name in several
            for value in self.values[name]
        ]
        return replace(self, ways=tuple(ways))

    def _hiding(self, names: Iterable[str]) -> "QueryPlan":
        hidden = {name: no_index(self.plain[name]) for name in names}
        return replace(self, plain={**self.plain, **hidden}, kept=False)

    def _among(self, sought: FullTextFilter) -> ColumnElement[bool]:
        if self.grid.amazon_order_id is None:
            raise LookupError("The grid has no Amazon order to be found by its words.")
        return search.id_in_matches(self.grid.amazon_order_id, sought)

    def _several(self, name: str) -> bool:
        return isinstance(self.values[name], list | tuple) and len(self.values[name]) > 1


# Kept, since putting it together takes longer than running it.
@lru_cache(maxsize=256)
def _counting_all(rows: Select[*tuple[Any, ...]], id_: Any, *, row_per_entity: bool) -> Select[int]:
    return _counting(select(id_) if row_per_entity else rows.with_only_columns(id_))


@lru_cache(maxsize=256)
def _counting_kept(found: QueryPlan) -> Select[int]:
    return _counting(found.lean())


@lru_cache(maxsize=256)
def _parted_kept(found: QueryPlan, names: tuple[str, ...]) -> QueryPlan:
    return found._parted(names)  # noqa: SLF001 - the same, kept


def count_limit_params() -> dict[str, int]:
    """What statements that count are executed with."""
    return {"most_counted": COUNTED + 1}


def _counting(rows: Select[*tuple[Any, ...]]) -> Select[int]:
    counted = rows.order_by(None).limit(bindparam("most_counted", type_=Integer)).subquery()
    return select(func.count()).select_from(counted)


def plan(session: Session, grid: "Grid", filters: Mapping[str, Any]) -> QueryPlan:
    """What these filters leave. Where words are sought, their index is asked at once."""
    if filters and grid.key is not None and not any(grid.filters[name] in _OF_WORDS for name in filters):
        said = tuple((name, tuple(value) if isinstance(value, list) else value) for name, value in filters.items())
        return _kept(PlanCacheKey(grid, said))
    found = QueryPlan(grid, filters, {})
    for name, value in filters.items():
        condition = _condition(grid, name, value)
        if not isinstance(condition, FullTextFilter):
            found = replace(found, plain={**found.plain, name: condition})
            continue
        ids = search.newest_ids(session, condition, COUNTED + _SPARE)
        if len(ids) <= COUNTED:
            # A thousand ids are quickly looked up in whatever order is asked for.
            found = replace(found, words=(*found.words, search.id_in(grid.amazon_order_id, ids, session)))
        elif found.streamed is None:
            found = replace(found, streamed=condition, newest=tuple(ids))
        else:
            found = replace(found, words=(*found.words, search.id_in_matches(grid.amazon_order_id, condition)))
    return found


def _condition(grid: "Grid", name: str, value: Any) -> Any:
    """What a filter leaves. Whoever may not read personal data finds nothing by it: what is found would tell it."""
    condition = grid.filters[name](value)
    if grid.reads_personal:
        return condition
    if isinstance(condition, FullTextFilter):
        return condition.without_personal()
    return false() if is_personal(condition) else condition


# What looks for words: what was typed then is somebody's name as often as not, and is not kept.
_OF_WORDS = (search.full_text, search.by_name, search.by_number)


class PlanCacheKey:
    """A grid and what is asked of it, compared by all that the conditions depend on."""

    __slots__ = ("_key", "grid", "said")

    def __init__(self, grid: "Grid", said: tuple[tuple[str, Any], ...]) -> None:
        self.grid, self.said = grid, said
        self._key = (grid.key, grid.select, grid.sealed, grid.reads_personal, said)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PlanCacheKey) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


@lru_cache(maxsize=256)
def _kept(asked: PlanCacheKey) -> QueryPlan:
    plain = {name: _condition(asked.grid, name, value) for name, value in asked.said}
    return QueryPlan(asked.grid, dict(asked.said), plain, kept=True)
