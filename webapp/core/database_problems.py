"""Problems of the database: detection, advice, and one log line per cause instead of one per error.

`report` logs an error that `find_cause` explains; `find` looks for a problem.
"""

import logging
import os
import threading
import time
from pathlib import Path
from typing import NamedTuple

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError

from webapp.db.database_errors import Cause, find_cause, format_reason
from webapp.db.encryption import DecryptionError
from webapp.db.engine import read_only
from webapp.models.accounts import Account

log = logging.getLogger(__name__)

# Seconds between two log lines about one cause, and how long /healthz repeats a reported cause.
INTERVAL = 60
# Causes that `find` cannot detect.
_UNDETECTABLE = (Cause.DISK_FULL, Cause.DISK_ERROR, Cause.DAMAGED, Cause.KEYS)
# Bytes. Below this a page of an import may not fit any more.
LEAST_FREE = 16 * 1024 * 1024

# Advice for administrators, without paths and data: /healthz needs no sign-in.
ADVICE = {
    Cause.DISK_FULL: "The disk of the database is full. Pages can be read and nothing can be saved. Make room on the "
    "disk; Channeldesk goes on by itself.",
    Cause.READ_ONLY: "The database can only be read. Make its folder and file writable for the user Channeldesk runs "
    "as; if the system made the disk read-only, check the disk first.",
    Cause.LOCKED: "Another program has held the write lock of the database for longer than ten seconds. End the "
    "program that has the file open (a database browser, a copy, a second installation).",
    Cause.DISK_ERROR: "The disk of the database reports errors, or is full. Check the system's log and the free "
    "space; make a backup with `channeldesk backup` as long as it can be read.",
    Cause.MISSING: "The database is gone or cannot be opened. Stop Channeldesk, put the database or a backup back in "
    "its place, check who may open it, and start again.",
    Cause.DAMAGED: "The database is damaged, or another file was put in its place. Stop Channeldesk, keep a copy of "
    "the whole data folder, and restore the last good backup.",
    Cause.UNREACHABLE: "The database server does not answer. Start it, or correct DATABASE_URL; Channeldesk goes on by "
    "itself.",
    Cause.KEYS: "Stored data cannot be decrypted with the keys of this installation. Put the key they were written "
    "with back into the file `keys` (or CHANNELDESK_KEYS), and start Channeldesk again.",
}


class Problem(NamedTuple):
    """`reason`: the message of the driver or the system, or an empty string."""

    cause: Cause
    reason: str = ""

    @property
    def advice(self) -> str:
        return ADVICE[self.cause]


class _RateLimit:
    """Allows one report per cause and interval in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._allowed_at: dict[Cause, float] = {}
        self._suppressed: dict[Cause, int] = {}

    def allows(self, cause: Cause) -> bool:
        now = time.monotonic()
        with self._lock:
            last = self._allowed_at.get(cause)
            if last is not None and now - last < INTERVAL:
                self._suppressed[cause] = self._suppressed.get(cause, 0) + 1
                return False
            self._allowed_at[cause] = now
            return True

    def pop_suppressed(self, cause: Cause) -> int:
        """Return and reset the number of suppressed reports since the last allowed one."""
        with self._lock:
            return self._suppressed.pop(cause, 0)


_rate_limit = _RateLimit()


def report(error: BaseException, redis: Redis | None) -> Cause | None:
    """Log the problem behind `error` and store it for /healthz. Return None when the database is not the cause.

    Each job runs in its own process, so Redis stores which causes were logged in this interval. Without Redis each
    process logs one line per interval.
    """
    cause = find_cause(error)
    if cause is not None:
        report_problem(Problem(cause, format_reason(error)), redis)
    return cause


def report_problem(problem: Problem, redis: Redis | None) -> None:
    """Report a problem that `find` returned."""
    if not _rate_limit.allows(problem.cause) or not _is_first(problem.cause, redis):
        return
    suppressed = _rate_limit.pop_suppressed(problem.cause)
    reason = f" ({problem.reason})" if problem.reason else ""
    repeated = f" [{suppressed} more since the last such line]" if suppressed else ""
    log.error("%s%s%s", problem.advice, reason, repeated)


def list_reported(redis: Redis) -> list[Cause]:
    """List what any process reported within the last interval and `find` cannot detect. Raises RedisError."""
    return [cause for cause in _UNDETECTABLE if redis.exists(_get_key(cause))]


def _is_first(cause: Cause, redis: Redis | None) -> bool:
    if redis is None:
        return True
    try:
        return bool(redis.set(_get_key(cause), 1, nx=True, ex=INTERVAL))
    except RedisError as error:
        # On a full disk Redis may refuse writes too. Logging too often is better than not at all.
        log.debug("Redis did not keep that %s was logged: %s", cause, type(error).__name__)
        return True


def _get_key(cause: Cause) -> str:
    return f"channeldesk:database-problem:{cause}"


def find(engine: Engine, *, thorough: bool = False) -> Problem | None:
    """Look for a problem, without waiting for locks and without changing anything.

    `thorough` reads the whole SQLite database, which takes seconds to minutes.
    """
    try:
        return _find_file_problem(engine) or _find_content_problem(engine, thorough)
    except (DBAPIError, DecryptionError) as error:
        return Problem(find_cause(error) or Cause.UNREACHABLE, format_reason(error))


def _find_file_problem(engine: Engine) -> Problem | None:
    path = _get_sqlite_path(engine)
    if path is None:
        return None
    try:
        # The file is not opened: closing it would drop the locks of this process's connections.
        size = path.stat().st_size
        space = os.statvfs(path.parent)
    except OSError as error:
        return Problem(Cause.MISSING, error.strerror or "")
    if size == 0:
        return Problem(Cause.DAMAGED, "file is empty")
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):  # False on a read-only disk for root too.
        return Problem(Cause.READ_ONLY)
    if space.f_bavail * space.f_frsize < LEAST_FREE:
        return Problem(Cause.DISK_FULL, f"{space.f_bavail * space.f_frsize >> 20} MB are free")
    return None


def _get_sqlite_path(engine: Engine) -> Path | None:
    return Path(engine.url.database) if engine.dialect.name == "sqlite" and engine.url.database else None


def _find_content_problem(engine: Engine, thorough: bool) -> Problem | None:
    with read_only(), engine.connect() as connection:
        # An encrypted value: raises DecryptionError when none of the keys decrypts it.
        connection.execute(select(Account.client_secret).limit(1)).all()
        if connection.dialect.name != "sqlite":
            is_read_only = connection.execute(
                text("SELECT current_setting('transaction_read_only') = 'on'")
            ).scalar_one()
            return Problem(Cause.READ_ONLY) if is_read_only else None
        if thorough:
            result = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
            if result != "ok":
                return Problem(Cause.DAMAGED, result.splitlines()[-1])
    return None
