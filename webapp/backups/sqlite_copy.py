"""Consistent, verified copies of a SQLite database while other processes use it."""

import contextlib
import os
import sqlite3 as standard
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from webapp.core import durable_files
from webapp.core.errors import CannotRunError
from webapp.db.engine import find_sqlite_module

# Suffixes of files that belong to an SQLite database.
_COMPANIONS = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class SqliteCopy:
    """A finished copy. `rows`: number of rows by table; `revision`: None when the database has no tables yet."""

    path: Path
    size: int
    revision: str | None
    rows: dict[str, int]


def copy(source: Path, target: Path) -> SqliteCopy:
    """Copy the database at `source` to `target`, which appears only when it is complete. Raises CannotRunError.

    All tables are read in one transaction: the copy holds what was committed when it began, and nothing of what is
    committed later. Its integrity and the row count of each table are checked, and it is on disk when this returns.
    """
    sqlite = find_sqlite_module()
    partial: Path | None = None
    try:
        # Only its owner may read it, from the first byte on.
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".partial", dir=target.parent)
        os.close(descriptor)
        partial = Path(name)
        copied = SqliteCopy(target, *_write(source, partial))
        durable_files.flush(partial)
        partial.replace(target)
        durable_files.flush(target.parent)
    except OSError as error:
        raise CannotRunError(f"No backup was made: {target} cannot be written ({error.strerror}).") from None
    except (sqlite.Error, standard.Error) as error:
        raise CannotRunError(
            f"No backup was made: {error}. See `channeldesk doctor` for the state of the database, and whether there "
            f"is room for it in {target.parent}."
        ) from None
    finally:
        if partial is not None:
            for suffix in ("", *_COMPANIONS):
                partial.with_name(partial.name + suffix).unlink(missing_ok=True)
    return copied


def _write(source: Path, partial: Path) -> tuple[int, str | None, dict[str, int]]:
    """Copy and verify the database; return size, revision and row counts."""
    sqlite = find_sqlite_module()
    with (
        contextlib.closing(_open(source)) as database,
        contextlib.closing(sqlite.connect(str(partial), isolation_level=None)) as written,
    ):
        # The counts and the copy are of the same state, since both are read in this transaction.
        database.execute("BEGIN")
        rows = count_rows(database)
        database.backup(written)
        database.execute("ROLLBACK")
        # A single file, which can also be opened in a read-only folder.
        written.execute("PRAGMA journal_mode=DELETE")
        problems = [line for (line,) in written.execute("PRAGMA integrity_check(3)") if line != "ok"]
        if problems:
            raise CannotRunError(
                f"No backup was made: the database {source} is damaged ({problems[0]}). Stop Channeldesk, keep a copy "
                "of the data folder, and restore the last good backup."
            )
        if count_rows(written) != rows:
            raise CannotRunError("No backup was made: the copy does not hold the rows of the database. Try again.")
        revision = None
        if "alembic_version" in rows:
            revision = written.execute("SELECT max(version_num) FROM alembic_version").fetchone()[0]
    return partial.stat().st_size, revision, rows


def _open(source: Path) -> Any:
    # Without mode=rw a database that is deleted at this moment would be created again, empty.
    return find_sqlite_module().connect(f"{source.as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=10)


def count_rows(database: Any) -> dict[str, int]:
    names = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
    return {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608
