"""Fixtures for tests in which the product's processes are killed."""

import pytest

from webapp import create_app
from webapp.core.extensions import db
from webapp.core.settings import Settings
from webapp.runtime import migrate


@pytest.fixture
def settings(tmp_path, database_url):
    return Settings.load({}, data_dir=tmp_path / "data folder", database_url=database_url)


@pytest.fixture
def app(settings):
    """An application on the same data folder as the running processes."""
    app = create_app(settings)
    migrate.upgrade(app)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
