"""The secret keys of an installation: from the environment, or a file that only its owner can read."""

import os
import secrets
from pathlib import Path

from sqlalchemy.engine import make_url

from webapp.core import durable_files
from webapp.core.key_check import has_encrypted_data
from webapp.core.settings import SettingError, Settings

LEAST_LENGTH = 32


def load_or_make(settings: Settings) -> tuple[str, ...]:
    """Return the keys, newest first. Creates the file at the first start.

    Raises SettingError for keys too weak to use, and for a missing file when there is a database that needs it.
    """
    if settings.keys:
        return _check_keys(settings.keys.split(","), "CHANNELDESK_KEYS")
    path = settings.data_dir / "keys"
    if not path.exists():
        # Another process may have created both in the meantime.
        if has_encrypted_data(settings) and not path.exists():
            raise SettingError(missing(settings))
        _make(path)
    if not path.is_file():
        raise SettingError(f"{path} is not a file. Put the file with the keys back from your backup.")
    if path.stat().st_mode & 0o077:
        raise SettingError(f"{path} can be read by other users. Take that away: chmod 600 '{path}'")
    try:
        lines = path.read_text("utf-8").splitlines()
    except UnicodeDecodeError:
        raise SettingError(f"{path} is not text. Put the file with the keys back from your backup.") from None
    return _check_keys(lines, str(path))


def source(settings: Settings) -> str:
    """Return the source of the keys, for messages."""
    return "CHANNELDESK_KEYS" if settings.keys else str(settings.data_dir / "keys")


def missing(settings: Settings) -> str:
    """Return the message for a database whose keys are missing."""
    where = make_url(settings.database).render_as_string(hide_password=True)
    return (
        f"The secret keys are missing: there is a database ({where}), but no file {settings.data_dir / 'keys'}. Put "
        "the file back from your backup, or set CHANNELDESK_KEYS; new keys could not open what is stored. To begin "
        "anew, move the database away as well. Nothing has been changed."
    )


def _make(path: Path) -> None:
    """Create the key file. Of two processes that start at once, the hard link succeeds for one; the other reads it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"keys.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    # Without this a power cut may lose the file, and with it all that it encrypts.
    durable_files.flush(path.parent)


def _check_keys(lines: list[str], where: str) -> tuple[str, ...]:
    keys = tuple(line.strip() for line in lines if line.strip())
    if not keys:
        raise SettingError(f"{where} holds no key. Put the key back: without it the personal data cannot be read.")
    if any(len(key) < LEAST_LENGTH for key in keys):
        raise SettingError(f"A key in {where} is shorter than {LEAST_LENGTH} characters; it protects nothing.")
    return keys
