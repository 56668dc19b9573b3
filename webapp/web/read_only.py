"""Reading waits for nobody: the transactions of GET and HEAD requests take no write lock."""

from collections.abc import Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.wsgi import ClosingIterator

from webapp.db.engine import read_only

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class ReadOnlyMiddleware:
    """WSGI middleware: Flask's hooks end with the view, but a streamed answer goes on reading until it is sent."""

    def __init__(self, app: "WSGIApplication") -> None:
        self.app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return self.app(environ, start_response)
        with ExitStack() as stack:
            stack.enter_context(read_only())
            answer = self.app(environ, start_response)
            return ClosingIterator(answer, stack.pop_all().close)


def init_app(app: Flask) -> None:
    app.wsgi_app = ReadOnlyMiddleware(app.wsgi_app)  # type: ignore[method-assign]
