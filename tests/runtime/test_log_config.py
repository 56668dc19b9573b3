"""No level of logging writes secrets: one-time links, tokens, passwords, search terms."""

import http.client
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from redis import Redis
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from tests.support.running_app import run_app, wait_until
from tests.support.simulator_server import AmazonServer
from webapp.amazon.gateway import Amazon
from webapp.models.accounts import Account
from webapp.runtime import log_config
from webapp.services.accounts import accounts


@pytest.fixture
def restored() -> Iterator[None]:
    """The test's own logging, put back afterwards."""
    root = logging.getLogger()
    known = [root, *(one for one in logging.root.manager.loggerDict.values() if isinstance(one, logging.Logger))]
    levels, handlers = [(one, one.level) for one in known], list(root.handlers)
    yield
    root.handlers[:] = handlers
    for one, level in levels:
        one.setLevel(level)


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_calls_to_amazon_log_no_token_and_no_address(
    restored: None,
    level: str,
    amazon: AmazonServer,
    demo_account: Account,
    session: Session,
    redis: Redis,
    capsys: pytest.CaptureFixture[str],
) -> None:
    credentials = accounts.get_credentials(demo_account)
    log_config.configure(level)
    with Amazon(credentials, redis) as port:
        port.participations()
    with httpx.Client(headers={"authorization": "Bearer canary-of-a-header"}) as client:
        client.get(f"{amazon.url}/nowhere?token=canary-of-an-address")
    output = capsys.readouterr().err
    assert ("getMarketplaceParticipations 200" in output) is (level == "DEBUG")
    for secret in (credentials.client_secret, credentials.refresh_token, "canary", "access_token", "Bearer", "Atza"):
        assert secret not in output


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
@pytest.mark.parametrize("name", ["a.library.nobody.knows", "gunicorn.error", "psycopg.pool", "urllib3.connectionpool"])
def test_a_library_logs_nothing_more_at_debug(
    restored: None, level: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log_config.configure(level)
    logging.getLogger(name).debug("GET /sign-in/canary")
    logging.getLogger("webapp.something").debug("ours")
    output = capsys.readouterr().err
    assert "canary" not in output
    assert ("ours" in output) is (level == "DEBUG")


def test_statements_are_not_logged(restored: None, capsys: pytest.CaptureFixture[str]) -> None:
    log_config.configure("DEBUG")
    with create_engine("sqlite://").connect() as connection:
        connection.execute(text("SELECT 'canary-in-a-statement', :value"), {"value": "canary-in-a-parameter"})
    assert "canary" not in capsys.readouterr().err


@pytest.mark.processes
def test_the_debug_log_holds_no_link_no_search_and_no_password(tmp_path: Path) -> None:
    with run_app(tmp_path / "data", environ={"CHANNELDESK_LOG_LEVEL": "DEBUG"}) as running_app:
        token = wait_until(lambda: re.search(r"/sign-in/([\w-]{43})\n", running_app.log.read_text()))[1]
        connection = http.client.HTTPConnection("127.0.0.1", running_app.port, timeout=30)
        form = urlencode({"email": "canary@desk.example", "password": "canary-password"})
        for method, path, body in (
            ("GET", f"/sign-in/{token}", None),
            ("POST", f"/sign-in/{token}", form),
            ("GET", "/orders?q=canary-search", None),
            ("POST", "/sign-in", form),
        ):
            headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": "channeldesk=canary-cookie"}
            connection.request(method, path, body, headers if body else {})
            connection.getresponse().read()
        connection.close()
    content = running_app.log.read_text()
    assert " DEBUG " in content
    assert content.count(token) == 1, "printed once for the person who starts it"
    assert "canary" not in content
