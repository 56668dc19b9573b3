"""The location of Redis: the configured URL, or the socket of the embedded Valkey."""

import hashlib
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from webapp.core.settings import Settings

# The kernel allows 104 (macOS) or 108 bytes including the terminating zero.
LONGEST_SOCKET_PATH = 99
# The server's files that it did not start on are kept under this name and the time, so many of them.
ASIDE = "valkey.damaged-"


def get_url(settings: Settings) -> str:
    """Return the URL of the Redis in use."""
    return settings.redis_url or f"unix://{quote(str(get_socket_path(settings.data_dir)))}"


def get_socket_path(data_dir: Path) -> Path:
    """Return the socket's path: in the data folder, or in a private temporary folder when that path is too long."""
    path = data_dir / "valkey.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"channeldesk-{os.getuid()}-{digest}" / "valkey.sock"
    if len(os.fsencode(short)) <= LONGEST_SOCKET_PATH:
        return short
    return Path("/tmp") / short.relative_to(tempfile.gettempdir())  # noqa: S108 - private, see _private_folder


def find_last_damage(data_dir: Path) -> datetime | None:
    """Return the last time the server's folder was set aside, or None."""
    copies = list_damaged_copies(data_dir)
    return datetime.fromtimestamp(copies[-1].lstat().st_mtime, UTC) if copies else None


def list_damaged_copies(data_dir: Path) -> list[Path]:
    """List the damaged copies by name, the oldest first."""
    return sorted(data_dir.glob(f"{ASIDE}*"))
