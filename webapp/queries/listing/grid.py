"""What a grid is: its columns, and the statement its rows come from."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import QueryableAttribute

from webapp.queries.listing.personal import is_personal

SIZE = 50


@dataclass(frozen=True, slots=True)
class Column:
    """`name` as addresses and templates know it; `by` is what it sorts by, None where it cannot.

    `descending`: what the first click on its head gives. `shows`: what is selected for it alone, and only where it is
    shown, so that nothing is read or decrypted for nobody. `hidden`: a grid opens without it. `tie`: by which rows of
    the same value are in order, where an index of another table than the grid's own gives the order.
    """

    name: str
    sort_column: QueryableAttribute[Any] | None = None
    descending: bool = False
    selects: tuple[Any, ...] = ()
    hidden: bool = False
    tie_breaker: QueryableAttribute[int] | None = None
    # Whether one of its values comes from an encrypted column.
    personal: bool = field(init=False)

    def __post_init__(self) -> None:
        values = self.selects if self.sort_column is None else (*self.selects, self.sort_column)
        object.__setattr__(self, "personal", any(map(is_personal, values)))


@dataclass(frozen=True, slots=True)
class Grid:
    """`rows` selects what a row shows; `filters` turn a checked value into a condition, or into what is `Sought`.

    `sort` is the order to begin with, as an address writes it, and `size` how many rows are on a page unless it says
    so. `shown`: columns by name, in the order of the page; empty for all that are not hidden.
    """

    select: Select[*tuple[Any, ...]]
    id: QueryableAttribute[int]
    columns: tuple[Column, ...]
    filters: Mapping[str, Callable[[Any], Any]]
    sort: str
    # By the column sorted by: the filters whose rows an index gives in that order.
    index_orders: Mapping[str, frozenset[str]] = field(default_factory=dict)
    # By which the index of words finds rows; None where no filter asks it.
    amazon_order_id: QueryableAttribute[int] | None = None
    # Each row of the grid's own table is one row of `rows`, so that counting needs no other table.
    row_per_entity: bool = False
    size: int = SIZE
    shown: tuple[str, ...] = ()
    # Rows are handed on as they are stored, for who remembers what he made of them (`queries/listing/raw_rows.py`).
    sealed: bool = False
    # All that the conditions of its filters depend on beside what is asked for; None where that changes by itself.
    key: Hashable = None
    # `rows` before columns were chosen; None where none were.
    unchosen: Select[*tuple[Any, ...]] | None = None
    # Whether it is for somebody who may read personal data. Otherwise it neither searches, filters nor sorts by any.
    reads_personal: bool = False

    @property
    def visible(self) -> tuple[str, ...]:
        return self.shown or tuple(column.name for column in self.columns if not column.hidden)

    def choose(self, names: Sequence[str] = ()) -> "Grid":
        """The grid with these columns alone, in this order; unknown ones are left out, none at all are its own."""
        known = {column.name for column in self.columns}
        chosen = replace(self, shown=tuple(dict.fromkeys(name for name in names if name in known)))
        visible = set(chosen.visible)
        more = {part.key: part for column in self.columns if column.name in visible for part in column.selects}
        # A second choice replaces the first: a value that is selected twice cannot be read by its name.
        rows = self.select if self.unchosen is None else self.unchosen
        return replace(chosen, select=_showing(rows, *more.values()), unchosen=rows)

    def for_reader(self, *, personal: bool) -> "Grid":
        """The grid for somebody who may read personal data, or may not."""
        return replace(self, reads_personal=personal)

    def without_personal(self) -> "Grid":
        """The same grid, from whose rows everything personal is left out."""
        kept = [column for column in self.select.selected_columns if not is_personal(column)]
        return replace(self, select=self.select.with_only_columns(*kept, maintain_column_froms=True))

    def column(self, name: str) -> Column | None:
        """The column of this name, when one can sort by it."""
        found = next(
            (column for column in self.columns if column.name == name and column.sort_column is not None), None
        )
        if found is None or (is_personal(found.sort_column) and not self.reads_personal):
            return None
        return found


# Statements are put together once and kept: that takes longer than running them. Their number is that of the choices of
# columns and orders people make; who asks for ever new ones only makes the desk put them together again.
@lru_cache(maxsize=256)
def _showing(rows: Select[*tuple[Any, ...]], *more: Any) -> Select[*tuple[Any, ...]]:
    return rows.add_columns(*more)
