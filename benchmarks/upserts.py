"""The yardstick of the import: the very same rows, upserted table by table with plain SQL, one transaction a page.

It decides, encrypts and hashes nothing.
"""

import contextlib
import gc
import time
from collections.abc import Iterator
from typing import Any

from webapp.models.engine import sqlite_module

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


def timed(source: str, target: str, pages: int, words: list[tuple[int, str]]) -> float:
    """Seconds to upsert what `source` holds into the empty tables of `target`, and the documents of its index.

    Both are paths of SQLite files or URLs of PostgreSQL. SQLite's index keeps no text, so `words` are its documents.
    """
    postgresql = target.startswith("postgresql")
    with _reading(source) as made:
        rows = {table: made.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in TABLES}
        columns = {table: _columns(made.execute(f"SELECT * FROM {table} LIMIT 0")) for table in TABLES}
    statements = {table: upsert(table, columns[table], "%s" if postgresql else "?") for table in TABLES}
    rows[DOCUMENTS], mark = words, "%s" if postgresql else "?"
    statements[DOCUMENTS] = f"INSERT INTO {DOCUMENTS} (rowid, words) VALUES ({mark}, {mark})"
    with _writing(target) as connection:
        cursor = connection.cursor()
        gc.collect()
        started = time.perf_counter()
        for number in range(pages):
            cursor.execute("BEGIN" if postgresql else "BEGIN IMMEDIATE")
            for table, statement in statements.items():
                share = -(-len(rows[table]) // pages)
                some = rows[table][number * share : (number + 1) * share]
                if some:
                    cursor.executemany(statement, some)
            cursor.execute("COMMIT")
        return time.perf_counter() - started


def upsert(table: str, columns: list[str], mark: str) -> str:
    """Every table has the key `id`."""
    marks = ", ".join([mark] * len(columns))
    changes = ", ".join(f"{column} = excluded.{column}" for column in columns if column != "id")
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET {changes}"


def _columns(cursor: Any) -> list[str]:
    return [column[0] for column in cursor.description]


@contextlib.contextmanager
def _reading(database: str) -> Iterator[Any]:
    if not database.startswith("postgresql"):
        with contextlib.closing(sqlite_module().connect(database)) as connection:
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
    with contextlib.closing(sqlite_module().connect(database, isolation_level=None)) as connection:
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=OFF"):
            connection.execute(f"PRAGMA {pragma}")
        yield connection


def _postgresql(database: str) -> Any:
    import psycopg
    from psycopg.types.string import TextLoader

    connection = psycopg.connect(database, autocommit=True)
    # As it was written: what Python would make of it is nobody's concern here.
    for kind in ("json", "jsonb"):
        connection.adapters.register_loader(kind, TextLoader)
    return connection
