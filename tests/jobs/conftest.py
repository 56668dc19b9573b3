"""A Valkey server for each file of job tests, emptied for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis

from tests.support.valkey import valkey_server
from webapp.core import queue
from webapp.core.settings import Settings


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with valkey_server() as url:
        yield url


@pytest.fixture
def settings(tmp_path: Path, redis_url: str) -> Settings:
    return Settings.load({}, data_dir=tmp_path / "data", redis_url=redis_url)


@pytest.fixture
def redis(app: Flask) -> Iterator[Redis]:
    """A client configured as the application's, empty."""
    with queue.connect(app.config["CHANNELDESK"]) as client:
        client.flushall()
        yield client
