"""Fixtures of the migration tests."""

import pytest

from webapp.core.settings import Settings


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings of a database without tables. Connecting to SQLite creates no file."""
    if settings.database.startswith("sqlite"):
        settings.data_dir.mkdir(mode=0o700, parents=True)
        (settings.data_dir / "channeldesk.db").touch(mode=0o600)
    return settings
