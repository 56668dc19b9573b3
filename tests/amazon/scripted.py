"""A server that sends the replies of a test, byte by byte, over real sockets; the simulator is the stateful one."""

import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "Atza|scripted-access-token"
NUMBER = "902-1106328-1059050"
GERMANY = "A1PA6795UKMFR9"


@dataclass(frozen=True)
class Reply:
    """`how`: whole; truncated (less than announced, then closed); closed (nothing at all); hang (until the end)."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    how: str = "whole"


def json_reply(body: Any, status: int = 200, **headers: str) -> Reply:
    """A JSON reply; `x_amzn_requestid="r-1"` becomes that header."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps(body).encode(), {"content-type": "application/json", **named})


def error_reply(status: int, code: str, message: str, **headers: str) -> Reply:
    return json_reply({"errors": [{"code": code, "message": message}]}, status, **headers)


# Replies after which the outcome is unknown.
LOST = [
    Reply(how="closed"),
    Reply(503, b"<html>Service Unavailable</html>"),
    error_reply(500, "InternalFailure", "Sorry."),
    Reply(200, b"<html>Welcome</html>"),
    # From something between us and Amazon.
    Reply(200),
    Reply(202),
]


def token_reply(token: str = TOKEN, seconds: int = 3600) -> Reply:
    return json_reply({"access_token": token, "token_type": "bearer", "expires_in": seconds})


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Script:
    """The replies of each path in turn (the last one repeats), and the requests received."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[Request] = []
        self.over = threading.Event()
        self._replies: dict[str, list[Reply]] = defaultdict(list)
        self._lock = threading.Lock()

    def reply_to(self, path: str, *replies: Reply) -> None:
        self._replies[path] = list(replies)

    def requests_to(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]

    def next_reply(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            replies = self._replies[request.path]
            if not replies:
                return Reply(418, b"nothing is scripted for this path")
            return replies.pop(0) if len(replies) > 1 else replies[0]


@contextmanager
def scripted_server() -> Iterator[Script]:
    script = Script()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = script.next_reply(Request(self.command, parts.path, query, headers, body))
            if reply.how == "hang":
                script.over.wait(30)
            if reply.how in ("hang", "closed"):
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            extra = 100 if reply.how == "truncated" else 0
            self.send_header("content-length", str(len(reply.body) + extra))
            self.end_headers()
            self.wfile.write(reply.body)
            self.close_connection = self.close_connection or bool(extra)

        do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815 - the server calls them so

        def log_message(self, *args: Any) -> None:
            """A test's output is no place for an access log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    script.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield script
    finally:
        script.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
