"""The web server: Uvicorn reads requests, threads run the application, on a socket that was opened before.

A thread is given to a request when its header and body have arrived, so slow or idle clients occupy none.
"""

import asyncio
import http.client
import io
import os
import resource
import signal
import socket
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any, cast

import uvicorn
from a2wsgi import WSGIMiddleware
from flask import Flask
from uvicorn.protocols.http.h11_impl import H11Protocol

from webapp.core import heartbeats
from webapp.core.errors import CannotRunError
from webapp.core.settings import Settings
from webapp.db.database_errors import NotStoredError
from webapp.runtime import connections
from webapp.runtime.connections import Connection, ConnectionRegistry, Limits
from webapp.web.security_headers import HEADERS, UNLESS_SET

GRACEFUL_STOP = 5
# Bytes by which the web server may grow before the supervisor replaces it: large exports and files leave it with
# several times the memory it needs, and Python does not give it back.
MAX_GROWTH = 96 * 1024 * 1024
# The event loop ticks ten times a second.
_TICKS_BETWEEN_MEASUREMENTS = 300
# A larger body is kept in an unnamed file of the data folder.
LARGEST_IN_MEMORY = 256 * 1024
# Sockets of clients, and what the program itself has open.
_OPEN_FILES = 2048
_REQUEST = "channeldesk.request"
_NO_CHUNKS = b"Send the length of the body in the header Content-Length, and the body in one piece.\n"

_Body = IO[bytes] | io.RawIOBase
_Scope = dict[str, Any]
_Receive = Callable[[], Awaitable[dict[str, Any]]]
_Send = Callable[[dict[str, Any]], Awaitable[None]]


def listen(settings: Settings) -> socket.socket:
    """Open the port. The supervisor keeps it open over restarts of the server. Raises CannotRunError."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=512)
    except OSError as error:
        raise CannotRunError(
            f"Port {settings.port} on {settings.host} cannot be opened ({os.strerror(error.errno or 0)}). "
            "Choose another one with --port, or end what uses it."
        ) from None
    except OverflowError:
        raise CannotRunError(f"{settings.port} is not a port; choose one up to 65535 with --port.") from None
    # Connections inherit it. Header and body are written one after the other: the body would wait for the client's
    # delayed acknowledgement of the header, which takes 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def run(app: Flask, listener: socket.socket, *, max_growth: int | None = None) -> None:
    """Serve until SIGTERM or SIGINT, then let requests end for up to GRACEFUL_STOP seconds.

    Also ends, between two requests, once the process has grown by `max_growth` bytes: the caller starts it again.
    """
    settings: Settings = app.config["CHANNELDESK"]
    _allow_open_files()
    # Uvicorn handles these while it runs and raises them again when it has ended.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    build_server(app, get_limits(settings), max_growth).run(sockets=[listener])


def get_limits(settings: Settings) -> Limits:
    """Return the limits for these settings: a trusted proxy opens the connections of all clients."""
    return Limits(per_address=None) if settings.trusted_proxies else Limits()


def fetch(settings: Settings, path: str) -> bytes | None:
    """Request a page of the own server within a second; None if it does not respond."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - compared, not bound
    connection = http.client.HTTPConnection(host, settings.port, timeout=1)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


class _Server(uvicorn.Server):
    """A server whose event loop sends the heartbeat of the process, and that ends when it has grown too large."""

    def __init__(self, config: uvicorn.Config, max_growth: int | None) -> None:
        super().__init__(config)
        self._max_memory = None if max_growth is None else _measure_memory() + max_growth
        self._is_too_large = False

    async def on_tick(self, counter: int) -> bool:
        heartbeats.beat()
        is_due = counter % _TICKS_BETWEEN_MEASUREMENTS == _TICKS_BETWEEN_MEASUREMENTS - 1
        if self._max_memory is not None and is_due:
            self._is_too_large = _measure_memory() > self._max_memory
        is_over = self._is_too_large and not self.server_state.tasks
        return bool(await super().on_tick(counter)) or is_over


def _measure_memory() -> int:
    """Return the bytes of this process that are in memory and not of a file; 0 where Linux does not say so."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    rows = dict(line.split(":", 1) for line in status.splitlines())
    return int(rows.get("RssAnon", "0 kB").split()[0]) * 1024


def build_server(app: Flask, limits: Limits, max_growth: int | None = None) -> uvicorn.Server:
    """Create a server that is not yet running."""
    registry = ConnectionRegistry(limits)

    def create_protocol(**options: Any) -> asyncio.BaseProtocol:
        return Connection(H11Protocol(**options), registry)

    settings: Settings = app.config["CHANNELDESK"]
    config = uvicorn.Config(
        _WholeRequests(app, settings.web_threads, settings.data_dir, int(app.config["MAX_CONTENT_LENGTH"])),
        # Typed as a class; it is only called.
        http=cast("Any", create_protocol),
        loop="asyncio",
        ws="none",
        lifespan="off",
        interface="asgi3",
        # Requests carry one-time links and search terms in their addresses, so they are not logged at any level.
        log_config=None,
        log_level="error",
        access_log=False,
        # `webapp.web.trusted_hosts` reads the headers of trusted proxies; nothing else uses them.
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=limits.keep_alive,
        timeout_graceful_shutdown=GRACEFUL_STOP,
    )
    return _Server(config, max_growth)


def _allow_open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


class _Request:
    """A request whose body has been read, and the connection it came on."""

    def __init__(self, connection: Connection, body: _Body) -> None:
        self.connection, self.body = connection, body


class _UnreadableBody(io.RawIOBase):
    """The body of a request that could not be stored. Raises NotStoredError where the application reads it."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self._error = error

    def readable(self) -> bool:
        return True

    def readinto(self, _buffer: Any) -> int:
        raise NotStoredError(self._error)


class _WholeRequests:
    """ASGI application that reads a request to its end before a thread runs the WSGI application on it."""

    def __init__(self, app: Flask, threads: int, folder: Path, largest: int) -> None:
        self._app = app
        self._folder = folder
        self._largest = largest
        self._threads: Any = WSGIMiddleware(self._run, workers=threads)

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        connection = connections.current.get()
        # WSGI gives `X_Forwarded_For` the name of `X-Forwarded-For`, so proxies would pass it on unchecked.
        headers = [(name, value) for name, value in scope["headers"] if b"_" not in name]
        if any(name == b"transfer-encoding" for name, _ in headers):
            await _refuse_chunks(send)
            return
        announced = next((int(value) for name, value in headers if name == b"content-length"), 0)
        number = connection.begin_body(min(announced, self._largest))
        try:
            with tempfile.SpooledTemporaryFile(LARGEST_IN_MEMORY, dir=str(self._folder)) as body:
                readable: _Body = body
                # The application refuses a body that is announced as too large, without reading it.
                if announced <= self._largest:
                    try:
                        if not await self._read(receive, body):
                            return
                    except OSError as error:
                        readable = _UnreadableBody(error)
                connection.begin_response()
                whole = {**scope, "headers": headers, _REQUEST: _Request(connection, readable)}
                await self._threads(whole, receive, send)
        finally:
            connection.finish(number)

    async def _read(self, receive: _Receive, body: IO[bytes]) -> bool:
        """Read the body into a file. False when the client has gone. Raises OSError when the file cannot be written."""
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return False
            body.write(message.get("body", b""))
            if not message.get("more_body", False):
                body.seek(0)
                return True

    def _run(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        """Run the WSGI application, in a thread."""
        request: _Request = environ["asgi.scope"][_REQUEST]
        environ.update(
            {"wsgi.input": request.body, "wsgi.errors": sys.stderr, "wsgi.multiprocess": False, "SCRIPT_NAME": ""}
        )
        return _iterate_until_lost(self._app(environ, start_response), request.connection)


async def _refuse_chunks(send: _Send) -> None:
    """Answer 411 and close the connection.

    No browser sends a form in chunks, and proxies could disagree with this server about where such a request ends.
    """
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(_NO_CHUNKS)),
        "Connection": "close",
        **HEADERS,
        **UNLESS_SET,
    }
    encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 411, "headers": encoded})
    await send({"type": "http.response.body", "body": _NO_CHUNKS})


def _iterate_until_lost(parts: Iterable[bytes], connection: Connection) -> Iterator[bytes]:
    """Yield the parts of a response while the client is connected."""
    try:
        for part in parts:
            if connection.is_lost:
                return
            yield part
    finally:
        close = getattr(parts, "close", None)
        if close is not None:
            close()
