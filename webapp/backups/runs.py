"""Make a backup: take, encrypt, verify, store, and delete expired ones."""

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import make_url

from webapp.backups import archive, snapshots, stores
from webapp.backups.snapshots import Manifest
from webapp.core.errors import CannotRunError
from webapp.core.secret_keys import load_or_make
from webapp.core.settings import Settings
from webapp.core.temporary_files import temporary_folder
from webapp.domain import backups


@dataclass(frozen=True, slots=True)
class BackupResult:
    """A finished backup. `deleted`: the names of expired ones."""

    location: str
    size: int
    manifest: Manifest
    deleted: list[str]


def make(settings: Settings, *, target: str = "", now: datetime) -> BackupResult:
    """Make a backup in the store of `target`, or else of the settings. Raises CannotRunError.

    The copy, the archive and what is extracted from it to verify it are in the data folder meanwhile.
    """
    store = stores.open_store(settings, target)
    _check_database(settings)
    keys = load_or_make(settings)
    try:
        with temporary_folder(settings.data_dir) as folder:
            contents, extracted, path = folder / "contents", folder / "extracted", folder / backups.build_name(now)
            contents.mkdir()
            manifest = snapshots.take(settings.database, contents, now)
            archive.write(path, keys[0], contents)
            shutil.rmtree(contents)
            extracted.mkdir()
            archive.extract(path, keys, extracted)
            if snapshots.verify(extracted, keys) != manifest:
                raise CannotRunError("No backup was made: the archive holds another manifest.")
            shutil.rmtree(extracted)
            size = path.stat().st_size
            location = store.put(path)
    except OSError as error:
        raise CannotRunError(
            f"No backup was made: {settings.data_dir} cannot be written ({error.strerror}). It needs about three times "
            "the size of the database."
        ) from None
    expired = backups.list_expired(store.list_names(), settings.backup_days, settings.backup_weeks, now)
    for name in expired:
        store.delete(name)
    return BackupResult(location, size, manifest, expired)


def _check_database(settings: Settings) -> None:
    """Raise CannotRunError without a database, before a folder or keys are created for it."""
    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise CannotRunError(f"There is no database at {url.database}. Name the data folder with --data-dir.")
