"""Upgrading, with revisions of the test's own."""

import sqlite3
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import Migrate

from webapp import create_app
from webapp.core.errors import CannotRunError
from webapp.core.extensions import db
from webapp.core.settings import Settings
from webapp.runtime import migrate

pytestmark = pytest.mark.only_sqlite

ENVIRONMENT = """
from alembic import context
from webapp.core.extensions import db
with db.engine.connect() as connection:
    context.configure(connection=connection, target_metadata=db.metadata)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
"""
REVISION = """
from alembic import op
revision, down_revision = {name!r}, {before!r}
def upgrade():
    op.execute({statement!r})
"""


def add_revision(folder: Path, name: str, before: str | None, statement: str) -> None:
    (folder / "versions" / f"{name}.py").write_text(REVISION.format(name=name, before=before, statement=statement))


@pytest.fixture
def revisions(tmp_path: Path) -> Path:
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    (folder / "env.py").write_text(ENVIRONMENT)
    add_revision(folder, "one", None, "CREATE TABLE things (id INTEGER PRIMARY KEY)")
    return folder


@pytest.fixture
def bare(settings: Settings, revisions: Path) -> Flask:
    app = create_app(settings)
    Migrate().init_app(app, db, directory=str(revisions))
    return app


def rows(settings: Settings, question: str, path: Path | None = None) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path or settings.data_dir / "channeldesk.db")
    try:
        return connection.execute(question).fetchall()
    finally:
        connection.close()


def test_an_empty_database_is_brought_to_the_newest_revision_without_a_copy(bare: Flask, settings: Settings) -> None:
    assert migrate.upgrade(bare) is True
    assert migrate.revision(bare) == ("one", "one")
    assert not (settings.data_dir / "backups").exists()


def test_the_newest_revision_is_left_alone(bare: Flask) -> None:
    migrate.upgrade(bare)
    assert migrate.upgrade(bare) is False


def test_an_upgrade_keeps_a_copy_from_before(bare: Flask, settings: Settings, revisions: Path) -> None:
    migrate.upgrade(bare)
    with sqlite3.connect(settings.data_dir / "channeldesk.db") as connection:
        connection.execute("INSERT INTO things VALUES (7)")
    connection.close()
    add_revision(revisions, "two", "one", "DROP TABLE things")
    assert migrate.upgrade(bare) is True
    (copy,) = (settings.data_dir / "backups").iterdir()
    assert copy.name.startswith("channeldesk-one-")
    assert copy.stat().st_mode & 0o777 == 0o600
    assert rows(settings, "SELECT id FROM things", copy) == [(7,)]
    assert rows(settings, "SELECT name FROM sqlite_master WHERE name = 'things'") == []


def test_a_failed_upgrade_names_the_copy(bare: Flask, settings: Settings, revisions: Path) -> None:
    migrate.upgrade(bare)
    add_revision(revisions, "two", "one", "DROP TABLE not_there")
    with pytest.raises(CannotRunError, match="could not be upgraded \\(no such table: not_there\\)") as refused:
        migrate.upgrade(bare)
    (copy,) = (settings.data_dir / "backups").iterdir()
    assert str(refused.value).endswith(f"A copy from before is {copy}.")


def test_a_database_that_does_not_answer_is_reported_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://desk:secret@127.0.0.1:1/desk"
    app = create_app(Settings.load({}, data_dir=tmp_path / "data", database_url=url, keys="k" * 40))
    with pytest.raises(CannotRunError) as refused:
        migrate.upgrade(app)
    message = str(refused.value)
    assert message.startswith("The database postgresql+psycopg://desk:***@127.0.0.1:1/desk cannot be used (")
    assert message.endswith("Start it, or correct DATABASE_URL.")
    assert "secret" not in message
