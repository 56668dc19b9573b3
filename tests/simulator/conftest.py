from collections.abc import Iterator

import pytest

from tests.simulator.application import Application
from tests.support.simulator_server import AmazonServer


@pytest.fixture
def application(amazon: AmazonServer) -> Iterator[Application]:
    """The European seller's application."""
    application = Application(amazon.url)
    yield application
    application.close()
