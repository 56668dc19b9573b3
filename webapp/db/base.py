"""Base class and common column types of all tables."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, MetaData
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

# The longest word from Amazon that `webapp/amazon/json_fields.py` accepts, so that every accepted word fits its column.
# SQLite stores any length; PostgreSQL would refuse the row and with it the whole page.
WORD = 128

# For `__table_args__` of a table whose ids are in addresses, open pages, jobs or rows without a key to it: SQLite would
# give the id of a deleted newest row to the next one. Why: docs/adr/0012-ids-are-never-reused.md.
AUTOINCREMENT = {"sqlite_autoincrement": True}

_WITHOUT_OFFSET = len("2026-01-01 00:00:00.000000")

# Named constraints, because SQLite cannot drop one that has no name.
NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)


def _as_sqlite_writes(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.tzinfo is not UTC:
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        value = value.astimezone(UTC)
    return value.isoformat(" ", "microseconds")[:_WITHOUT_OFFSET]


def _as_postgresql_reads(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(f"{value} has no time zone")
    return value.isoformat(" ")


def _as_sqlite_reads(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text + "+00:00")


class UtcDateTime(TypeDecorator[datetime]):
    """A UTC datetime column. Values are timezone-aware; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        if value.tzinfo is not UTC:
            value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        if dialect.name != "sqlite":
            return super().bind_processor(dialect)
        # SQLAlchemy's own way to the same text takes ten times as long, and an imported order has a dozen instants.
        return _as_sqlite_writes

    def bind_many(self, values: Sequence[datetime | None], dialect: Dialect) -> list[Any]:
        """Convert values to the driver's form."""
        write = _as_sqlite_writes if dialect.name == "sqlite" else _as_postgresql_reads
        written, last, answer = None, None, []
        for value in values:
            if value is not last:
                # Most columns of a page of orders have the same time in each row.
                written, last = write(value), value
            answer.append(written)
        return answer

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Callable[[Any], Any] | None:
        # Likewise: a page of a list reads two hundred instants.
        return _as_sqlite_reads if dialect.name == "sqlite" else super().result_processor(dialect, coltype)
