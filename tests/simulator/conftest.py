from collections.abc import Iterator

import pytest

from tests.amazon_server import AmazonServer
from tests.simulator.application import Application


@pytest.fixture
def application(amazon: AmazonServer) -> Iterator[Application]:
    """The European seller's application."""
    made = Application(amazon.url)
    yield made
    made.close()
