"""Classify errors caused by the state of the database or its disk, not by the program or the request."""

import errno
from enum import StrEnum
from typing import Any

from sqlalchemy.exc import DBAPIError, OperationalError, StatementError

from webapp.db.encryption import DecryptionError


class Cause(StrEnum):
    """The reason the database cannot be used. The values are part of the response of `/healthz`."""

    DISK_FULL = "disk_full"
    READ_ONLY = "read_only"
    LOCKED = "locked"
    DISK_ERROR = "disk_error"
    MISSING = "missing"
    DAMAGED = "damaged"
    UNREACHABLE = "unreachable"
    KEYS = "keys"


class NotStoredError(Exception):
    """A request body could not be stored in the data folder. Werkzeug takes an OSError for a lost client."""

    def __init__(self, error: OSError) -> None:
        super().__init__(error.strerror or type(error).__name__)
        self.error = error


# SQLite's primary result codes: https://www.sqlite.org/rescode.html
_SQLITE = {
    3: Cause.READ_ONLY,  # PERM
    5: Cause.LOCKED,  # BUSY
    6: Cause.LOCKED,
    8: Cause.READ_ONLY,
    10: Cause.DISK_ERROR,  # IOERR
    11: Cause.DAMAGED,  # CORRUPT
    13: Cause.DISK_FULL,
    14: Cause.MISSING,  # CANTOPEN
    26: Cause.DAMAGED,  # NOTADB
}
_SQLITE_MOVED = 1032  # READONLY_DBMOVED
# PostgreSQL's SQLSTATEs: https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL = {
    "25006": Cause.READ_ONLY,
    "3D000": Cause.MISSING,
    "53100": Cause.DISK_FULL,
    "53300": Cause.UNREACHABLE,  # too many connections
    "55P03": Cause.LOCKED,
    "57P01": Cause.UNREACHABLE,
    "57P02": Cause.UNREACHABLE,
    "57P03": Cause.UNREACHABLE,
    "58030": Cause.DISK_ERROR,
    "XX001": Cause.DAMAGED,
    "XX002": Cause.DAMAGED,
}
# Errors of other files in the data folder: uploads, workbooks.
_SYSTEM = {
    errno.ENOSPC: Cause.DISK_FULL,
    errno.EDQUOT: Cause.DISK_FULL,
    errno.EROFS: Cause.READ_ONLY,
    errno.EIO: Cause.DISK_ERROR,
}


def find_cause(error: BaseException | None) -> Cause | None:
    """Return the reason the database or the data folder's disk is unusable; None for other errors."""
    if isinstance(error, DBAPIError):
        return _find_cause(error.orig, lost=error.connection_invalidated)
    if isinstance(error, StatementError):
        return find_cause(error.orig)
    if isinstance(error, NotStoredError):
        # A folder without write permission counts too: EACCES of another file does not concern the disk.
        return Cause.READ_ONLY if isinstance(error.error, PermissionError) else find_cause(error.error)
    if isinstance(error, OSError):
        return _SYSTEM.get(error.errno or 0)
    return Cause.KEYS if isinstance(error, DecryptionError) else None


def is_database_failure(error: BaseException) -> bool:
    """Return whether the database failed, rather than the statement: other requests will fail as well."""
    return isinstance(error, OperationalError) or (isinstance(error, DBAPIError) and find_cause(error) is not None)


def format_reason(error: BaseException) -> str:
    """Return the first line of the driver's message: no statement, parameters or row details."""
    origin = error.orig if isinstance(error, StatementError) and error.orig is not None else error
    lines = str(origin).splitlines()
    return lines[0] if lines else type(origin).__name__


def _find_cause(error: Any, *, lost: bool) -> Cause | None:
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        if code == _SQLITE_MOVED:
            return Cause.MISSING
        if str(error).startswith("no such table: "):  # Something emptied the file, or put another in its place.
            return Cause.DAMAGED
        return _SQLITE.get(code & 0xFF)
    state = getattr(error, "sqlstate", None)
    if state is None:
        # psycopg has no SQLSTATE for a server it could not connect to.
        is_operational = type(error).__name__ == "OperationalError"
        return Cause.UNREACHABLE if lost or is_operational else None
    if state.startswith("08"):
        return Cause.UNREACHABLE
    return _POSTGRESQL.get(state, Cause.UNREACHABLE if lost else None)
