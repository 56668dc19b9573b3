"""Measure the import of a page of Amazon orders, with orders, invoices, events and index, without the network.

    python -m benchmarks.importing FOLDER [--database sqlite|postgresql|URL] [--orders 1000000] [--seed 1]

A hundredth of `--orders` is imported, into a new desk, and again; and the yardstick of the same run is the raw upsert
of the very same rows (`benchmarks/upserts.py`). Then a twentieth is imported to see whether memory stays as it is.
"""

import contextlib
import gc
import itertools
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from benchmarks import orders as made
from benchmarks import upserts
from benchmarks.fill import connect
from benchmarks.parts import Options, Result, Table, run
from benchmarks.places import Place, app_of, plain_url
from simulator.operations.world import World
from simulator.state.sellers import DEMO_EU
from webapp.amazon.order_schema import lazy_orders
from webapp.core.extensions import db
from webapp.db.engine import losable_commits
from webapp.runtime import gc_tuning, migrate
from webapp.services.listing import search_indexer
from webapp.services.sync.importing.import_page import import_page

PAGE = 100
LEAST, MOST = 200, 10_000


def measure(place: Place, options: Options) -> Result:
    # As in every process of the desk; the raw upsert has the good of it too.
    gc_tuning.freeze()
    found = bodies(min(MOST, max(LEAST, options.orders // 100)), options.seed)
    pages = [found[start : start + PAGE] for start in range(0, len(found), PAGE)]
    now = datetime.now(UTC)
    with place.fresh("import") as source, place.fresh("raw") as target:
        with upgraded(source), Session(db.engine) as session:
            account_id = connect(session, now, countries=DEMO_EU.countries)
            with documents() as words:
                first = timed_import(session, account_id, pages, now)
            with written() as rows:
                again = timed_import(session, account_id, pages, now + timedelta(minutes=1))
        with upgraded(target):
            pass
        raw = upserts.timed(plain_url(source), plain_url(target), len(pages), words)
    with place.fresh("memory") as settings, upgraded(settings), Session(db.engine) as session:
        many = min(50_000, max(LEAST, options.orders // 20))
        before, after = memory(session, many, now, options.seed)
    many_now = len(found)
    result = Result()
    result.figures = {
        "import": many_now / first,
        "import again": many_now / again,
        "import raw": many_now / raw,
        "import again/rows written": float(sum(rows)),
        "import memory": after / before,
    }
    lines = [
        ("import, with all product work", f"{many_now / first:,.0f}", f"{raw / first:.2f} of the raw upsert"),
        ("the same again, nothing changed", f"{many_now / again:,.0f}", f"{sum(rows)} rows written"),
        ("raw upsert of the same rows", f"{many_now / raw:,.0f}", ""),
    ]
    result.tables.append(Table(f"Import of {many_now:,} orders, {PAGE} a page", ("", "orders/s", ""), lines))
    result.notes.append(
        f"Memory (RSS) of an import of {many:,} orders: {before:.0f} MB when a tenth was in, {after:.0f} MB in the end."
    )
    return result


@contextlib.contextmanager
def upgraded(settings: Any) -> Iterator[Flask]:
    app = app_of(settings)
    migrate.upgrade(app)
    with app.app_context():
        try:
            yield app
        finally:
            db.engine.dispose()


def bodies(orders: int, seed: int) -> list[dict[str, Any]]:
    """Return one seller's orders as searchOrders sends them, with every dataset."""
    world = World(f"many:{orders}", seed)
    mine = [record.body for record in world.orders.values() if record.seller_id == DEMO_EU.id]
    world.close()
    return mine


def timed_import(session: Session, account_id: int, pages: list[list[dict[str, Any]]], now: datetime) -> float:
    """Return the seconds to parse and write all pages, one transaction each, committed as a sync does.

    On SQLite these commits do not wait for the disk (`synchronous=NORMAL`), and neither do those of the yardstick.
    """
    gc.collect()
    started = time.perf_counter()
    with losable_commits():
        for page in pages:
            import_page(session, account_id, lazy_orders(page), now=now, actor="benchmark")
            session.commit()
    return time.perf_counter() - started


def memory(session: Session, many: int, now: datetime, seed: int) -> tuple[float, float]:
    """Return this process's megabytes after importing a tenth of `many` orders, and after all."""
    account_id = connect(session, now, countries=made.COUNTRIES)
    left, done, before = made.orders(many, now, seed), 0, 0.0
    while page := list(itertools.islice(left, PAGE)):
        import_page(session, account_id, page, now=now, actor="benchmark")
        session.commit()
        done += len(page)
        if not before and done * 10 >= many:
            before = _resident()
    return before, _resident()


def _resident() -> float:
    gc.collect()
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1]) / 1024


@contextlib.contextmanager
def written() -> Iterator[list[int]]:
    """Count the rows written inside by each statement."""
    counts: list[int] = []

    def keep(_connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            counts.append(max(0, cursor.rowcount))

    event.listen(db.engine, "after_cursor_execute", keep)
    try:
        yield counts
    finally:
        event.remove(db.engine, "after_cursor_execute", keep)


@contextlib.contextmanager
def documents() -> Iterator[list[tuple[int, str]]]:
    """Collect the search index documents written inside; SQLite's index stores no text to read them from."""
    kept: list[tuple[int, str]] = []
    insert = search_indexer._insert_documents

    def recording(session: Session, documents: Sequence[tuple[int, str]]) -> None:
        kept.extend(documents)
        insert(session, documents)

    search_indexer._insert_documents = recording
    try:
        yield kept
    finally:
        search_indexer._insert_documents = insert


if __name__ == "__main__":
    run(__doc__, "importing", measure)
