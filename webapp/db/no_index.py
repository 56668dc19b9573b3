"""Keep SQLite from choosing an index for a condition, which is then tested on each row.

SQLite weighs a page of fifty rows as if all were wanted, and prefers to collect and sort a million.
"""

from typing import Any

from sqlalchemy import ColumnElement, Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class _unindexed(FunctionElement[Any]):  # noqa: N801 - named as SQL names functions
    # Not a boolean: SQLite would compare it with 1, for which it has to be computed first.
    type = Integer()
    inherit_cache = True


@compiles(_unindexed)
def _plain(element: Any, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)})"


@compiles(_unindexed, "sqlite")
def _for_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"+({compiler.process(element.clauses, **options)})"


def no_index(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition such that SQLite uses no index for it; PostgreSQL plans by the row limit."""
    return _unindexed(condition)
