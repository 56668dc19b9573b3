"""The port's surroundings: a scripted server, and a clock that passes only when somebody waits."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from redis import Redis

from tests.amazon.scripted import Script, a_token, scripted_server
from webapp.amazon.gateway import Amazon
from webapp.domain.accounts.credentials import Credentials


@pytest.fixture
def script() -> Iterator[Script]:
    with scripted_server() as script:
        script.answers("/auth/o2/token", a_token())
        yield script


@pytest.fixture
def credentials(script: Script) -> Credentials:
    return Credentials(
        account_key="7",
        seller_id="A1SELLER",
        client_id="amzn1.application-oa2-client.one",
        client_secret="a-secret-nobody-may-read",
        refresh_token="Atzr|a-refresh-token-nobody-may-read",
        endpoint=script.url,
        token_url=f"{script.url}/auth/o2/token",
    )


class Clock:
    """Seconds that pass only when somebody waits; `waits` keeps how long each time."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def connect(credentials: Credentials, redis: Redis, clock: Clock) -> Iterator[Callable[..., Amazon]]:
    """Make the account's port on the test's clock; keyword arguments go before."""
    made: list[Amazon] = []

    def make(to: Credentials = credentials, **options: Any) -> Amazon:
        port = Amazon(to, redis, **{"clock": clock, "wait": clock.wait, **options})
        made.append(port)
        return port

    yield make
    for port in made:
        port.close()


@pytest.fixture
def amazon(connect: Callable[..., Amazon]) -> Amazon:
    return connect()
