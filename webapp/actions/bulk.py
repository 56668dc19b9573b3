"""Many rows in one statement: their keys are known before they are written, so that parts can name their wholes."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from webapp.models.base import Base


def reserve(session: Session, model: type[Base], many: int) -> list[int]:
    """`many` unused ids of a table, ascending."""
    if session.get_bind().dialect.name == "postgresql":
        drawn = text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :many)")
        return sorted(session.scalars(drawn, {"table": model.__tablename__, "many": many}))
    # The transaction began IMMEDIATE: nobody else can be given an id before it ends.
    last = session.scalar(select(func.max(model.__table__.c.id))) or 0
    return list(range(last + 1, last + 1 + many))


def insert_many(session: Session, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that all name the same columns; what they leave out takes the column's default."""
    if rows:
        session.execute(insert(model.__table__), rows)  # type: ignore[arg-type] # Every model is a plain table.


def insert_absent(session: Session, model: type[Base], row: dict[str, Any]) -> None:
    """Insert a row unless its key is there. On PostgreSQL it waits for another who is just inserting it."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(model).values(row).on_conflict_do_nothing())


def insert_plain(session: Session, model: type[Base], columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows whose values the driver takes as they are: for the one table with dozens of small rows an order."""
    if not rows:
        return
    connection = session.connection()
    into = f"{model.__tablename__} ({', '.join(columns)})"
    if connection.dialect.name == "postgresql":
        # An order has dozens of these rows; a statement for each made importing a third slower.
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join("?" * len(columns))
    connection.exec_driver_sql(f"INSERT INTO {into} VALUES ({marks})", list(rows))  # noqa: S608 - names of ours
