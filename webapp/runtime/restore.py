"""Restore a backup into the data folder or the PostgreSQL database, and begin a fence."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from flask import Flask
from sqlalchemy import Connection, MetaData, delete, inspect, make_url, text
from sqlalchemy.exc import DBAPIError

from webapp import create_app
from webapp.backups import archive, snapshots, stores
from webapp.backups.snapshots import SQLITE_FILE, Manifest
from webapp.core import durable_files
from webapp.core.errors import CannotRunError
from webapp.core.extensions import db
from webapp.core.secret_keys import load_or_make
from webapp.core.settings import Settings
from webapp.core.temporary_files import temporary_folder
from webapp.db import high_water_mark
from webapp.domain import backups
from webapp.models.users import WebSession
from webapp.runtime import data_dir, migrate
from webapp.runtime.file_lock import create_run_lock
from webapp.services import fences

LATEST = "latest"


@dataclass(frozen=True, slots=True)
class RestoreResult:
    """A finished restore. `set_aside`: where the previous database is, or None. `margin`: numbers left out."""

    source: str
    manifest: Manifest
    set_aside: str | None
    margin: int


def restore(
    settings: Settings, source: str, *, force: bool = False, number_margin: int | None = None, now: datetime
) -> RestoreResult:
    """Restore a backup: a file, s3://bucket/prefix/name, or `latest` of the configured store. Raises CannotRunError.

    The backup is verified before anything is replaced. `force` sets an existing database aside. `number_margin`: the
    numbers of each sequence to leave out; by default few if the data folder has the high-water mark, else
    `fences.NUMBER_MARGIN`.
    """
    data_dir.prepare(settings.data_dir)
    with create_run_lock(settings.data_dir) as lock:
        if not lock.try_acquire():
            raise CannotRunError("Channeldesk is running on this data folder. Stop it, then restore.")
        if not settings.keys and not (settings.data_dir / "keys").exists():
            raise CannotRunError(
                f"The keys are missing. Put the file `keys` of the installation that made the backup into "
                f"{settings.data_dir}, or set CHANNELDESK_KEYS."
            )
        keys = load_or_make(settings)
        with temporary_folder(settings.data_dir) as folder:
            path = _fetch(settings, source, folder, now)
            contents = folder / "contents"
            contents.mkdir()
            archive.extract(path, keys, contents)
            manifest = snapshots.verify(contents, keys)
            app = create_app(settings)
            is_sqlite = make_url(settings.database).get_backend_name() == "sqlite"
            if is_sqlite is not (manifest.database == "sqlite"):
                raise CannotRunError(
                    f"This is a backup of a {manifest.database} database. It cannot be restored into another kind."
                )
            with app.app_context():
                try:
                    if is_sqlite:
                        set_aside = _place_sqlite(settings, contents, force=force, now=now)
                    else:
                        set_aside = _place_postgresql(app, contents, manifest, force=force, now=now)
                except DBAPIError as error:
                    raise CannotRunError(f"The backup was not restored: {error.orig}") from None
                finally:
                    db.engine.dispose()
        migrate.upgrade(app)
        margin = number_margin if number_margin is not None else _get_default_margin()
        with app.app_context():
            session = db.session()
            # Who signed out or was disabled since the backup must not be signed in again.
            session.execute(delete(WebSession))
            backup_at = datetime.fromisoformat(manifest.made_at)
            fences.start(session, fences.RESTORED, now=now, actor="cli", backup_at=backup_at, number_margin=margin)
            db.session.remove()
            db.engine.dispose()
    return RestoreResult(source, manifest, set_aside, margin)


def _get_default_margin() -> int:
    return fences.RECENT_MARGIN if high_water_mark.read() else fences.NUMBER_MARGIN


def _fetch(settings: Settings, source: str, folder: Path, now: datetime) -> Path:
    """Return the path of the backup, after loading it from its store if it is not a file."""
    if source != LATEST and not source.startswith("s3://"):
        path = Path(source).expanduser()
        if not path.is_file():
            raise CannotRunError(f"There is no file {path}.")
        return path
    target, _, name = source.rpartition("/") if source != LATEST else ("", "", "")
    store = stores.open_store(settings, target)
    if not name:
        names = store.list_names()
        made = backups.list_backups(names, now)
        if not made:
            ignored = backups.list_from_future(names, now)
            reason = f" Later than now, so not used: {', '.join(ignored)}. Name one to restore it." if ignored else ""
            raise CannotRunError(f"There is no backup in the configured store.{reason}")
        name = made[0]
    path = folder / name
    store.fetch(name, path)
    return path


def _place_sqlite(settings: Settings, contents: Path, *, force: bool, now: datetime) -> str | None:
    path = Path(make_url(settings.database).database or "").absolute()
    files = [path, *(path.with_name(path.name + suffix) for suffix in ("-wal", "-shm"))]
    existing = [file for file in files if file.exists()]
    aside = path.parent / f"before-restore-{now:%Y%m%dT%H%M%SZ}"
    if existing:
        _require_force(force, f"There is a database at {path}", f"moved to {aside}")
    # A rename needs the same disk, which the database need not be on.
    draft = path.with_name(f".{path.name}.restored")
    shutil.copyfile(contents / SQLITE_FILE, draft)
    draft.chmod(0o600)
    durable_files.flush(draft)
    if existing:
        aside.mkdir(mode=0o700)
        # Linked first, so that a power cut never leaves a data folder without a database.
        for file in existing:
            os.link(file, aside / file.name)
        for file in existing:
            if file != path:
                file.unlink()
    draft.replace(path)
    durable_files.flush(path.parent)
    return str(aside) if existing else None


def _place_postgresql(app: Flask, contents: Path, manifest: Manifest, *, force: bool, now: datetime) -> str | None:
    aside = f"before_restore_{now.astimezone(UTC):%Y%m%d_%H%M%S}"
    with db.engine.begin() as connection:
        others = connection.execute(
            text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend'"
            )
        ).scalar_one()
        if others:
            raise CannotRunError(
                "Other programs are connected to the database. Stop Channeldesk on all machines first."
            )
        schema = connection.execute(text("SELECT current_schema()")).scalar_one()
        has_tables = bool(inspect(connection).get_table_names())
        if has_tables:
            _require_force(force, "The database is not empty", f"kept as the schema {aside}")
            _rename_schema(connection, schema, aside)
    with _put_back_on_failure(schema, aside if has_tables else ""):
        command.upgrade(app.extensions["migrate"].migrate.get_config(), manifest.revision or "head")
        with db.engine.begin() as connection:
            tables = MetaData()
            tables.reflect(connection)
            names = [table.name for table in tables.sorted_tables if table.name in manifest.rows]
            unknown = set(manifest.rows) - set(names)
            if unknown:
                raise CannotRunError(
                    f"The backup has tables that this version does not know: {', '.join(sorted(unknown))}."
                )
            names.remove("alembic_version")
            snapshots.load_postgresql(connection, contents, manifest, names)
    return f"schema {aside}" if has_tables else None


def _rename_schema(connection: Connection, schema: str, aside: str) -> None:
    connection.execute(text(f'ALTER SCHEMA "{schema}" RENAME TO "{aside}"'))
    connection.execute(text(f'CREATE SCHEMA "{schema}"'))


@contextmanager
def _put_back_on_failure(schema: str, aside: str) -> Iterator[None]:
    try:
        yield
    except BaseException:
        db.engine.dispose()
        with db.engine.begin() as connection:
            connection.execute(text(f'DROP SCHEMA "{schema}" CASCADE'))
            if aside:
                connection.execute(text(f'ALTER SCHEMA "{aside}" RENAME TO "{schema}"'))
            else:
                connection.execute(text(f'CREATE SCHEMA "{schema}"'))
        raise


def _require_force(force: bool, existing: str, what: str) -> None:
    if not force:
        raise CannotRunError(f"{existing}. With --force it is {what}, and the backup takes its place.")
