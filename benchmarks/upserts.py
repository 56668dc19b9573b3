"""Baseline of the import: the same rows, upserted table by table with plain SQL, one transaction a page.

It decides, encrypts and hashes nothing.
"""

import contextlib
import gc
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from webapp.db.engine import WRITE_PRAGMAS, find_sqlite_module

TABLES = (
    "amazon_orders",
    "amazon_order_items",
    "amazon_packages",
    "amazon_order_versions",
    "orders",
    "order_items",
    "invoices",
    "invoice_items",
    "events",
)
DOCUMENTS = "search_documents"

Rows = Sequence[tuple[Any, ...]]


def timed(source: str, target: str, pages: int, words: list[tuple[int, str]]) -> float:
    """Return the seconds to upsert the rows of `source` into the empty tables of `target`, with index documents.

    Both are paths of SQLite files or URLs of PostgreSQL. SQLite's index keeps no text, so `words` are its documents.
    """
    with _reading(source) as made:
        rows = {table: made.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in TABLES}
        columns = {table: _columns(made.execute(f"SELECT * FROM {table} LIMIT 0")) for table in TABLES}
    rows[DOCUMENTS], columns[DOCUMENTS] = words, ["rowid", "words"]
    shares = {table: -(-len(found) // pages) for table, found in rows.items()}
    with _writing(target) as connection:
        cursor = connection.cursor()
        write = (_copying if target.startswith("postgresql") else _inserting)(cursor, columns)
        gc.collect()
        started = time.perf_counter()
        for number in range(pages):
            cursor.execute("BEGIN" if target.startswith("postgresql") else "BEGIN IMMEDIATE")
            for table, share in shares.items():
                if some := rows[table][number * share : (number + 1) * share]:
                    write(table, some)
            cursor.execute("COMMIT")
        return time.perf_counter() - started


def _inserting(cursor: Any, columns: dict[str, list[str]]) -> Callable[[str, Rows], None]:
    """Write rows into SQLite, whose full-text index has no conflict handling."""
    statements = {
        table: f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        + ("" if table == DOCUMENTS else _or_update(names))
        for table, names in columns.items()
    }
    return lambda table, rows: cursor.executemany(statements[table], rows)


def _copying(cursor: Any, columns: dict[str, list[str]]) -> Callable[[str, Rows], None]:
    """Write rows into PostgreSQL: copied to a temporary table, and upserted from there.

    That is quicker than a statement for each row, also when psycopg sends them without waiting for answers.
    """
    for table in columns:
        cursor.execute(f"CREATE TEMPORARY TABLE new_{table} (LIKE {table}) ON COMMIT DELETE ROWS")
    statements = {
        table: f"INSERT INTO {table} SELECT * FROM new_{table}{_or_update(names)}" for table, names in columns.items()
    }

    def write(table: str, rows: Rows) -> None:
        with cursor.copy(f"COPY new_{table} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(statements[table])

    return write


def _or_update(columns: list[str]) -> str:
    """Return the conflict clause. The first column is the key of every table."""
    key, *others = columns
    return f" ON CONFLICT ({key}) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in others)}"


def _columns(cursor: Any) -> list[str]:
    return [column[0] for column in cursor.description]


@contextlib.contextmanager
def _reading(database: str) -> Iterator[Any]:
    if not database.startswith("postgresql"):
        with contextlib.closing(find_sqlite_module().connect(database)) as connection:
            yield connection
        return
    with contextlib.closing(_postgresql(database)) as connection:
        yield connection


@contextlib.contextmanager
def _writing(database: str) -> Iterator[Any]:
    if database.startswith("postgresql"):
        with contextlib.closing(_postgresql(database)) as connection:
            # The rows come in the order of tables that name each other; SQLite does not look either.
            connection.execute("SET session_replication_role = replica")
            yield connection
        return
    with contextlib.closing(find_sqlite_module().connect(database, isolation_level=None)) as connection:
        # The cache size and the durability of the product's own import.
        settings = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", "PRAGMA foreign_keys=OFF")
        for pragma in (*settings, *WRITE_PRAGMAS):
            connection.execute(pragma)
        yield connection


def _postgresql(database: str) -> Any:
    import psycopg
    from psycopg.types.string import TextLoader

    connection = psycopg.connect(database, autocommit=True)
    # As it was written: what Python would make of it is nobody's concern here.
    for kind in ("json", "jsonb"):
        connection.adapters.register_loader(kind, TextLoader)
    return connection
