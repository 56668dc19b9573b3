from collections.abc import Iterator

import pytest

from simulator.world import World
from tests.amazon_server import AmazonServer


@pytest.fixture(scope="session")
def amazon_server() -> Iterator[AmazonServer]:
    with AmazonServer(World("empty", settle=0, feed_seconds=0)) as server:
        yield server


@pytest.fixture
def amazon(amazon_server: AmazonServer) -> AmazonServer:
    """Amazon with its sellers and no orders, without its two minutes of delay; a feed is done when looked at."""
    amazon_server.world.reset("empty")
    return amazon_server
