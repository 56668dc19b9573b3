"""Programs behind gunicorn, and how long their pages take: as a browser that stays connected sees them."""

import http.client
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

WORKERS, THREADS = 2, 4


@dataclass
class Server:
    """`cookie` is of somebody who is signed in. A page is asked for by a path, or a path that leads there."""

    name: str
    port: int
    cookie: str
    pid: int
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def get(self, path: str) -> tuple[float, bytes]:
        """(milliseconds, the body as it was sent)"""
        headers = {"Cookie": self.cookie, "Accept-Encoding": "gzip, br, zstd", "Sec-Fetch-Site": "same-origin"}
        started = time.perf_counter()
        self.connection.request("GET", path, headers=headers)
        answer = self.connection.getresponse()
        body = answer.read()
        took = (time.perf_counter() - started) * 1000
        if answer.status != 200:
            raise RuntimeError(f"{self.name} answered {path} with {answer.status}: {answer.getheader('Location')}")
        return took, body

    def memory(self) -> float:
        """Proportional memory of all its processes, in MB."""
        return sum(_memory(pid) for pid in [self.pid, *_children(self.pid)])


@contextmanager
def served(
    name: str, application: str, cookie: str, environment: dict[str, str], folder: Path | None = None, python: str = ""
) -> Iterator[Server]:
    """The WSGI application under gunicorn with two workers, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = [python or sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", "-k", "gthread"]
    words += ["-w", str(WORKERS), "--threads", str(THREADS), "--keep-alive", "60", "--no-control-socket"]
    process = subprocess.Popen(
        [*words, "--preload", "--log-level", "warning", application], env={**os.environ, **environment}, cwd=folder
    )
    try:
        _wait(port, process)
        yield Server(name, port, cookie, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("gunicorn did not start")


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found] + [deeper for child in found for deeper in _children(int(child))]


def _memory(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) / 1024


@dataclass(frozen=True)
class Timing:
    """Milliseconds, and the bytes of the body as it was sent."""

    p50: float
    p99: float
    size: int


def time_pages(pages: list[tuple[Server, str, str]], rounds: int) -> dict[tuple[str, str], Timing]:
    """(server's name, page's name) → its timing. Pages are asked for in turn, so that noise hits all alike."""
    took: dict[tuple[str, str], list[float]] = {}
    sizes: dict[tuple[str, str], int] = {}
    for turn in range(rounds + 2):
        for server, name, path in pages:
            milliseconds, body = server.get(path)
            sizes[server.name, name] = len(body)
            if turn >= 2:  # Two to warm up: one for each worker.
                took.setdefault((server.name, name), []).append(milliseconds)
    return {
        key: Timing(statistics.median(all_), sorted(all_)[max(0, int(len(all_) * 0.99) - 1)], sizes[key])
        for key, all_ in took.items()
    }
