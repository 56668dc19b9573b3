"""Measure the pages a server delivers per second: a few connections in one process that request continuously.

The client shares the machine with what it measures, so it does next to nothing: plain sockets, no parsing beyond where
an answer ends.
"""

import re
import selectors
import socket
import time
from dataclasses import dataclass, field

CONNECTIONS = 8
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass
class _Connection:
    socket: socket.socket
    got: bytearray = field(default_factory=bytearray)
    # Bytes of the whole answer, once its head is there.
    whole: int = 0
    asked: float = 0.0


@dataclass(frozen=True)
class Load:
    """`per_second`: answers; `p50` and `p99` of their milliseconds; `own`: of the client's CPU for one of them."""

    per_second: float
    p50: float
    p99: float
    own: float


def run(port: int, path: str, cookie: str, seconds: float, connections: int = CONNECTIONS) -> Load:
    """Run the load. Raises RuntimeError for a response other than 200 or of another length."""
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n"
    request = f"{head}Accept-Encoding: gzip, br, zstd\r\nSec-Fetch-Site: same-origin\r\n\r\n".encode()
    took: list[float] = []
    with selectors.DefaultSelector() as selector:
        every = [_Connection(socket.create_connection(("127.0.0.1", port))) for _ in range(connections)]
        for one in every:
            one.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(one.socket, selectors.EVENT_READ, one)
            _ask(one, request)
        started, worked = time.perf_counter(), time.process_time()
        until = started + seconds
        while time.perf_counter() < until or not took:
            for key, _ in selector.select(1.0):
                one = key.data
                if _answered(one):
                    took.append((time.perf_counter() - one.asked) * 1000)
                    _ask(one, request)
        passed, own = time.perf_counter() - started, time.process_time() - worked
        for one in every:
            one.socket.close()
    took.sort()
    p50, p99 = took[len(took) // 2], took[int(len(took) * 0.99)]
    return Load(len(took) / passed, p50, p99, own * 1000 / len(took))


def _ask(one: _Connection, request: bytes) -> None:
    one.got.clear()
    one.whole = 0
    one.asked = time.perf_counter()
    one.socket.sendall(request)


def _answered(one: _Connection) -> bool:
    """Return whether the response is complete."""
    part = one.socket.recv(1 << 18)
    if not part:
        raise RuntimeError("The server has hung up.")
    one.got += part
    if not one.whole:
        end = one.got.find(b"\r\n\r\n")
        if end < 0:
            return False
        length = _LENGTH.search(one.got, 0, end)
        if not one.got.startswith(b"HTTP/1.1 200") or length is None:
            raise RuntimeError(f"Not an answer to count: {bytes(one.got[:end])!r}")
        one.whole = end + 4 + int(length[1])
    return len(one.got) >= one.whole
