"""Fixtures of the gateway with the simulator: a world of orders behind HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest

from simulator.operations.world import World
from simulator.state.sellers import DEMO_EU
from tests.support.simulator_server import AmazonServer
from webapp.domain.accounts.credentials import Credentials


@pytest.fixture
def server() -> Iterator[AmazonServer]:
    with AmazonServer(World("empty", update_delay=0, feed_seconds=0)) as server:
        yield server


@pytest.fixture
def world(server: AmazonServer) -> World:
    return server.world


@pytest.fixture
def credentials(server: AmazonServer) -> Credentials:
    given: dict[str, Any] = DEMO_EU.credentials(server.url)
    names = ("seller_id", "client_id", "client_secret", "refresh_token", "endpoint", "token_url")
    return Credentials(account_key="7", **{name: given[name] for name in names})
