"""Run programs behind gunicorn and time their pages over a persistent connection."""

import http.client
import math
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

OURS = "Channeldesk"
WORKERS, THREADS = 2, 4
# Rounds that are not counted, and how many are at least.
WARMING, LEAST = 2, 5


@dataclass(eq=False)
class Server:
    """`cookie` is of somebody who is signed in; the programs' own sign-in gives it, see `sign_in`."""

    name: str
    port: int
    cookie: str
    pid: int
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def get(self, path: str) -> tuple[float, bytes]:
        """Request a page; return (milliseconds, the body as it was sent)."""
        headers = {"Cookie": self.cookie, "Accept-Encoding": "gzip, br, zstd", "Sec-Fetch-Site": "same-origin"}
        started = time.perf_counter()
        self.connection.request("GET", path, headers=headers)
        answer = self.connection.getresponse()
        body = answer.read()
        took = (time.perf_counter() - started) * 1000
        if answer.status != 200:
            raise RuntimeError(f"{self.name} answered {path} with {answer.status}: {answer.getheader('Location')}")
        return took, body

    def read(self, path: str) -> str:
        """Return the page uncompressed."""
        self.connection.request("GET", path, headers={"Cookie": self.cookie})
        return self.connection.getresponse().read().decode()

    def sign_in(self, path: str, fields: dict[str, str], token: str = "") -> None:
        """Send the form at `path` as a browser does; `token` is its field against forged requests, sent back."""
        self.connection.request("GET", path)
        answer = self.connection.getresponse()
        page, cookies = answer.read().decode(), _cookies(answer)
        if token:
            found = re.search(rf'name="{token}" value="([^"]+)"', page)
            if found is None:
                raise RuntimeError(f"{self.name} shows no form at {path}.")
            fields = {**fields, token: found[1]}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": _written(cookies)}
        self.connection.request("POST", path, urlencode(fields), headers)
        answer = self.connection.getresponse()
        answer.read()
        if answer.status not in {302, 303}:
            raise RuntimeError(f"{self.name} let nobody in: {answer.status}")
        self.cookie = _written(cookies | _cookies(answer))

    def memory(self) -> float:
        """Return the proportional memory of all its processes, in MB."""
        return sum(memory(pid) for pid in [self.pid, *children(self.pid)])

    def cpu(self) -> float:
        """Return the processor seconds used by its processes so far."""
        return sum(cpu(pid) for pid in [self.pid, *children(self.pid)])

    def maps(self, name: str) -> int:
        """Count its processes that have a file of this name mapped into memory."""
        processes = [self.pid, *children(self.pid)]
        return sum(f"/{name}\n" in Path(f"/proc/{pid}/maps").read_text() for pid in processes)


def _cookies(answer: http.client.HTTPResponse) -> dict[str, str]:
    every = SimpleCookie()
    for line in answer.headers.get_all("Set-Cookie", []):
        every.load(line)
    return {name: cookie.value for name, cookie in every.items()}


def _written(cookies: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


@contextmanager
def served(
    name: str, application: str, cookie: str, environment: dict[str, str], folder: Path | None = None, python: str = ""
) -> Iterator[Server]:
    """Run the WSGI application under gunicorn with two workers, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = [python or sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", "-k", "gthread"]
    words += ["-w", str(WORKERS), "--threads", str(THREADS), "--keep-alive", "60", "--no-control-socket"]
    # Nobody is answered any more when it ends, but connections are kept.
    words += ["--graceful-timeout", "1"]
    process = subprocess.Popen(
        [*words, "--preload", "--log-level", "warning", application], env={**os.environ, **environment}, cwd=folder
    )
    try:
        _wait(port, process)
        server = Server(name, port, cookie, process.pid)
        yield server
        server.connection.close()
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


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found] + [deeper for child in found for deeper in children(int(child))]


def cpu(pid: int) -> float:
    # Behind the name in brackets, which may hold anything: the fields from the third on.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) / 1024


@dataclass(frozen=True)
class Timing:
    """Milliseconds, and the bytes of the body as it was sent."""

    p50: float
    p99: float
    size: int
    times: int


@dataclass(frozen=True)
class Asked:
    """A page that is timed: `name` is what it is called with every program that has one like it.

    `who`: the program, in one of its settings.
    """

    server: Server
    name: str
    path: str
    who: str


def time_pages(pages: list[Asked], rounds: int, seconds: float = 30.0) -> dict[tuple[str, str], Timing]:
    """Return the timing of each (page's name, who).

    Each round requests all pages in another order, so that noise and what ran before affect all alike: a page that
    always follows one of its own program finds the processor's caches filled. One that has taken `seconds` in all is
    asked for no more, but five times at least.
    """
    took: dict[Asked, list[float]] = {page: [] for page in pages}
    sizes: dict[Asked, int] = {}
    warming, order = min(WARMING, rounds), random.Random(1)
    for turn in range(rounds + warming):
        for page in order.sample(pages, len(pages)):
            so_far = took[page]
            if turn >= warming + LEAST and sum(so_far) > seconds * 1000:
                continue
            milliseconds, body = page.server.get(page.path)
            sizes[page] = len(body)
            if turn >= warming:
                so_far.append(milliseconds)
    return {(page.name, page.who): _timing(every, sizes[page]) for page, every in took.items()}


def _timing(took: list[float], size: int) -> Timing:
    ordered = sorted(took)
    return Timing(statistics.median(ordered), ordered[max(0, math.ceil(len(ordered) * 0.99) - 1)], size, len(ordered))
