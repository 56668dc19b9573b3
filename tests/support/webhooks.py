"""A receiver of webhooks and of requests to a dead man's switch."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """The requests that were taken. `answers`: the status of the next ones; 200 afterwards.

    `is_endless`: the bodies of its responses never end. `is_dripping`: the headers of its responses never end.
    """

    url: str = ""
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    pings: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    is_endless: bool = False
    is_dripping: bool = False

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _headers, body in self.posts]

    def event_names(self) -> list[tuple[str, str]]:
        """Return event and first check of each taken message."""
        return [(event["event"], event["checks"][0]["key"] if event["checks"] else "") for event in self.events]


@contextmanager
def webhook_receiver() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = receiver.answers.pop(0) if receiver.answers else 200
            if status == 200:
                receiver.posts.append((dict(self.headers), body))
            self.answer(status)

        def do_GET(self) -> None:
            receiver.pings.append(self.path)
            self.answer(200)

        def answer(self, status: int) -> None:
            self.send_response(status)
            with contextlib.suppress(OSError):
                self.flush_headers()
                while receiver.is_dripping:
                    self.wfile.write(b"X-Drip: 1\r\n")
                    time.sleep(0.05)
                self.end_headers()
                while receiver.is_endless:
                    self.wfile.write(b" ")
                    time.sleep(0.05)

        def log_message(self, *_words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield receiver
    finally:
        receiver.is_endless = receiver.is_dripping = False
        server.shutdown()
        thread.join()
        server.server_close()
