"""Security headers of every response, static files and crashes included."""

import logging
from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.wsgi import ClosingIterator

from webapp.core.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # The CSRF check over https needs the referrer; other sites must not learn order numbers from it.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# Pages may hold personal data. Static files set their own.
UNLESS_SET = {"Cache-Control": "no-store"}
HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}


class SecurityHeadersMiddleware:
    """WSGI middleware. A header a view has set itself stays as it is only where it is in UNLESS_SET."""

    def __init__(self, app: "WSGIApplication", https: bool) -> None:
        self.app = app
        self.always = list({**HEADERS, **(HTTPS_ONLY if https else {})}.items())
        self.replaced = {name.lower() for name, _ in self.always}

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        begun: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            names = {name.lower() for name, _ in headers}
            kept_headers = [header for header in headers if header[0].lower() not in self.replaced]
            added = [(name, value) for name, value in UNLESS_SET.items() if name.lower() not in names]
            if "content-length" in names or exc_info is not None:
                return start_response(status, kept_headers + self.always + added, exc_info)
            # A stream may fail before its first byte: the status is sent with it.
            begun.append((status, kept_headers + self.always + added))
            return None

        body = self.app(environ, start)
        if not begun:
            return body
        failed = [*self.always, *UNLESS_SET.items()]
        return _begin_stream(body, *begun[-1], failed, start_response)


def _begin_stream(
    body: Iterable[bytes],
    status: str,
    headers: list[tuple[str, str]],
    failed: list[tuple[str, str]],
    start_response: "StartResponse",
) -> Iterable[bytes]:
    """Read the first chunk of a streamed body, and answer with status 500 and the headers `failed` where that fails.

    The server would answer by itself then, without the headers of this module.
    """
    close = getattr(body, "close", lambda: None)
    chunks = iter(body)
    first: list[bytes] = []
    try:
        first += [next(chunks)]
    except StopIteration:
        pass
    except Exception:
        log.exception("A streamed response failed before its first byte.")
        close()
        text = b"Internal error. The error was logged.\n"
        text_headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(text)))]
        start_response("500 INTERNAL SERVER ERROR", text_headers + failed)
        return [text]
    start_response(status, headers)
    return ClosingIterator(chain(first, chunks), [close])


def init_app(app: Flask, settings: Settings) -> None:
    """Call it after everything else that wraps `app.wsgi_app`."""
    https = settings.public_url.startswith("https://")
    app.wsgi_app = SecurityHeadersMiddleware(app.wsgi_app, https)  # type: ignore[method-assign]
