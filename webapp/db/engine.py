"""Database engine settings. Reasons: docs/adr/0003-sqlite-by-default.md."""

import os
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

from webapp.db import compressed_json

try:
    import pysqlite3 as sqlite
except ImportError:  # No wheel for this platform; `channeldesk doctor` says what that costs.
    import sqlite3 as sqlite

# Errors are logged; what was being written, personal data among it, is not.
_ALWAYS = {"hide_parameters": True, "json_serializer": compressed_json.text}

# Seconds after which a connection that lay still is tried before it is used.
_SECONDS_TRUSTED = 10.0

# With WAL, NORMAL never damages the file, but a power cut may take the last commits with it.
_DURABLE, _LOSABLE = "synchronous=FULL", "synchronous=NORMAL"

# For who writes very many rows: a page of orders at a million changes more pages of the file than fit into the two
# megabytes SQLite keeps otherwise, and what does not fit is written twice. And what it writes is put into the file less
# often, since many of the pages change again soon. Who else commits still does so as soon as ever.
WRITE_PRAGMAS = ("PRAGMA cache_size=-8000", "PRAGMA wal_autocheckpoint=4000")

# Milliseconds a transaction on SQLite waits for the write lock.
_LOCK_WAIT = 10_000

_only_reading: ContextVar[bool] = ContextVar("only_reading", default=False)
_losable: ContextVar[bool] = ContextVar("losable_commits", default=False)
_lock_wait: ContextVar[int] = ContextVar("lock_wait", default=_LOCK_WAIT)


@contextmanager
def read_only() -> Iterator[None]:
    """Begin transactions inside without a write lock on SQLite, so that readers do not wait."""
    token = _only_reading.set(True)
    try:
        yield
    finally:
        _only_reading.reset(token)


@contextmanager
def losable_commits() -> Iterator[None]:
    """Let transactions begun inside be lost in a power cut on SQLite, because their work is repeated without them.

    Their commits do not wait for the disk (`synchronous=NORMAL`). All others do: what a user was shown as
    saved, and what is written before Amazon is called, must survive a power cut. The next of those takes the
    earlier commits to the disk as well, since the write-ahead log is written in order.
    """
    token = _losable.set(True)
    try:
        yield
    finally:
        _losable.reset(token)


def is_losable() -> bool:
    """Return whether transactions begun now may be lost in a power cut."""
    return _losable.get()


@contextmanager
def lock_wait(milliseconds: int | None) -> Iterator[None]:
    """Limit the wait for SQLite's write lock of transactions begun inside. None: the default wait."""
    token = _lock_wait.set(_LOCK_WAIT if milliseconds is None else milliseconds)
    try:
        yield
    finally:
        _lock_wait.reset(token)


def build_engine_options(url: str) -> dict[str, Any]:
    """Return the arguments of `create_engine` for this URL."""
    if url.startswith("sqlite"):
        connect = {"timeout": 10, "check_same_thread": False}
        # What `services/sqlite_statistics.py` has counted is read when a connection is opened.
        return {"module": find_sqlite_module(), "connect_args": connect, "pool_recycle": 3600, **_ALWAYS}
    # Locks and counters are written for READ COMMITTED, whatever the server's own default is.
    # Statements by themselves leave no transaction behind that would have to be ended.
    options = {"isolation_level": "READ COMMITTED", "skip_autocommit_rollback": True}
    return {**options, "connect_args": {"connect_timeout": 5}, **_ALWAYS}


def is_only_reading() -> bool:
    return _only_reading.get()


def build_reading_options(engine: Engine) -> dict[str, Any]:
    """Return the execution options of a read-only connection.

    PostgreSQL's statements then stand by themselves: at READ COMMITTED each sees what is there when it begins in any
    case, which saves two round trips. SQLite reads in one transaction, which costs no round trip.
    """
    return {} if engine.dialect.name == "sqlite" else {"isolation_level": "AUTOCOMMIT"}


def enlarge_cache(connection: Connection) -> None:
    """Enlarge the page cache of a SQLite connection before a large write."""
    if connection.dialect.name == "sqlite" and not connection.info.get("enlarged"):
        for pragma in WRITE_PRAGMAS:
            connection.exec_driver_sql(pragma)
        connection.info["enlarged"] = True


def find_sqlite_module() -> ModuleType:
    module: ModuleType = sqlite
    return module


def prepare(engine: Engine) -> None:
    """Configure SQLite for several processes, and PostgreSQL's disconnect handling. Does not connect.

    On both, a commit returns when it is on the disk; see `losable_commits` for the exception.
    """
    if engine.dialect.name != "sqlite":
        event.listen(engine, "connect", _commit_to_disk)
        event.listen(engine, "checkout", _Check(engine.dialect))
        return
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    if engine.url.database not in {None, "", ":memory:"}:
        file = _File(str(engine.url.database))
        event.listen(engine, "do_connect", file.open)
        event.listen(engine, "connect", file.note)
        event.listen(engine, "checkout", file.check)


def create_file(engine: Engine) -> None:
    """Create an empty SQLite database file if there is none. Connecting never does."""
    if engine.dialect.name == "sqlite" and engine.url.database:
        os.close(os.open(engine.url.database, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


class _File:
    """The file of a SQLite database, which may be deleted or replaced while connections to it are open.

    A connection goes on reading and writing a deleted file, and what it writes is lost. SQLite creates a file that is
    not there, and the installation would look empty.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path).absolute()

    def open(self, _dialect: Dialect, _record: Any, arguments: list[Any], options: dict[str, Any]) -> None:
        """Open the file with the driver, without creating it."""
        arguments[0] = f"{self._path.as_uri()}?mode=rw"
        options["uri"] = True

    def note(self, _connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["file"] = self._get_identity()

    def check(self, _connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        if record.info.get("file") != self._get_identity():
            raise InvalidatePoolError

    def _get_identity(self) -> tuple[int, int] | None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        return status.st_dev, status.st_ino


class _Check:
    """Check a pooled connection before it is used again.

    A server sends a message before it ends a connection. So the connection is tested, at the cost of a round trip, only
    if data is waiting to be read, or if the network may have dropped it silently.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def __call__(self, connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        now = time.monotonic()
        silent = now - record.info.get("used", 0.0)
        record.info["used"] = now
        try:
            if silent > _SECONDS_TRUSTED or _has_unread_data(connection):
                self._dialect.do_ping(connection)
        except self._dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error


def _has_unread_data(connection: Any) -> bool:
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return bool(waiting.poll(0))


def _commit_to_disk(connection: Any, _record: Any) -> None:
    """Override `synchronous_commit=off`, whether it is set for the server, the database or the role.

    A commit lost in a power cut may have recorded that a refund is being sent. Stronger settings than `on` are kept.
    """
    connection.autocommit = True
    try:
        connection.execute(
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        )
    finally:
        connection.autocommit = False


def _configure(connection: Any, record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    if not connection.execute("PRAGMA page_count").fetchone()[0]:
        # Only before the first table, for housekeeping to give free pages back. Later it would take the write lock.
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
    # fullfsync: on macOS, fsync alone leaves the data in the memory of the drive. It changes nothing elsewhere.
    for pragma in ("journal_mode=WAL", _DURABLE, "fullfsync=ON", "foreign_keys=ON", f"busy_timeout={_LOCK_WAIT}"):
        connection.execute(f"PRAGMA {pragma}")
    record.info["synchronous"] = _DURABLE


def _begin(connection: Connection) -> None:
    # SQLite refuses to change it inside a transaction.
    synchronous = _LOSABLE if _losable.get() else _DURABLE
    if connection.info.get("synchronous") != synchronous:
        connection.exec_driver_sql(f"PRAGMA {synchronous}")
        connection.info["synchronous"] = synchronous
    wait = _lock_wait.get()
    if connection.info.get("lock_wait", _LOCK_WAIT) != wait:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={wait}")
        connection.info["lock_wait"] = wait
    # A transaction that reads first and writes later fails at once with "database is locked" when another wrote in
    # between, whatever the busy timeout; one that takes the lock first waits its turn.
    connection.exec_driver_sql("BEGIN" if _only_reading.get() else "BEGIN IMMEDIATE")
