"""The web server over real sockets: slow, idle and greedy clients, forwarded headers, bodies and streams."""

import asyncio
import contextlib
import http.client
import select
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask, Response, request

from tests.support.running_app import wait_until
from webapp.core.settings import Settings
from webapp.runtime import web_server
from webapp.runtime.connections import READ_SIZE, Connection, ConnectionRegistry, Limits
from webapp.web import trusted_hosts
from webapp.web.security_headers import HEADERS

PATIENCE = 30.0
SLOW_HEADER = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
SLOW_BODY = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n"


class Served:
    """A small application behind the product's server, and what its requests did."""

    def __init__(self, settings: Settings, limits: Limits, max_growth: int | None = None) -> None:
        self.entered = threading.Semaphore(0)
        self.release = threading.Event()
        self.stream_closed = threading.Event()
        self.app = Flask("served")
        self.app.config.update(CHANNELDESK=settings, MAX_CONTENT_LENGTH=1_000_000)
        self._add_routes()
        trusted_hosts.init_app(self.app, settings)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.listener.getsockname()[1]
        self.server = web_server.build_server(self.app, limits, max_growth)
        self.thread = threading.Thread(target=self.server.run, args=([self.listener],))

    def _add_routes(self) -> None:
        @self.app.route("/", methods=["GET", "POST"])
        def index() -> str:
            return f"{len(request.get_data())} bytes"

        @self.app.get("/seen")
        def seen() -> dict[str, str]:
            return {
                "address": request.remote_addr or "",
                "scheme": request.scheme,
                "host": request.host,
                "root": request.script_root,
                "path": request.path,
            }

        @self.app.get("/busy")
        def busy() -> str:
            self.entered.release()
            self.release.wait(PATIENCE)
            return "done"

        @self.app.post("/form")
        def form() -> dict[str, str]:
            return dict(request.form)

        @self.app.get("/stream")
        def stream() -> Response:
            def parts() -> Iterator[bytes]:
                try:
                    while True:
                        yield b"x" * 65536
                finally:
                    self.stream_closed.set()

            return Response(parts())

    def connect(self, source: str = "127.0.0.1") -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE, source_address=(source, 0))

    def get(self, path: str = "/", **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={name.replace("__", "-"): text for name, text in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.read()


@contextmanager
def serving(settings: Settings, limits: Limits | None = None) -> Iterator[Served]:
    served = Served(settings, limits or Limits())
    served.thread.start()
    try:
        wait_until(lambda: served.server.started)
        yield served
    finally:
        served.release.set()
        served.server.should_exit = True
        served.thread.join(PATIENCE)
        assert not served.thread.is_alive()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load({}, data_dir=tmp_path)


@pytest.fixture
def opened() -> Iterator[Callable[[socket.socket], socket.socket]]:
    """Keeps sockets open until the test ends."""
    with contextlib.ExitStack() as stack:
        yield stack.enter_context


def is_open(client: socket.socket) -> bool:
    """Whether the server has neither closed nor reset the connection. Reads what it has sent."""
    try:
        while select.select([client], [], [], 0)[0]:
            if not client.recv(65536):
                return False
    except ConnectionError:
        return False
    return True


def read_to_end(client: socket.socket) -> bytes:
    """What the server sends until it closes the connection."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while part := client.recv(65536):
            received += part
    return received


def is_closed_while_sending(client: socket.socket) -> bool:
    """Send one more byte; whether the server has closed the connection."""
    with contextlib.suppress(ConnectionError):
        client.send(b"x")
    return not is_open(client)


@pytest.mark.parametrize("begin", [b"", SLOW_HEADER, SLOW_BODY], ids=["idle", "slow header", "slow body"])
def test_pages_are_answered_while_two_hundred_slow_clients_are_connected(settings, opened, begin) -> None:
    with serving(settings, Limits(header=300, body=300)) as served:
        clients = [opened(served.connect()) for _ in range(200)]
        for client in clients:
            client.sendall(begin)
        for _ in range(5):
            for client in clients if begin else []:
                client.send(b"x")
            assert served.get() == (200, b"0 bytes")
        assert sum(map(is_open, clients)) == 200


def test_pages_are_answered_while_two_hundred_kept_connections_are_idle(settings, opened) -> None:
    with serving(settings, Limits(header=300, keep_alive=300)) as served:
        clients = [opened(served.connect()) for _ in range(200)]
        for client in clients:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert client.recv(65536).startswith(b"HTTP/1.1 200")
        assert served.get() == (200, b"0 bytes")
        assert sum(map(is_open, clients)) == 200


def test_the_shipped_limits_hold_two_hundred_clients_of_one_address_and_end_within_a_minute() -> None:
    limits = Limits()
    assert limits.per_address is not None
    assert 200 < limits.per_address < limits.total < 2048
    assert max(limits.header, limits.keep_alive, limits.body, limits.stalled_write) <= 60
    assert limits.body_rate >= 16 * 1024


@pytest.mark.parametrize("begin", [b"", b"\r\n", b"GET", SLOW_HEADER], ids=["nothing", "line", "word", "header"])
def test_a_header_that_is_not_received_in_time_ends_the_connection(settings, opened, begin) -> None:
    with serving(settings, Limits(header=0.5)) as served:
        client = opened(served.connect())
        client.sendall(begin)
        wait_until(lambda: not is_open(client), PATIENCE)


def test_a_header_sent_byte_by_byte_has_the_same_deadline(settings, opened) -> None:
    with serving(settings, Limits(header=0.5)) as served:
        client = opened(served.connect())
        client.sendall(SLOW_HEADER)
        wait_until(lambda: is_closed_while_sending(client), PATIENCE)


def test_a_body_sent_byte_by_byte_ends_at_its_deadline(settings, opened) -> None:
    with serving(settings, Limits(body=0.5, body_rate=10**9)) as served:
        client = opened(served.connect())
        client.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n")
        wait_until(lambda: is_closed_while_sending(client), PATIENCE)


def test_a_kept_connection_that_idles_or_drips_is_closed(settings, opened) -> None:
    with serving(settings, Limits(header=1, keep_alive=1)) as served:
        idle, dripping = opened(served.connect()), opened(served.connect())
        for client in (idle, dripping):
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert client.recv(65536).startswith(b"HTTP/1.1 200")
        dripping.sendall(SLOW_HEADER)
        wait_until(lambda: is_closed_while_sending(dripping), PATIENCE)
        wait_until(lambda: not is_open(idle), PATIENCE)


def test_a_large_body_may_take_as_long_as_its_size_allows(settings, opened) -> None:
    with serving(settings, Limits(body=0.001, body_rate=10)) as served:
        client, short = opened(served.connect()), opened(served.connect())
        client.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n")
        short.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n")
        wait_until(lambda: not is_open(short), PATIENCE)
        client.sendall(b"x" * 100_000)
        assert client.recv(65536).startswith(b"HTTP/1.1 200")


def test_the_oldest_waiting_connection_of_an_address_makes_room(settings, opened) -> None:
    with serving(settings, Limits(header=300, per_address=5)) as served:
        elsewhere = opened(served.connect("127.0.0.2"))
        clients = []
        for _ in range(20):
            clients.append(opened(served.connect()))
            assert served.get() == (200, b"0 bytes")
        wait_until(lambda: sum(map(is_open, clients)) <= 5, PATIENCE)
        assert is_open(clients[-1])
        assert is_open(elsewhere)


def test_the_address_with_most_connections_makes_room_when_all_are_taken(settings, opened) -> None:
    with serving(settings, Limits(header=300, total=6, per_address=None)) as served:
        few = [opened(served.connect("127.0.0.2")) for _ in range(2)]
        many = [opened(served.connect()) for _ in range(4)]
        other = opened(served.connect("127.0.0.3"))
        wait_until(lambda: sum(map(is_open, many)) == 3, PATIENCE)
        assert all(map(is_open, [*few, other]))


def test_a_connection_that_is_being_served_does_not_make_room(settings, opened) -> None:
    with serving(settings, Limits(per_address=2)) as served:
        busy = [opened(served.connect()) for _ in range(2)]
        for client in busy:
            client.sendall(b"GET /busy HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert served.entered.acquire(timeout=PATIENCE)
        late = opened(served.connect())
        wait_until(lambda: not is_open(late), PATIENCE)
        served.release.set()
        assert [client.recv(65536)[:12] for client in busy] == [b"HTTP/1.1 200"] * 2


def test_a_response_does_not_wait_for_the_acknowledgement_of_its_header(settings) -> None:
    with web_server.listen(replace(settings, port=0)) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_behind_a_trusted_proxy_its_address_has_no_limit_of_its_own(settings) -> None:
    assert web_server.get_limits(settings).per_address == Limits().per_address
    assert web_server.get_limits(replace(settings, trusted_proxies=1)).per_address is None


def test_a_response_that_is_not_read_frees_its_thread(settings, opened) -> None:
    with serving(settings, Limits(stalled_write=0.5)) as served:
        client = opened(served.connect())
        client.sendall(b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert served.stream_closed.wait(PATIENCE)


def test_the_own_server_responds_only_while_a_thread_is_free(settings, opened) -> None:
    with serving(replace(settings, web_threads=1)) as served:
        own = replace(settings, port=served.port)
        assert web_server.fetch(own, "/form") is not None
        client = opened(served.connect())
        client.sendall(b"GET /busy HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert served.entered.acquire(timeout=PATIENCE)
        assert web_server.fetch(own, "/form") is None


def test_a_stream_ends_when_its_reader_has_gone(settings) -> None:
    with serving(settings) as served:
        with served.connect() as client:
            client.sendall(b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert client.recv(65536).startswith(b"HTTP/1.1 200")
        assert served.stream_closed.wait(PATIENCE)


def test_a_request_that_is_being_served_is_answered_before_the_server_ends(settings, opened) -> None:
    with serving(settings) as served:
        client, idle = opened(served.connect()), opened(served.connect())
        client.sendall(b"GET /busy HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert served.entered.acquire(timeout=PATIENCE)
        served.server.should_exit = True
        wait_until(lambda: not is_open(idle), PATIENCE)
        served.release.set()
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
        served.thread.join(PATIENCE)
        assert not served.thread.is_alive()


@pytest.mark.parametrize("size", [0, 1, READ_SIZE, web_server.LARGEST_IN_MEMORY + 1, 1_000_000])
def test_bodies_of_every_size_are_received_whole(settings, size) -> None:
    with serving(settings) as served:
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request("POST", "/", b"x" * size)
            assert connection.getresponse().read() == f"{size} bytes".encode()
    assert list(settings.data_dir.iterdir()) == []


def test_a_body_that_is_too_large_is_refused(settings) -> None:
    with serving(settings) as served:
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request("POST", "/", b"x" * 1_000_001)
            assert connection.getresponse().status == 413


@pytest.mark.parametrize(
    "framing",
    [
        b"HTTP/1.1\r\nTransfer-Encoding: chunked",
        b"HTTP/1.1\r\ntransfer-encoding: Chunked\r\nConnection: keep-alive",
        b"HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked",
        b"HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 40",
        b"HTTP/1.0\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive",
    ],
)
@pytest.mark.parametrize("method", [b"POST", b"GET"])
def test_a_body_in_chunks_is_refused_and_hides_no_second_request(settings, opened, method, framing) -> None:
    hidden = b"GET /seen HTTP/1.1\r\nHost: localhost\r\n\r\n"
    body = b"3\r\na=b\r\n0\r\n\r\n" + hidden
    with serving(settings) as served:
        client = opened(served.connect())
        client.sendall(method + b" / " + framing + b"\r\nHost: localhost\r\n\r\n" + body)
        received = read_to_end(client)
    assert received.startswith(b"HTTP/1.1 411 ")
    assert received.count(b"HTTP/1.1 ") == 1
    assert all(name.lower().encode() in received for name in HEADERS)


@pytest.mark.parametrize(
    "framing",
    [
        b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding: xchunked",
        b"Transfer-Encoding : chunked",
        b"Content-Length: 3\r\nContent-Length: 4",
        b"Content-Length: +3",
        b"Content-Length: 3, 4",
        b"Content-Length: 0x3",
    ],
)
def test_a_body_without_a_certain_end_is_refused(settings, opened, framing) -> None:
    with serving(settings) as served:
        client = opened(served.connect())
        client.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\n" + framing + b"\r\n\r\na=bGET /seen HTTP/1.1\r\n\r\n")
        received = read_to_end(client)
    assert received.startswith(b"HTTP/1.1 400 ")
    assert received.count(b"HTTP/1.1 ") == 1


class RecordingProtocol(asyncio.Protocol):
    """Keeps the pieces of data it was given."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def data_received(self, data: bytes) -> None:
        self.pieces.append(data)


def test_data_is_parsed_in_small_pieces_so_that_connections_take_turns() -> None:
    async def transfer() -> list[bytes]:
        protocol = RecordingProtocol()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.sendall(b"x" * 10 * READ_SIZE)
            loop = asyncio.get_running_loop()
            registry = ConnectionRegistry(Limits(per_address=None))
            transport, _ = await loop.create_connection(lambda: Connection(protocol, registry), sock=ours)
            while sum(map(len, protocol.pieces)) < 10 * READ_SIZE:
                await asyncio.sleep(0)
            transport.abort()
        return protocol.pieces

    # In a thread of its own: a browser of another test may keep an event loop in this one.
    with ThreadPoolExecutor(1) as pool:
        pieces = pool.submit(lambda: asyncio.run(asyncio.wait_for(transfer(), PATIENCE))).result()
    assert b"".join(pieces) == b"x" * 10 * READ_SIZE
    assert max(map(len, pieces)) <= READ_SIZE <= 16 * 1024


def test_a_form_is_read_and_the_connection_is_kept(settings) -> None:
    with serving(settings) as served:
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            for word in ("one", "two"):
                headers = {"Content-Type": "application/x-www-form-urlencoded"}
                connection.request("POST", "/form", f"word={word}", headers)
                sock = connection.sock
                assert connection.getresponse().read() == f'{{"word":"{word}"}}\n'.encode()
                assert connection.sock is sock


FORGED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Protocol": "ssl",
    "X-Forwarded-Ssl": "on",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "1",
    "X-Forwarded-Prefix": "/evil",
    "Forwarded": "for=203.0.113.9;proto=https;host=evil.example",
    "X-Real-Ip": "203.0.113.9",
    "Script-Name": "/evil",
    "SCRIPT_NAME": "/seen",
    "PATH_INFO": "/evil",
    "Remote-Addr": "203.0.113.9",
    "REMOTE_ADDR": "203.0.113.9",
    "X_Forwarded_For": "203.0.113.9",
}


@pytest.mark.parametrize("name", FORGED)
def test_without_trusted_proxies_no_header_says_where_a_request_came_from(settings, name) -> None:
    with serving(settings) as served:
        plain = served.get("/seen")
        assert plain[0] == 200
        assert b'"address":"127.0.0.1"' in plain[1]
        assert served.get("/seen", **{name: FORGED[name]}) == plain


def test_with_one_trusted_proxy_only_the_last_header_counts(settings) -> None:
    with serving(replace(settings, trusted_proxies=1)) as served:
        _, body = served.get("/seen", X_Forwarded_For="1.1.1.1", **{"X-Forwarded-For": "6.6.6.6, 203.0.113.9"})
        assert b'"address":"203.0.113.9"' in body
        _, body = served.get("/seen", **{"X-Forwarded-For": "203.0.113.9", "X_Forwarded_For": "6.6.6.6"})
        assert b'"address":"203.0.113.9"' in body
        _, body = served.get("/seen", **{"SCRIPT_NAME": "/seen", "Script-Name": "/evil"})
        assert b'"root":""' in body


def test_a_server_that_has_grown_too_large_ends_once_its_requests_are_done(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_server, "_TICKS_BETWEEN_MEASUREMENTS", 1)
    sizes = [500]
    monkeypatch.setattr(web_server, "_measure_memory", lambda: sizes[0])
    served = Served(settings, Limits(), max_growth=100)
    served.thread.start()
    wait_until(lambda: served.server.started)
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(get, served.port, "/busy")
        assert served.entered.acquire(timeout=PATIENCE)
        sizes[0] = 601
        wait_until(lambda: served.server._is_too_large)
        assert served.thread.is_alive()
        served.release.set()
        assert answer.result(PATIENCE) == b"done"
    served.thread.join(PATIENCE)
    assert not served.thread.is_alive()
    served.listener.close()


@pytest.mark.skipif(sys.platform != "linux", reason="Linux says how large a process is")
def test_the_memory_of_this_process_is_measured() -> None:
    assert 5_000_000 < web_server._measure_memory() < 5_000_000_000


def get(port: int, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", path, headers={"Host": "localhost"})
    with contextlib.closing(connection):
        return connection.getresponse().read()
