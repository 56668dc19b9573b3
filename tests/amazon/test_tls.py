"""Amazon is called only over TLS with a verified certificate: nothing is sent to anybody else."""

import http.client
import http.server
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis

from tests.support.mailboxes import certificate
from webapp.amazon.gateway import Amazon
from webapp.amazon.http import HttpTransport
from webapp.domain.accounts.credentials import Credentials
from webapp.domain.amazon.errors import Unavailable

# In a process of its own: the file in the first argument holds the only authority that is trusted there.
EXCHANGE = """
import sys

import certifi

certifi.where = lambda: sys.argv[1]

from webapp.amazon.http import HttpTransport
from webapp.domain.amazon.errors import Unavailable

try:
    print(HttpTransport().send("getOrder", "GET", sys.argv[2]).status)
except Unavailable as error:
    print(error)
"""


class Impostor:
    """A TLS server on this machine with a certificate that no authority has signed, and what it was sent."""

    def __init__(self, certified: Path) -> None:
        self.requests: list[str] = []
        requests = self.requests

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                requests.append(self.requestline)
                body = b'{"access_token": "Atza|stolen", "token_type": "bearer", "expires_in": 3600}'
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_PUT = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certified)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://localhost:{self.server.server_address[1]}"


@pytest.fixture(params=[("localhost", 1), ("localhost", -1), ("elsewhere.example", 1)], ids=str)
def impostor(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Impostor]:
    name, days = request.param
    impostor = Impostor(certificate(tmp_path, name, days=days))
    thread = threading.Thread(target=impostor.server.serve_forever)
    thread.start()
    yield impostor
    impostor.server.shutdown()
    thread.join(30)
    impostor.server.server_close()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_a_certificate_nobody_vouches_for_ends_the_exchange_before_anything_is_sent(
    impostor: Impostor, method: str
) -> None:
    transport = HttpTransport()
    with pytest.raises(Unavailable):
        transport.send("getOrder", method, f"{impostor.url}/orders", headers={"x-amz-access-token": "secret"})
    transport.close()
    assert impostor.requests == []


def test_neither_settings_of_the_environment_nor_a_trusted_file_change_that(
    impostor: Impostor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(next(tmp_path.glob("*.pem"))))
    monkeypatch.setenv("PYTHONHTTPSVERIFY", "0")
    transport = HttpTransport()
    with pytest.raises(Unavailable):
        transport.send("getOrder", "GET", f"{impostor.url}/orders")
    transport.close()
    assert impostor.requests == []


@pytest.mark.parametrize(
    ("name", "answer", "requests"),
    [("localhost", "200", ["GET /orders HTTP/1.1"]), ("elsewhere.example", "Hostname mismatch", [])],
)
def test_a_trusted_certificate_has_to_name_the_host(
    tmp_path: Path, name: str, answer: str, requests: list[str]
) -> None:
    certified = certificate(tmp_path, name)
    impostor = Impostor(certified)
    thread = threading.Thread(target=impostor.server.serve_forever)
    thread.start()
    try:
        command = [sys.executable, "-c", EXCHANGE, str(certified), f"{impostor.url}/orders"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    finally:
        impostor.server.shutdown()
        thread.join(30)
        impostor.server.server_close()
    assert answer in done.stdout
    assert impostor.requests == requests


@pytest.mark.parametrize("which", ["endpoint", "token_url"])
def test_no_credentials_are_sent_to_it(impostor: Impostor, credentials: Credentials, redis: Redis, which: str) -> None:
    wrong = replace(credentials, **{which: impostor.url})
    with Amazon(wrong, redis, max_wait=0) as gateway, pytest.raises(Unavailable):
        gateway.participations()
    assert impostor.requests == []


def test_the_server_of_this_test_answers_whoever_trusts_it(tmp_path: Path) -> None:
    certified = certificate(tmp_path)
    impostor = Impostor(certified)
    thread = threading.Thread(target=impostor.server.serve_forever)
    thread.start()
    try:
        trusting = ssl.create_default_context(cafile=str(certified))
        connection = http.client.HTTPSConnection("localhost", impostor.server.server_address[1], context=trusting)
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
        connection.close()
    finally:
        impostor.server.shutdown()
        thread.join(30)
        impostor.server.server_close()
    assert impostor.requests == ["GET / HTTP/1.1"]
