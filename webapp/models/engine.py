"""How the database is spoken to. Facts behind each line: docs/adr/0003-sqlite-by-default.md."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, Engine, event

from webapp.models import packed

try:
    import pysqlite3 as sqlite
except ImportError:  # No wheel for this platform; `channeldesk doctor` says what that costs.
    import sqlite3 as sqlite

# Errors are logged; what was being written, personal data among it, is not.
_ALWAYS = {"hide_parameters": True, "json_serializer": packed.text}

_only_reading: ContextVar[bool] = ContextVar("only_reading", default=False)


@contextmanager
def only_reading() -> Iterator[None]:
    """Transactions begun inside take no write lock on SQLite, so that reading waits for nobody."""
    token = _only_reading.set(True)
    try:
        yield
    finally:
        _only_reading.reset(token)


def engine_options(url: str) -> dict[str, Any]:
    """What `create_engine` needs for this URL."""
    if url.startswith("sqlite"):
        connect = {"timeout": 10, "check_same_thread": False}
        # What `actions/statistics.py` has counted is read when a connection is opened.
        return {"module": sqlite_module(), "connect_args": connect, "pool_recycle": 3600, **_ALWAYS}
    # Locks and counters are written for READ COMMITTED, whatever the server's own default is.
    options = {"pool_pre_ping": True, "isolation_level": "READ COMMITTED", "connect_args": {"connect_timeout": 5}}
    return {**options, **_ALWAYS}


def sqlite_module() -> ModuleType:
    module: ModuleType = sqlite
    return module


def prepare(engine: Engine) -> None:
    """Attach what SQLite needs to be safe with several processes. Does not connect."""
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)


def _configure(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes later fails at once with "database is locked" when another wrote in
    # between, whatever the busy timeout; one that takes the lock first waits its turn.
    connection.exec_driver_sql("BEGIN" if _only_reading.get() else "BEGIN IMMEDIATE")
