"""The contents of a backup: files with all rows of the database as of one moment, and a manifest to verify them by.

SQLite: a copy of the database. PostgreSQL: each table by COPY, in one repeatable-read transaction; its schema is that
of the recorded revision, which the migrations create. So no program of PostgreSQL is needed, of whatever version.
"""

import contextlib
import json
import sqlite3 as standard
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg import sql
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from webapp.backups import sqlite_copy
from webapp.core.errors import CannotRunError
from webapp.db.database_errors import format_reason
from webapp.db.encryption import DecryptionError, FieldCipher
from webapp.db.engine import find_sqlite_module

SQLITE_FILE = "channeldesk.db"
_MANIFEST = "manifest.json"
_COLUMNS = text(
    "SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN pg_tables t"
    " ON t.schemaname = c.table_schema AND t.tablename = c.table_name"
    " WHERE c.table_schema = current_schema() AND c.is_generated = 'NEVER' ORDER BY c.table_name, c.ordinal_position"
)
_SEQUENCES = text(
    "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = current_schema() AND last_value IS NOT NULL"
)


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. `rows`: number of rows by table. `columns` and `sequences` only for PostgreSQL."""

    made_at: str
    database: str
    revision: str | None
    rows: dict[str, int]
    columns: dict[str, list[str]] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)


def take(database: str, folder: Path, now: datetime) -> Manifest:
    """Write the rows of the database at this SQLAlchemy URL, and the manifest, into `folder`. Raises CannotRunError."""
    url = make_url(database)
    if url.get_backend_name() == "sqlite":
        path = Path(url.database or "").absolute()
        if not path.is_file():
            raise CannotRunError(f"There is no database at {path}. Name the data folder with --data-dir.")
        copied = sqlite_copy.copy(path, folder / SQLITE_FILE)
        manifest = Manifest(now.isoformat(), "sqlite", copied.revision, copied.rows)
    else:
        try:
            manifest = _dump_postgresql(database, folder, now)
        except DBAPIError as error:
            raise CannotRunError(f"No backup was made: {format_reason(error)}.") from None
    (folder / _MANIFEST).write_text(json.dumps(asdict(manifest)))
    return manifest


def verify(folder: Path, keys: Sequence[str]) -> Manifest:
    """Check the files of a backup against their manifest, and that the keys decrypt them. Raises CannotRunError."""
    try:
        manifest = Manifest(**json.loads((folder / _MANIFEST).read_text()))
    except (OSError, ValueError, TypeError):
        raise CannotRunError("The backup has no manifest that can be read.") from None
    check = _verify_sqlite(folder, manifest) if manifest.database == "sqlite" else _verify_copies(folder, manifest)
    if check is not None:
        cipher = FieldCipher()
        cipher.set_keys(tuple(keys))
        try:
            cipher.decrypt_bytes(check)
        except DecryptionError:
            raise CannotRunError("The keys do not decrypt the data of the backup.") from None
    return manifest


def load_postgresql(connection: Connection, folder: Path, manifest: Manifest, tables: Sequence[str]) -> None:
    """Fill the empty tables of the current schema, in this order. Does not commit."""
    cursor = connection.connection.cursor()
    for table in tables:
        with (folder / f"{table}.copy").open("rb") as file, cursor.copy(_copy(table, manifest, "FROM STDIN")) as copy:
            while data := file.read(1 << 20):
                copy.write(data)
    for name, value in manifest.sequences.items():
        connection.execute(text("SELECT setval(CAST(:name AS regclass), :value)"), {"name": name, "value": value})


def _dump_postgresql(database: str, folder: Path, now: datetime) -> Manifest:
    engine = create_engine(database, poolclass=NullPool)
    options: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with contextlib.closing(engine.connect().execution_options(**options)) as connection:
        columns: dict[str, list[str]] = {}
        for table, column in connection.execute(_COLUMNS):
            columns.setdefault(table, []).append(column)
        rows = {
            table: connection.execute(text(f'SELECT count(*) FROM "{table}"')).scalar_one()  # noqa: S608 - from the catalog
            for table in columns
        }
        revision = None
        if "alembic_version" in columns:
            revision = connection.execute(text("SELECT max(version_num) FROM alembic_version")).scalar_one()
        sequences: dict[str, int] = {name: value for name, value in connection.execute(_SEQUENCES)}  # noqa: C416 - rows
        manifest = Manifest(now.isoformat(), "postgresql", revision, rows, columns, sequences)
        cursor = connection.connection.cursor()
        for table in columns:
            with (
                (folder / f"{table}.copy").open("wb") as file,
                cursor.copy(_copy(table, manifest, "TO STDOUT")) as copy,
            ):
                for data in copy:
                    file.write(data)
    return manifest


def _copy(table: str, manifest: Manifest, direction: str) -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, manifest.columns[table]))
    return sql.SQL("COPY {} ({}) ").format(sql.Identifier(table), names) + sql.SQL(direction)


def _verify_sqlite(folder: Path, manifest: Manifest) -> bytes | None:
    """Check the copy; return the stored value by which keys are checked, if there is one."""
    sqlite = find_sqlite_module()
    path = folder / SQLITE_FILE
    try:
        with contextlib.closing(sqlite.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
            (result,) = database.execute("PRAGMA integrity_check(1)").fetchone()
            if result != "ok":
                raise CannotRunError(f"The database in the backup is damaged: {result}.")
            if sqlite_copy.count_rows(database) != manifest.rows:
                raise CannotRunError("The backup does not hold the rows of its manifest.")
            if "key_check" not in manifest.rows:
                return None
            row = database.execute("SELECT value FROM key_check").fetchone()
    except (sqlite.Error, standard.Error) as error:
        raise CannotRunError(f"The database in the backup cannot be read: {error}.") from None
    return bytes(row[0]) if row else None


def _verify_copies(folder: Path, manifest: Manifest) -> bytes | None:
    for table, expected in manifest.rows.items():
        try:
            with (folder / f"{table}.copy").open("rb") as file:
                # COPY writes one line for each row, and escapes line breaks in values.
                count = sum(1 for _ in file)
        except OSError:
            count = -1
        if count != expected:
            raise CannotRunError(f"The backup does not hold the rows of its manifest (table {table}).")
    if not manifest.rows.get("key_check"):
        return None
    values = (folder / "key_check.copy").read_text().splitlines()[0].split("\t")
    value = values[manifest.columns["key_check"].index("value")]
    # COPY doubles the backslash of a bytea in hex.
    return bytes.fromhex(value.removeprefix("\\\\x"))
