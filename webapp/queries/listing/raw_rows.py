"""Rows as they are stored: names encrypted, instants as the driver gives them.

Who knows already what he made of such a row need not open it, and a list is looked at again and again: opening the
names of fifty rows takes longer than finding them.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, cast, overload

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Dialect, Select, type_coerce
from sqlalchemy.types import NullType

# Makes of a row, as it is stored, one that says what it holds.
Open = Callable[[Sequence[Any]], Any]


class RowDecoder(NamedTuple):
    """`fields`: what the columns of its rows are called."""

    fields: tuple[str, ...]
    open: Open


class RawRows(Sequence[Any]):
    """Rows that are opened only where somebody looks at one; `stored` are they as they are stored."""

    __slots__ = ("form", "stored")

    def __init__(self, stored: Sequence[Sequence[Any]], form: RowDecoder) -> None:
        self.stored = stored
        self.form = form

    def __len__(self) -> int:
        return len(self.stored)

    @overload
    def __getitem__(self, at: int) -> Any: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Any]: ...
    def __getitem__(self, at: int | slice) -> Any:
        if isinstance(at, slice):
            return RawRows(self.stored[at], self.form)
        return self.form.open(self.stored[at])

    def __iter__(self) -> Iterator[Any]:
        return map(self.form.open, self.stored)


def select_raw(rows: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """The same rows, read as they are stored."""
    return rows.with_only_columns(*[_stored(column).label(column.key) for column in rows.selected_columns])


def _stored(column: ColumnElement[Any]) -> ColumnElement[Any]:
    # PostgreSQL's driver would read JSON of each row at once, and what it makes of it cannot be compared quickly.
    return sa.cast(column, sa.Text) if isinstance(column.type, sa.JSON) else type_coerce(column, NullType())


# Kept, since the class of the opened rows takes a while to make.
@lru_cache(maxsize=256)
def form(rows: Select[*tuple[Any, ...]], dialect: Dialect) -> RowDecoder:
    """How the rows of this statement, sealed, are opened."""
    fields = tuple(str(column.key) for column in rows.selected_columns)
    kind = cast("Any", NamedTuple("Opened", [(field, Any) for field in fields]))
    steps = [
        (at, read) for at, column in enumerate(rows.selected_columns) if (read := _reader(column, dialect)) is not None
    ]

    def opened(stored: Sequence[Any]) -> Any:
        values = list(stored)
        for at, read in steps:
            values[at] = read(values[at])
        return kind._make(values)

    return RowDecoder(fields, opened)


def _reader(column: ColumnElement[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """What makes of a value, as it is stored, what it means; None where it is that."""
    if isinstance(column.type, sa.JSON):
        return lambda text: None if text is None else json.loads(text)
    return column.type.dialect_impl(dialect).result_processor(dialect, None)
