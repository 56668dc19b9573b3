"""The secret keys of an installation: made once, kept in a file only its owner reads, or given by the environment."""

import os
import secrets
from pathlib import Path

from webapp.settings import SettingError, Settings

LEAST_LENGTH = 32


def load_or_make(settings: Settings) -> tuple[str, ...]:
    """The keys, newest first. Makes the file at the first start. Raises SettingError for keys too weak to use."""
    if settings.keys:
        return _checked(settings.keys.split(","), "CHANNELDESK_KEYS")
    path = settings.data_dir / "keys"
    if not path.exists():
        _make(path)
    if path.stat().st_mode & 0o077:
        raise SettingError(f"{path} can be read by other users. Take that away: chmod 600 '{path}'")
    return _checked(path.read_text().splitlines(), str(path))


def _make(path: Path) -> None:
    """Two processes may start at once: the hard link succeeds for one, and the other reads what that one wrote."""
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


def _checked(lines: list[str], where: str) -> tuple[str, ...]:
    keys = tuple(line.strip() for line in lines if line.strip())
    if not keys:
        raise SettingError(f"{where} holds no key. Put the key back: without it the personal data cannot be read.")
    if any(len(key) < LEAST_LENGTH for key in keys):
        raise SettingError(f"A key in {where} is shorter than {LEAST_LENGTH} characters; it protects nothing.")
    return keys
