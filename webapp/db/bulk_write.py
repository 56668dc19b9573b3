"""Write many rows in one statement, with ids allocated beforehand so that rows can refer to each other."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import JSON, Dialect, LargeBinary, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from webapp.db import compressed_json
from webapp.db.base import Base, UtcDateTime
from webapp.db.encryption import Encrypted, EncryptedJson

Rows = Sequence[dict[str, Any]]


def allocate_ids(session: Session, model: type[Base], many: int) -> list[int]:
    """Allocate `many` ascending ids of a table. Use them before allocating more."""
    if session.get_bind().dialect.name == "postgresql":
        # Looks up the name of the sequence once, not for each number.
        drawn = text(
            "SELECT nextval(ids.sequence) FROM generate_series(1, :many), "
            "(SELECT pg_get_serial_sequence(:table, 'id')::regclass AS sequence OFFSET 0) AS ids"
        )
        return sorted(session.scalars(drawn, {"table": model.__tablename__, "many": many}))
    # The transaction began IMMEDIATE: no other can allocate an id before it ends.
    last = session.connection().exec_driver_sql(_get_last_id(model)).scalar() or 0
    return list(range(last + 1, last + 1 + many))


def _get_last_id(model: type[Base]) -> str:
    name = model.__tablename__
    if model.__table__.dialect_options["sqlite"]["autoincrement"]:  # type: ignore[attr-defined]
        # The newest row may be gone, and no id is given twice.
        return f"SELECT seq FROM sqlite_sequence WHERE name = '{name}'"  # noqa: S608 - a name of ours
    return f"SELECT max(id) FROM {name}"  # noqa: S608 - a name of ours


def insert_many(session: Session, model: type[Base], rows: Rows) -> None:
    """Insert rows with the same columns; omitted columns take their default."""
    if not rows:
        return
    names, readers = _build_write_plan(model, tuple(rows[0]), session.connection().dialect)
    insert_rows(session, model.__tablename__, names, list(zip(*(read(rows) for read in readers), strict=True)))


def update_many(session: Session, model: type[Base], rows: Rows) -> None:
    """Update rows with the same columns, including the id."""
    if not rows:
        return
    connection = session.connection()
    names, readers = _build_write_plan(model, tuple(rows[0]), connection.dialect, defaults=False)
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    changes = ", ".join(f"{name} = {mark}" for name in names if name != "id")
    values = [read(rows) for name, read in zip(names, readers, strict=True) if name != "id"]
    statement = f"UPDATE {model.__tablename__} SET {changes} WHERE id = {mark}"  # noqa: S608 - names of ours
    connection.exec_driver_sql(statement, list(zip(*values, [row["id"] for row in rows], strict=True)))


def upsert_add(session: Session, model: type[Base], rows: Rows, amounts: Sequence[str]) -> None:
    """Insert complete rows; where the key exists, add the amounts to the stored ones."""
    if not rows:
        return
    connection = session.connection()
    names, readers = _build_write_plan(model, tuple(rows[0]), connection.dialect)
    table, mark = model.__tablename__, "%s" if connection.dialect.name == "postgresql" else "?"
    keys = ", ".join(column.name for column in model.__table__.primary_key)
    added = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in amounts)
    into = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join([mark] * len(names))})"  # noqa: S608 - names of ours
    values = list(zip(*(read(rows) for read in readers), strict=True))
    connection.exec_driver_sql(f"{into} ON CONFLICT ({keys}) DO UPDATE SET {added}", values)


@lru_cache(maxsize=256)
def _build_write_plan(
    model: type[Base], given: tuple[str, ...], dialect: Dialect, *, defaults: bool = True
) -> tuple[tuple[str, ...], tuple[Callable[[Rows], list[Any]], ...]]:
    """Return the columns to write, and a function for each that converts the values of all rows.

    What SQLAlchemy does for each row of a statement is found out once: an import writes dozens of rows an order.
    """
    columns = model.__table__.columns
    unknown = set(given) - set(columns.keys())
    if unknown:
        raise LookupError(f"{model.__tablename__} has no column {', '.join(sorted(unknown))}.")
    named = [column for column in columns if defaults or column.name in given]
    written = {column.name: _build_reader(column, column.name in given, dialect) for column in named}
    readers = {name: reader for name, reader in written.items() if reader is not None}
    return tuple(readers), tuple(readers.values())


def _build_reader(column: Any, given: bool, dialect: Dialect) -> Callable[[Rows], list[Any]] | None:
    """Return the function that converts a column's values, None if the database fills it."""
    name, default = column.name, column.default
    process = _process(column, dialect)
    if given:
        if isinstance(column.type, Encrypted | EncryptedJson | UtcDateTime):
            many = column.type.bind_many
            return lambda rows: many([row[name] for row in rows], dialect)
        if isinstance(column.type, JSON):
            return lambda rows: _format_texts([row[name] for row in rows])
        if process is None:
            return lambda rows: [row[name] for row in rows]
        return lambda rows: [process(row[name]) for row in rows]
    if default is None or default.is_sequence:
        return None
    if default.is_callable:
        return lambda rows: [default.arg(None) if process is None else process(default.arg(None)) for _ in rows]
    value = default.arg if process is None else process(default.arg)
    return lambda rows: [value] * len(rows)


def _process(column: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    """Return the converter to the driver's value. Drivers accept bytes unchanged, and JSON as its text."""
    if isinstance(column.type, JSON):
        return compressed_json.text
    if isinstance(column.type, LargeBinary):
        return None
    processor: Callable[[Any], Any] | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    return processor


def _format_texts(values: list[Any]) -> list[str]:
    """Serialize to JSON. Empty lists and objects are the most frequent and share one text."""
    nothing: dict[Any, str] = {list: "[]", dict: "{}"}
    return [
        nothing[type(value)] if not value and type(value) in nothing else compressed_json.text(value)
        for value in values
    ]


def insert_if_missing(session: Session, model: type[Base], row: dict[str, Any]) -> None:
    """Insert a row unless its key exists. On PostgreSQL it waits for a concurrent insert."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(model).values(row).on_conflict_do_nothing())


def insert_rows(session: Session, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows whose values are in the driver's form."""
    if not rows:
        return
    connection = session.connection()
    into = f"{table} ({', '.join(columns)})"
    if connection.dialect.name == "postgresql":
        # A statement for each row would make importing a third slower.
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join("?" * len(columns))
    connection.exec_driver_sql(f"INSERT INTO {into} VALUES ({marks})", list(rows))  # noqa: S608 - names of ours
