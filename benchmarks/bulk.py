"""Write very many rows into unused tables, as quickly as the database allows."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from webapp.db.engine import find_sqlite_module


class Bulk:
    """A database as its own driver speaks to it."""

    postgresql = False

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def run(self, statements: str) -> None:
        for statement in filter(str.strip, statements.split(";")):
            self.connection.execute(statement)
        self.connection.commit()

    def value(self, statement: str) -> Any:
        return self.connection.execute(statement).fetchone()[0]

    def count(self, table: str) -> int:
        """Return the number of rows; 0 where the table does not exist."""
        return int(self.value(f"SELECT count(*) FROM {table}")) if self.has(table) else 0

    def has(self, table: str) -> bool:
        return bool(self.value(f"SELECT count(*) FROM sqlite_master WHERE name = '{table}'"))

    def drop(self, *tables: str) -> None:
        self.run(";".join(f"DROP TABLE IF EXISTS {table}" for table in tables))

    def add(self, table: str, rows: Iterable[tuple[Any, ...]], columns: str = "") -> None:
        """Insert rows whose values stand in the order of `columns`, or of the table; instants are aware and in UTC."""
        plain = [tuple(_text(value) for value in row) for row in rows]
        if plain:
            named = f" ({columns})" if columns else ""
            marks = ", ".join("?" * len(plain[0]))
            self.connection.executemany(f"INSERT INTO {table}{named} VALUES ({marks})", plain)
        self.connection.commit()

    def analyze(self) -> None:
        self.run("ANALYZE")

    def close(self) -> None:
        self.connection.close()


class Postgres(Bulk):
    postgresql = True

    def has(self, table: str) -> bool:
        return self.value(f"SELECT to_regclass('{table}')") is not None

    def add(self, table: str, rows: Iterable[tuple[Any, ...]], columns: str = "") -> None:
        named = f" ({columns})" if columns else ""
        with self.connection.cursor() as cursor, cursor.copy(f"COPY {table}{named} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        self.connection.commit()

    def analyze(self) -> None:
        self.connection.autocommit = True
        self.connection.execute("VACUUM ANALYZE")


def connect(database: str) -> Bulk:
    """Connect to `database`: the path of a SQLite file, or a URL of PostgreSQL."""
    if database.startswith("postgresql"):
        import psycopg

        return Postgres(psycopg.connect(database))
    connection = find_sqlite_module().connect(database)
    for pragma in ("journal_mode=WAL", "synchronous=OFF"):
        connection.execute(f"PRAGMA {pragma}")
    return Bulk(connection)


def _text(value: Any) -> Any:
    return value.replace(tzinfo=None).isoformat(" ") if isinstance(value, datetime) else value
