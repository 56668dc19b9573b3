"""Static files with a fingerprint in their URL, so that browsers cache them for ever; compressed once a process.

A file requested without its fingerprint, or with another one, is served, but must be revalidated.
"""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import brotli
from flask import Flask, Response, abort, current_app, request, url_for
from werkzeug.security import safe_join

KEPT = "public, max-age=31536000, immutable"
CHECKED = "no-cache"
# Smaller files, such as flags, are not compressed.
_LEAST = 500
_TEXTS = ("text/", "image/svg+xml", "application/json", "application/javascript")


@dataclass(frozen=True)
class Asset:
    """A static file as the process first read it."""

    content: bytes
    mimetype: str

    @cached_property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.content).hexdigest()[:10]

    @cached_property
    def as_brotli(self) -> bytes:
        compressed: bytes = brotli.compress(self.content, mode=brotli.MODE_TEXT, quality=9)
        return compressed

    @cached_property
    def as_gzip(self) -> bytes:
        return gzip.compress(self.content, 9, mtime=0)

    def encoded(self, accepts: str) -> tuple[bytes, str]:
        """Return (content, its Content-Encoding or "")."""
        if len(self.content) < _LEAST or not self.mimetype.startswith(_TEXTS):
            return self.content, ""
        if "br" in accepts:
            return self.as_brotli, "br"
        if "gzip" in accepts:
            return self.as_gzip, "gzip"
        return self.content, ""


class Assets:
    """The static folder. In debug mode changed files are read again."""

    def __init__(self, app: Flask) -> None:
        self._folder = app.static_folder or ""
        self._debug = app.debug
        self._known: dict[str, tuple[int, Asset]] = {}
        self._addresses: dict[tuple[str, str], str] = {}

    def find(self, name: str) -> Asset | None:
        cached = self._known.get(name)
        if cached is not None and not self._debug:
            return cached[1]
        path = safe_join(self._folder, name)
        if path is None or not Path(path).is_file():
            return None
        changed_at = Path(path).stat().st_mtime_ns
        if cached is None or cached[0] != changed_at:
            mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
            cached = self._known[name] = (changed_at, Asset(Path(path).read_bytes(), mimetype))
        return cached[1]

    def address(self, name: str) -> str:
        """Return the URL of a file. Raises LookupError for a missing file."""
        key = (request.script_root, name)
        url = self._addresses.get(key)
        if url is None or self._debug:
            asset = self.find(name)
            if asset is None:
                raise LookupError(f"There is no static file {name}.")
            url = self._addresses[key] = url_for("static", filename=name, v=asset.fingerprint)
        return url


def init_app(app: Flask) -> None:
    app.extensions["assets"] = Assets(app)
    app.view_functions["static"] = serve
    app.jinja_env.globals["asset"] = asset


def asset(name: str) -> str:
    """Return the URL of a static file with the fingerprint of its content."""
    return _get_assets().address(name)


def serve(filename: str) -> Response:
    """Serve `/static/…`."""
    asset = _get_assets().find(filename)
    if asset is None:
        abort(404)
    content, encoding = asset.encoded(request.headers.get("Accept-Encoding", ""))
    response = Response(content, mimetype=asset.mimetype)
    response.headers["Cache-Control"] = KEPT if request.args.get("v") == asset.fingerprint else CHECKED
    response.set_etag(f"{asset.fingerprint}{encoding}")
    response.vary.add("Accept-Encoding")
    if encoding:
        response.headers["Content-Encoding"] = encoding
    response.make_conditional(request)
    return response


def _get_assets() -> Assets:
    assets: Assets = current_app.extensions["assets"]
    return assets
