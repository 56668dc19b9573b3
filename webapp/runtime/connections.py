"""Deadlines and limits for the client connections of the web server.

A connection that has not delivered a whole request costs a socket and no worker thread. It is closed when a deadline
passes, or when its client has too many connections and opens another one.
"""

import asyncio
import ipaddress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

# Bytes that are parsed before other connections have their turn. Parsing may take microseconds for each of them.
READ_SIZE = 4 * 1024

# The connection whose data is being parsed. The task of each request inherits it.
current: ContextVar["Connection"] = ContextVar("channeldesk_connection")


@dataclass(frozen=True, slots=True)
class Limits:
    """Times are in seconds.

    `header`: from opening the connection, or from the previous response, to the end of the next request's header.
    `body` and `body_rate` (bytes per second): a body may take `body` seconds and its announced size at this rate.
    `stalled_write`: how long a client may leave a response unread.
    `per_address`: connections of one IPv4 address or one IPv6 /64 network; None behind a proxy, which opens them all.
    """

    header: float = 10
    keep_alive: int = 5
    body: float = 20
    body_rate: int = 32 * 1024
    stalled_write: float = 60
    total: int = 1024
    per_address: int | None = 256


class Connection(asyncio.BufferedProtocol):
    """Wraps the protocol object that parses HTTP, and closes the connection when a deadline passes."""

    def __init__(self, http: asyncio.Protocol, registry: "ConnectionRegistry") -> None:
        self._http = http
        self._registry = registry
        self._limits = registry.limits
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._write_deadline: asyncio.TimerHandle | None = None
        self._buffer = bytearray()
        self._requests = 0
        self.is_busy = False
        self.is_lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what a TCP server always passes
        self._transport = transport
        self._http.connection_made(transport)
        self._close_after(self._limits.header)
        self._registry.admit(self, _get_network(transport.get_extra_info("peername")))

    def get_buffer(self, _sizehint: int) -> bytearray:
        if not self._buffer:
            self._buffer = bytearray(READ_SIZE)
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        current.set(self)
        self._http.data_received(bytes(self._buffer[:nbytes]))

    def eof_received(self) -> bool | None:
        return self._http.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        for handle in (self._deadline, self._write_deadline):
            if handle is not None:
                handle.cancel()
        self._registry.remove(self)
        self._http.connection_lost(exc)

    def pause_writing(self) -> None:
        self._write_deadline = asyncio.get_running_loop().call_later(self._limits.stalled_write, self.abort)
        self._http.pause_writing()

    def resume_writing(self) -> None:
        if self._write_deadline is not None:
            self._write_deadline.cancel()
        self._http.resume_writing()

    def begin_body(self, announced: int) -> int:
        """Record that a request's header is complete. Returns a number for `finish`."""
        self._requests += 1
        self._close_after(self._limits.body + announced / self._limits.body_rate)
        return self._requests

    def begin_response(self) -> None:
        """Record that the request is complete: the connection no longer waits for its client."""
        self.is_busy = True
        if self._deadline is not None:
            self._deadline.cancel()

    def finish(self, request: int) -> None:
        """Record that the response has been sent. A pipelined request may have begun already."""
        if request == self._requests and not self.is_lost:
            self.is_busy = False
            self._registry.move_to_end(self)
            self._close_after(self._limits.header)

    def abort(self) -> None:
        """Close the connection without waiting for its client."""
        if self._transport is not None:
            self._transport.abort()

    def _close_after(self, seconds: float) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = asyncio.get_running_loop().call_later(seconds, self.abort)


class ConnectionRegistry:
    """All open connections by client network, the longest waiting first. Used from the event loop only.

    At a limit, the connection that has waited longest for its client is closed, so that idle connections cannot block
    other requests, from the same address or from others.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._networks: dict[str, dict[Connection, None]] = {}
        self._network_of: dict[Connection, str] = {}

    def __len__(self) -> int:
        return len(self._network_of)

    def admit(self, connection: Connection, network: str) -> None:
        """Add a connection. Aborts a waiting one when there are too many, or this one when all others are busy."""
        own = self._networks.get(network, {})
        if self.limits.per_address is not None and len(own) >= self.limits.per_address:
            has_room = self._abort_waiting(own)
        elif len(self._network_of) >= self.limits.total:
            has_room = self._abort_waiting(max(self._networks.values(), key=len))
        else:
            has_room = True
        if not has_room:
            connection.abort()
            return
        self._networks.setdefault(network, {})[connection] = None
        self._network_of[connection] = network

    def move_to_end(self, connection: Connection) -> None:
        """Record that the client has just been served."""
        network = self._network_of.get(connection)
        if network is not None:
            group = self._networks[network]
            del group[connection]
            group[connection] = None

    def remove(self, connection: Connection) -> None:
        network = self._network_of.pop(connection, None)
        if network is not None:
            group = self._networks[network]
            del group[connection]
            if not group:
                del self._networks[network]

    def _abort_waiting(self, group: dict[Connection, None]) -> bool:
        oldest = next((connection for connection in group if not connection.is_busy), None)
        if oldest is None:
            return False
        self.remove(oldest)
        oldest.abort()
        return True


def _get_network(peer: Any) -> str:
    """Return the IPv4 address or IPv6 /64 network of a peer name; empty for sockets without addresses."""
    if not isinstance(peer, tuple):
        return ""
    address = ipaddress.ip_address(str(peer[0]).partition("%")[0])
    return str(ipaddress.ip_network((address, 64), strict=False) if address.version == 6 else address)
