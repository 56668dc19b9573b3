"""Rows of related tables as one JSON value, so that a page needs a single query.

Each query costs a round trip, and its overhead exceeds the cost of the few rows it returns.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Generic, TypeVar

from sqlalchemy import JSON, Boolean, ColumnElement, FromClause, ScalarSelect, Select, Table, Text, cast, select
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from webapp.db.base import Base, UtcDateTime
from webapp.db.encryption import Encrypted

Row = TypeVar("Row", bound=tuple[Any, ...])


def table_of(model: type[Base]) -> Table:
    """Return the Core table of a model, for selects without the ORM."""
    table: Any = model.__table__
    return table


class JsonAggregate(Generic[Row]):
    """The rows of `statement` as one JSON value. Its conditions may name the correlated `outer_tables`.

    `row`: the NamedTuple they are read into, its fields in the order of the columns.
    """

    def __init__(self, row: type[Row], statement: Select[*tuple[Any, ...]], *outer_tables: FromClause) -> None:
        columns = list(statement.correlate(*outer_tables).subquery().c)
        self._row = row
        kinds = [(place, type(column.type)) for place, column in enumerate(columns)]
        self._readers = [(place, _READERS[kind]) for place, kind in kinds if kind in _READERS]
        self.value: ScalarSelect[str] = select(_json_rows(*map(_to_plain, columns))).scalar_subquery()

    def read(self, value: str | None) -> list[Row]:
        """Return the rows of this value, in no particular order."""
        rows: list[list[Any]] = json.loads(value) if value else []
        for place, reader in self._readers:
            for row in rows:
                if row[place] is not None:
                    row[place] = reader(row[place])
        return [self._row(*row) for row in rows]


class _json_rows(FunctionElement[str]):  # noqa: N801 - named as SQL names functions
    """The rows of a group as a JSON list of lists, as text; empty or NULL without rows."""

    type = Text()
    inherit_cache = True


@compiles(_json_rows, "sqlite")
def _for_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"json_group_array(json_array({compiler.process(element.clauses, **options)}))"


@compiles(_json_rows, "postgresql")
def _for_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"CAST(json_agg(json_build_array({compiler.process(element.clauses, **options)})) AS TEXT)"


def _to_plain(column: ColumnElement[Any]) -> ColumnElement[Any]:
    # The databases do not agree whether JSON in JSON is a text.
    return cast(column, Text) if isinstance(column.type, JSON) else column


def _parse_instant(text: str) -> datetime:
    """Parse a stored time: SQLite's has no zone, PostgreSQL's has that of the connection."""
    instant = datetime.fromisoformat(text)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


# Types that JSON does not know.
_READERS: dict[type, Callable[[Any], Any]] = {
    Boolean: bool,
    Encrypted: partial(Encrypted().process_result_value, dialect=DefaultDialect()),
    JSON: json.loads,
    UtcDateTime: _parse_instant,
}
