"""Upgrade the database to the newest revision, under the lock of the installation."""

import contextlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import DBAPIError

from webapp.backups import sqlite_copy
from webapp.core import key_check
from webapp.core.database_problems import ADVICE
from webapp.core.errors import CannotRunError
from webapp.core.extensions import db
from webapp.core.secret_keys import source
from webapp.core.settings import Settings
from webapp.db.database_errors import Cause, find_cause, format_reason
from webapp.db.engine import create_file

# An arbitrary constant.
_ADVISORY_LOCK = 0x0DE5C
# A file in the data folder that names the SQLite database made for it.
_NOTE = "database-path"


def upgrade(app: Flask) -> bool:
    """Upgrade to the newest revision; return whether anything was changed. Raises CannotRunError.

    Checks the secret keys before it changes anything. A SQLite database is copied first, since its changes of
    structure cannot be taken back.
    """
    from alembic import command

    settings: Settings = app.config["CHANNELDESK"]
    with app.app_context():
        config = app.extensions["migrate"].migrate.get_config()
        first_start = _is_first_start(db.engine, settings)
        try:
            with _lock_exclusively(db.engine):
                if first_start:
                    create_file(db.engine)
                current, newest = _read_revisions(db.engine, config)
                _check_keys(db.engine, settings)
                if current == newest:
                    _note_file(db.engine, settings)
                    return False
                copy = _copy(db.engine, settings, current) if current and db.engine.dialect.name == "sqlite" else None
                try:
                    command.upgrade(config, "head")
                except DBAPIError as error:
                    raise CannotRunError(_describe_failure(error, copy)) from error
                _check_keys(db.engine, settings)
                _note_file(db.engine, settings)
        except DBAPIError as error:
            raise CannotRunError(_describe_unreachable(db.engine, error)) from None
        finally:
            db.engine.dispose()
    return True


def _check_keys(engine: Engine, settings: Settings, *, record: bool = True) -> None:
    """Raise CannotRunError unless the keys are those that the database was encrypted with."""
    try:
        key_check.verify(engine, source(settings), record=record)
    except key_check.WrongKeysError as error:
        raise CannotRunError(str(error)) from None


def check_age(app: Flask) -> bool:
    """Begin a fence if the database is older than what was already sent; return whether one was begun."""
    from webapp.services import fences

    with app.app_context():
        try:
            # A PostgreSQL server is shared by machines of which each has its own data folder, also a new one.
            is_own_file = db.engine.dialect.name == "sqlite"
            return fences.start_if_behind(db.session(), now=datetime.now(UTC), mark_required=is_own_file)
        except DBAPIError as error:
            raise CannotRunError(_describe_unreachable(db.engine, error)) from None
        finally:
            db.session.remove()
            db.engine.dispose()


def verify_keys(app: Flask) -> None:
    """Check the secret keys of an application. Raises CannotRunError; changes nothing."""
    with app.app_context():
        try:
            _check_keys(db.engine, app.config["CHANNELDESK"], record=False)
        except DBAPIError as error:
            raise CannotRunError(_describe_unreachable(db.engine, error)) from None
        finally:
            db.engine.dispose()


def revision(app: Flask) -> tuple[str | None, str | None]:
    """Return (the database's revision, the newest one). Raises CannotRunError like `upgrade`; changes nothing."""
    with app.app_context():
        try:
            return _read_revisions(db.engine, app.extensions["migrate"].migrate.get_config())
        except DBAPIError as error:
            raise CannotRunError(_describe_unreachable(db.engine, error)) from None
        finally:
            db.engine.dispose()


def measure_clock_offset(app: Flask) -> int | None:
    """Return the largest difference to Amazon's clock last measured by an account, in seconds."""
    from webapp.models.accounts import Account

    with app.app_context():
        try:
            with db.engine.connect() as connection:
                measured = connection.scalars(
                    select(Account.clock_offset).where(Account.clock_offset.is_not(None))
                ).all()
        except DBAPIError as error:
            raise CannotRunError(_describe_unreachable(db.engine, error)) from None
        finally:
            db.engine.dispose()
    return max((ahead for ahead in measured if ahead is not None), key=abs, default=None)


def list_disabled_settings(app: Flask, names: Sequence[str]) -> list[str]:
    """Return the PostgreSQL settings among `names` that are off by default. Raises CannotRunError."""
    statement = text("SELECT name FROM pg_settings WHERE name = ANY(:names) AND reset_val = 'off' ORDER BY name")
    with app.app_context():
        try:
            with db.engine.connect() as connection:
                return list(connection.scalars(statement, {"names": list(names)}))
        except DBAPIError as error:
            raise CannotRunError(_describe_unreachable(db.engine, error)) from None
        finally:
            db.engine.dispose()


def _read_revisions(engine: Engine, config: object) -> tuple[str | None, str | None]:
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    assert isinstance(config, Config)  # noqa: S101 - narrows what the untyped Flask-Migrate hands out
    scripts = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current is not None:
        try:
            scripts.get_revision(current)
        except CommandError:
            raise CannotRunError(
                f"The database is of a newer Channeldesk (revision {current}). Run that version, or restore a copy "
                "made before it was upgraded."
            ) from None
    return current, scripts.get_current_head()


@contextlib.contextmanager
def _lock_exclusively(engine: Engine) -> Iterator[None]:
    """Lock migrations on PostgreSQL, where several machines may start at the same time."""
    if engine.dialect.name != "postgresql":
        yield
        return
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:number)"), {"number": _ADVISORY_LOCK})
        try:
            yield
        finally:
            _unlock(connection)


def _unlock(connection: Connection) -> None:
    connection.rollback()
    connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": _ADVISORY_LOCK})


def _copy(engine: Engine, settings: Settings, current: str) -> Path:
    folder = settings.data_dir / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"channeldesk-{current}-{datetime.now(UTC):%Y%m%d-%H%M%S}.db"
    return sqlite_copy.copy(Path(engine.url.database or "").absolute(), path).path


def find_missing_file(path: Path, settings: Settings) -> str:
    """Return an error message if the SQLite file `path` existed before and is missing now, else an empty string."""
    if path.exists():
        return ""
    note = settings.data_dir / _NOTE
    has_log = path.with_name(f"{path.name}-wal").exists()
    if not has_log and not (note.exists() and note.read_text() == str(path)):
        return ""
    return (
        f"The database {path} is gone. {ADVICE[Cause.MISSING]} To begin with an empty database instead, delete "
        f"{note} and {path.name}-wal."
    )


def _is_first_start(engine: Engine, settings: Settings) -> bool:
    """Return whether to create an SQLite file. Raises CannotRunError if there was one before."""
    path = _get_sqlite_path(engine)
    if path is None:
        return False
    if missing_file := find_missing_file(path, settings):
        raise CannotRunError(missing_file)
    return not path.exists()


def _note_file(engine: Engine, settings: Settings) -> None:
    """Record in the data folder that the database exists, so that a deleted one is not silently created again."""
    note, path = settings.data_dir / _NOTE, _get_sqlite_path(engine)
    if path is not None and not (note.exists() and note.read_text() == str(path)):
        note.write_text(str(path))
        note.chmod(0o600)


def _get_sqlite_path(engine: Engine) -> Path | None:
    return Path(engine.url.database) if engine.dialect.name == "sqlite" and engine.url.database else None


def _describe_unreachable(engine: Engine, error: DBAPIError) -> str:
    where = engine.url.render_as_string(hide_password=True)
    reason = format_reason(error)
    cause = find_cause(error)
    if cause not in {None, Cause.UNREACHABLE}:
        return f"The database {where} cannot be used ({reason}). {ADVICE[cause]}"
    return f"The database {where} cannot be used ({reason}). Start it, or correct DATABASE_URL."


def _describe_failure(error: DBAPIError, copy: Path | None) -> str:
    reason = str(error.orig).splitlines()[0]
    return f"The database could not be upgraded ({reason})." + (f" A copy from before is {copy}." if copy else "")
