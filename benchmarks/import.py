"""How quickly a page of Amazon's orders becomes mirror, Order, invoice, events and words, without the network.

    python -m benchmarks.import [--orders 5000] [--seed 1]

The yardstick, in the same run: the very same rows, upserted table by table with plain SQL, one transaction a page, into
a database with the same tables and indexes. It decides, encrypts and hashes nothing. The ratio is what counts; absolute
figures are the machine's.
"""

import argparse
import contextlib
import gc
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from simulator.sellers import DEMO_EU
from simulator.world import World
from webapp import create_app
from webapp.actions import accounts, search_index
from webapp.actions.importing import import_page
from webapp.amazon.parsing import unread_orders
from webapp.domain.amazon_orders import Participation
from webapp.domain.marketplaces import MARKETPLACES
from webapp.extensions import db
from webapp.models.engine import sqlite_module
from webapp.running import database
from webapp.settings import Settings

PAGE = 100
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


@contextlib.contextmanager
def fresh_desk() -> Iterator[tuple[Flask, Path]]:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings.load({}, data_dir=Path(folder) / "data"))
        database.upgrade(app)
        with app.app_context():
            yield app, Path(folder) / "data" / "channeldesk.db"
            db.engine.dispose()


def bodies(orders: int, seed: int) -> list[dict[str, Any]]:
    """The orders of one seller as searchOrders sends them, with every dataset."""
    world = World(f"many:{orders}", seed)
    mine = [record.body for record in world.orders.values() if record.seller_id == DEMO_EU.id]
    world.close()
    return mine


def connect(session: Session, now: datetime) -> int:
    fields = {
        name: str(value) for name, value in DEMO_EU.credentials("http://127.0.0.1:1").items() if name != "marketplaces"
    }
    there = [
        Participation(m.id, m.country_code, m.name, m.currency, m.domain, participating=True) for m in MARKETPLACES
    ]
    account = accounts.connect(session, fields, DEMO_EU.countries, there, backfill_days=60, now=now, by="benchmark")
    return account.id


def timed_import(session: Session, account_id: int, pages: list[list[dict[str, Any]]], now: datetime) -> float:
    """Seconds to parse and write all pages, one transaction each."""
    gc.collect()
    started = time.perf_counter()
    for page in pages:
        import_page(session, account_id, unread_orders(page), now=now, by="benchmark")
        session.commit()
    return time.perf_counter() - started


@contextlib.contextmanager
def documents() -> Iterator[list[tuple[int, str]]]:
    """The documents of the search index that are written inside; the index itself keeps no text to read them from."""
    written: list[tuple[int, str]] = []
    insert = search_index._insert

    def recording(session: Session, rows: Sequence[tuple[int, str]]) -> None:
        written.extend(rows)
        insert(session, rows)

    search_index._insert = recording
    try:
        yield written
    finally:
        search_index._insert = insert


def timed_upsert(source: Path, target: Path, pages: int, words: list[tuple[int, str]]) -> float:
    """Seconds to upsert the rows of `source` into the empty tables of `target` with plain SQL, and its documents."""
    with contextlib.closing(sqlite_module().connect(str(source))) as made:
        rows = {table: made.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}
        columns = {table: [column[1] for column in made.execute(f"PRAGMA table_info({table})")] for table in TABLES}
        keys = {table: [c[1] for c in made.execute(f"PRAGMA table_info({table})") if c[5]] for table in TABLES}
    statements = {table: upsert(table, columns[table], keys[table]) for table in TABLES}
    with contextlib.closing(sqlite_module().connect(str(target), isolation_level=None)) as connection:
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=OFF"):
            connection.execute(f"PRAGMA {pragma}")
        gc.collect()
        started = time.perf_counter()
        for number in range(pages):
            connection.execute("BEGIN IMMEDIATE")
            for table in TABLES:
                share = -(-len(rows[table]) // pages)
                connection.executemany(statements[table], rows[table][number * share : (number + 1) * share])
            share = -(-len(words) // pages)
            some = words[number * share : (number + 1) * share]
            connection.executemany("INSERT INTO search_documents (rowid, words) VALUES (?, ?)", some)
            connection.execute("COMMIT")
        return time.perf_counter() - started


def upsert(table: str, columns: list[str], keys: list[str]) -> str:
    marks = ", ".join("?" * len(columns))
    changes = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in keys)
    action = f"DO UPDATE SET {changes}" if changes else "DO NOTHING"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) ON CONFLICT ({', '.join(keys)}) {action}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--orders", type=int, default=5000, help="over all sellers of the simulator; one of them is imported"
    )
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    found = bodies(options.orders, options.seed)
    pages = [found[start : start + PAGE] for start in range(0, len(found), PAGE)]
    now = datetime.now(UTC)
    with fresh_desk() as (_, path):
        with Session(db.engine) as session:
            account_id = connect(session, now)
            with documents() as words:
                first = timed_import(session, account_id, pages, now)
            again = timed_import(session, account_id, pages, now + timedelta(minutes=1))
        with fresh_desk() as (_, empty):
            raw = timed_upsert(path, empty, len(pages), words)
    print(f"{len(found)} orders in {len(pages)} pages of {PAGE}, seed {options.seed}")
    print(f"import            {len(found) / first:9,.0f} orders/s")
    print(f"import again      {len(found) / again:9,.0f} orders/s, nothing changed")
    print(f"raw SQL upsert    {len(found) / raw:9,.0f} orders/s of the same rows")
    print(f"import / raw      {raw / first:9.2f}")


if __name__ == "__main__":
    main()
