"""A small S3 store on 127.0.0.1: buckets in memory, with the calls that backups make. It checks no signatures."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

_NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


class S3Server:
    """`objects`: contents by bucket and key. `is_denied`: every call is refused. `does_damage`: contents change."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.is_denied = self.does_damage = False
        store = self

        class Handler(_Handler):
            s3 = store

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    s3: S3Server
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self._is_allowed():
            self.s3.objects[self._key] = content[:-1] + b"?" if self.s3.does_damage else content
            self._send(200)

    def do_GET(self) -> None:
        if not self._is_allowed():
            return
        query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        if "location" in query:
            self._send(200, f"<LocationConstraint {_NAMESPACE}/>".encode())
        elif "list-type" in query:
            bucket = f"{self._key.strip('/')}/"
            names = [key.removeprefix(bucket) for key in self.s3.objects if key.startswith(bucket)]
            entries = "".join(
                f"<Contents><Key>{escape(name)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
                f"<Size>1</Size></Contents>"
                for name in names
                if name.startswith(query["prefix"][0])
            )
            self._send(200, f"<ListBucketResult {_NAMESPACE}><Name>backups</Name>{entries}</ListBucketResult>".encode())
        elif self._key in self.s3.objects:
            self._send(200, self.s3.objects[self._key])
        else:
            self._send(404, b"<Error><Code>NoSuchKey</Code><Message>There is no such object.</Message></Error>")

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        if self._is_allowed():
            self.s3.objects.pop(self._key, None)
            self._send(204)

    @property
    def _key(self) -> str:
        return unquote(urlsplit(self.path).path).lstrip("/")

    def _is_allowed(self) -> bool:
        if self.s3.is_denied or "Credential=desk/" not in self.headers.get("Authorization", ""):
            self._send(403, b"<Error><Code>AccessDenied</Code><Message>Access denied.</Message></Error>")
            return False
        return True

    def _send(self, status: int, content: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Type", "application/xml")
        self.send_header("ETag", f'"{hashlib.md5(content).hexdigest()}"')
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
