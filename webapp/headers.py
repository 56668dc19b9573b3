"""What every response says to the browser. Outermost, so that static files and crashes say it too."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask

from webapp.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # Within the desk the CSRF check over https needs the referrer; nobody else learns an order number from it.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# What says nothing else may hold a buyer's data. Static files say something else.
UNLESS_SAID = {"Cache-Control": "no-store"}
HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}


class Headers:
    """WSGI middleware. A header a view has set itself stays as it is only where it is in UNLESS_SAID."""

    def __init__(self, app: "WSGIApplication", https: bool) -> None:
        self.app = app
        self.always = list({**HEADERS, **(HTTPS_ONLY if https else {})}.items())
        self.replaced = {name.lower() for name, _ in self.always}

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            said = {name.lower() for name, _ in headers}
            kept = [header for header in headers if header[0].lower() not in self.replaced]
            added = [(name, value) for name, value in UNLESS_SAID.items() if name.lower() not in said]
            return start_response(status, kept + self.always + added, exc_info)

        return self.app(environ, start)


def init_app(app: Flask, settings: Settings) -> None:
    """Call it after everything else that wraps `app.wsgi_app`."""
    https = settings.public_url.startswith("https://")
    app.wsgi_app = Headers(app.wsgi_app, https)  # type: ignore[method-assign]
