"""Definition of a list: its columns, its filters, and the statement of its rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import QueryableAttribute

from webapp.queries.listing.personal import is_personal

SIZE = 50


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list. `name` is used in URLs and templates.

    `sort_column`: what the list sorts by, None if the column is not sortable; `descending`: the direction of the first
    click on its head. `selects`: expressions selected only when the column is visible, so that nothing is read or
    decrypted that no row shows. `hidden`: not visible unless chosen. `tie_breaker`: orders rows with equal values, for
    a sort column of another table than the grid's own.
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
    """A list. `select` selects its rows; `filters` turn a validated value into a condition or a `FullTextFilter`.

    `sort` is the initial order as URLs write it, `size` the initial number of rows on a page. `shown`: the names of
    the chosen columns in the order of the page; empty for all that are not hidden.
    """

    select: Select[*tuple[Any, ...]]
    id: QueryableAttribute[int]
    columns: tuple[Column, ...]
    filters: Mapping[str, Callable[[Any], Any]]
    sort: str
    # Name of a sort column → the filters that share an index with it, which yields their rows in its order.
    index_orders: Mapping[str, frozenset[str]] = field(default_factory=dict)
    # Joins rows to the full-text index; None if no filter searches it.
    amazon_order_id: QueryableAttribute[int] | None = None
    # Each row of the table of `id` is one row of `select`, so that counting needs no join.
    row_per_entity: bool = False
    size: int = SIZE
    shown: tuple[str, ...] = ()
    # `select` before columns were chosen.
    base_select: Select[*tuple[Any, ...]] | None = None
    # Without this permission no personal column can be searched, filtered or sorted by.
    reads_personal: bool = False

    @property
    def visible(self) -> tuple[str, ...]:
        return self.shown or tuple(column.name for column in self.columns if not column.hidden)

    def choose(self, names: Sequence[str] = ()) -> "Grid":
        """Return the grid with only these columns, in this order. Ignores unknown names; none means the default."""
        existing = {column.name for column in self.columns}
        chosen = replace(self, shown=tuple(dict.fromkeys(name for name in names if name in existing)))
        visible = set(chosen.visible)
        extra = {part.key: part for column in self.columns if column.name in visible for part in column.selects}
        # A second choice replaces the first.
        base = self.select if self.base_select is None else self.base_select
        return replace(chosen, select=base.add_columns(*extra.values()), base_select=base)

    def for_reader(self, *, personal: bool) -> "Grid":
        """Return the grid for a user who may or may not read personal data."""
        return replace(self, reads_personal=personal)

    def without_personal(self) -> "Grid":
        """Return the grid without the personal expressions of its statement."""
        public = [column for column in self.select.selected_columns if not is_personal(column)]
        return replace(self, select=self.select.with_only_columns(*public, maintain_column_froms=True))

    def column(self, name: str) -> Column | None:
        """Return the column of this name if the reader may sort by it."""
        for column in self.columns:
            if column.name == name and column.sort_column is not None:
                return column if self.reads_personal or not is_personal(column.sort_column) else None
        return None
