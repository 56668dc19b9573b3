"""By which names the desk answers, and whom it believes about the visitor."""

import pytest
from flask import Flask, request

from tests.support import user_accounts
from webapp import create_app
from webapp.core.settings import Settings
from webapp.web.auth import public


def make(settings: Settings, **overrides: object) -> Flask:
    app = create_app(Settings.load({}, data_dir=settings.data_dir, **overrides))
    app.test_client_class = user_accounts.IsolatedClient

    @app.get("/who")
    @public
    def who() -> str:
        return f"{request.remote_addr} {request.scheme} {request.host}"

    return app


def test_an_unknown_host_name_is_refused(settings: Settings) -> None:
    for overrides, host, known in [
        ({}, "localhost:8480", True),
        ({}, "LOCALHOST", True),
        ({}, "127.0.0.1:9999", True),
        ({}, "[::1]:8480", True),
        ({}, "evil.example", False),
        ({}, "localhost.evil.example", False),
        ({}, "192.0.2.7", False),
        ({}, "evil.example:80@localhost", False),
        ({"public_url": "https://desk.example"}, "desk.example", True),
        ({"public_url": "https://desk.example:8443"}, "desk.example:8443", True),
        ({"public_url": "https://desk.example"}, "localhost", True),
        ({"public_url": "https://desk.example"}, "sub.desk.example", False),
        ({"public_url": "https://desk.example", "host": "0.0.0.0"}, "192.0.2.7", False),
        ({"host": "192.0.2.7"}, "192.0.2.7:8480", True),
        ({"host": "0.0.0.0"}, "192.0.2.7:8480", True),
        ({"host": "::"}, "[2001:db8::7]:8480", True),
        ({"host": "0.0.0.0"}, "evil.example", False),
    ]:
        answer = make(settings, **overrides).test_client().get("/who", headers={"Host": host})
        assert answer.status_code == (200 if known else 400), (overrides, host, known)
        assert known or "CHANNELDESK_PUBLIC_URL" in answer.text, (overrides, host, known)


@pytest.mark.parametrize(
    ("proxies", "seen"),
    [(0, "127.0.0.1 http localhost"), (1, "198.51.100.2 https desk.example"), (2, "203.0.113.9 https desk.example")],
)
def test_only_the_configured_number_of_proxies_is_trusted(settings: Settings, proxies: int, seen: str) -> None:
    app = make(settings, public_url="https://desk.example", trusted_proxies=proxies)
    headers = {
        "X-Forwarded-For": "192.0.2.1, 203.0.113.9, 198.51.100.2",
        "X-Forwarded-Proto": "https, https",
        "X-Forwarded-Host": "desk.example, desk.example",
    }
    assert app.test_client().get("/who", headers=headers).text == seen
