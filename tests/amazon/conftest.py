"""Fixtures of the gateway: a scripted server, and a clock that advances only by waiting."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from redis import Redis

from tests.amazon.scripted import Script, scripted_server, token_reply
from tests.support.account_harness import refill_rate_limits
from webapp.amazon.gateway import Amazon
from webapp.domain.accounts.credentials import Credentials


@pytest.fixture
def script() -> Iterator[Script]:
    with scripted_server() as script:
        script.reply_to("/auth/o2/token", token_reply())
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
    """A clock that advances only by `wait`; `waits` records each wait in seconds."""

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
def wait(clock: Clock, redis: Redis) -> Callable[[float], None]:
    """Advance the clock, and refill the buckets, which go by Valkey's clock, as if that much time had passed."""

    def advance(seconds: float) -> None:
        clock.wait(seconds)
        refill_rate_limits(redis, seconds)

    return advance


@pytest.fixture
def connect(credentials: Credentials, redis: Redis, clock: Clock) -> Iterator[Callable[..., Amazon]]:
    """Create the account's gateway with the test's clock; keyword arguments override."""
    made: list[Amazon] = []

    def make(to: Credentials = credentials, **options: Any) -> Amazon:
        gateway = Amazon(to, redis, **{"clock": clock, "wait": clock.wait, **options})
        made.append(gateway)
        return gateway

    yield make
    for gateway in made:
        gateway.close()


@pytest.fixture
def amazon(connect: Callable[..., Amazon]) -> Amazon:
    return connect()
