"""Read-only transactions for GET and HEAD requests: they take no write lock."""

from collections.abc import Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.wsgi import ClosingIterator

from webapp.db.engine import read_only

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class ReadOnlyMiddleware:
    """WSGI middleware, since a streamed response still reads after Flask's hooks have run."""

    def __init__(self, app: "WSGIApplication") -> None:
        self.app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return self.app(environ, start_response)
        with ExitStack() as stack:
            stack.enter_context(read_only())
            body = self.app(environ, start_response)
            return ClosingIterator(body, stack.pop_all().close)


def init_app(app: Flask) -> None:
    app.wsgi_app = ReadOnlyMiddleware(app.wsgi_app)  # type: ignore[method-assign]
