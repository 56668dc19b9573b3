"""Check that the secret keys belong to the database: when keys are missing, and at every start."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Column, Connection, Engine, LargeBinary, cast, create_engine, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

import webapp.models  # noqa: F401 - so that every table is known
from webapp.core.settings import SettingError, Settings
from webapp.db.base import Base
from webapp.db.encryption import (
    DecryptionError,
    Encrypted,
    EncryptedBytes,
    EncryptedJson,
    field_cipher,
)
from webapp.db.engine import build_engine_options, read_only
from webapp.models.key_check import KeyCheck

_TEXT = b"channeldesk key check"
# Values of each encrypted column that are tried when there is no key check.
_SAMPLES = 3


class WrongKeysError(SettingError):
    """The database was written with other keys. Nothing has been changed."""


def has_encrypted_data(settings: Settings) -> bool:
    """Return whether there is a database that was written with keys. Connects unless it is a SQLite file.

    Raises SettingError when the database does not answer: it may hold data, so no keys may be created for it.
    """
    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite":
        return _is_file_with_content(url.database)
    options = {name: value for name, value in build_engine_options(settings.database).items() if name == "connect_args"}
    engine = create_engine(url, poolclass=NullPool, **options)
    try:
        with engine.connect() as connection:
            return _load_key_check(connection) is not None or any(_load_samples(connection))
    except DBAPIError as error:
        reason = str(error.orig).splitlines()[0] if str(error.orig) else type(error).__name__
        where = url.render_as_string(hide_password=True)
        raise SettingError(
            f"The database {where} cannot be used ({reason}). Start it, or correct DATABASE_URL."
        ) from None


def verify(engine: Engine, source: str, *, record: bool) -> None:
    """Check that the keys in use decrypt the data of the database. Raises WrongKeysError.

    `source`: where the keys came from. `record`: store the key check when there is none, and renew it when there is
    a new first key.
    """
    with read_only(), engine.connect() as connection:
        stored = _load_key_check(connection)
        if not (_can_decrypt(stored) if stored is not None else _can_decrypt_samples(connection)):
            raise WrongKeysError(
                f"The keys in {source} are not those this database was written with. Put the right keys back from your "
                "backup, or start with the database that belongs to these keys. Nothing has been changed."
            )
        can_record = record and inspect(connection).has_table(KeyCheck.__tablename__)
    if can_record and (stored is None or not field_cipher.uses_newest_key(stored)):
        _record(engine)


def _record(engine: Engine) -> None:
    table = KeyCheck.__table__
    value = field_cipher.encrypt_bytes(_TEXT)
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("LOCK TABLE key_check IN EXCLUSIVE MODE")
        connection.execute(table.delete())  # type: ignore[attr-defined]
        connection.execute(table.insert().values(id=1, value=value))  # type: ignore[attr-defined]


def _is_file_with_content(name: str | None) -> bool:
    if not name or name == ":memory:":
        return False
    path = Path(name)
    return path.exists() and path.stat().st_size > 0


def _load_key_check(connection: Connection) -> bytes | None:
    if not inspect(connection).has_table(KeyCheck.__tablename__):
        return None
    value = connection.scalar(select(KeyCheck.value).where(KeyCheck.id == 1))
    return None if value is None else bytes(value)


def _can_decrypt(value: bytes) -> bool:
    try:
        return field_cipher.decrypt_bytes(value) == _TEXT
    except DecryptionError:
        return False


def _can_decrypt_samples(connection: Connection) -> bool:
    """Return whether the keys decrypt a stored value, or there is none."""
    tried = False
    for column, value in _load_samples(connection):
        tried = True
        try:
            if isinstance(column.type, Encrypted):
                field_cipher.decrypt(value)
            else:
                field_cipher.decrypt_bytes(value)
        except DecryptionError:
            continue
        return True
    return not tried


def _load_samples(connection: Connection) -> Iterator[tuple[Column[object], bytes]]:
    """Yield some stored values of every encrypted column."""
    inspector = inspect(connection)
    for table in Base.metadata.sorted_tables:
        if not inspector.has_table(table.name):
            continue
        # A database that is about to be upgraded may lack the newest columns.
        stored = {column["name"] for column in inspector.get_columns(table.name)}
        for column in table.columns:
            if isinstance(column.type, Encrypted | EncryptedBytes | EncryptedJson) and column.name in stored:
                raw = cast(column, LargeBinary)
                for value in connection.scalars(select(raw).where(column.is_not(None)).limit(_SAMPLES)):
                    yield column, bytes(value)
