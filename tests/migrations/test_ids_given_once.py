"""Tables whose ids SQLite must never give twice."""

import pytest
from alembic import command
from sqlalchemy import text

from webapp import create_app
from webapp.core.extensions import db
from webapp.db.base import Base

pytestmark = pytest.mark.only_sqlite


@pytest.fixture
def config(settings):
    app = create_app(settings)
    with app.app_context():
        yield app.extensions["migrate"].migrate.get_config()
        db.engine.dispose()


def definitions():
    """What SQLite keeps of each table and index, by name."""
    with db.engine.connect() as connection:
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
        return dict(rows.all())


def counting(found):
    return {name for name, sql in found.items() if "AUTOINCREMENT" in sql}


def test_exactly_the_tables_whose_models_say_so_give_ids_once(config):
    """A later revision that writes such a table anew has to say `sqlite_autoincrement` again."""
    command.upgrade(config, "head")

    said = {table.name for table in Base.metadata.sorted_tables if table.dialect_options["sqlite"]["autoincrement"]}
    assert counting(definitions()) == said
    assert "orders" in said
