"""A server that answers every request with a web page, as a mistyped URL may."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from simulator.http.app import RequestHandler


@contextmanager
def web_pages() -> Iterator[str]:
    """Serve and yield the URL: `http://127.0.0.1:port`."""
    page = Response("<!doctype html><html><body>Welcome</body></html>", mimetype="text/html")
    server = make_server("127.0.0.1", 0, page, request_handler=RequestHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
