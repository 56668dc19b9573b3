"""The revision that lets SQLite give no id twice, without writing a row anew."""

import pytest
from alembic import command
from sqlalchemy import MetaData, inspect, text

from tests.migrations.test_rows_kept import a_filled
from webapp import create_app
from webapp.extensions import db
from webapp.models.base import Base

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
        found = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
        return dict(found.all())


def counting(found):
    return {name for name, sql in found.items() if "AUTOINCREMENT" in sql}


def test_exactly_the_tables_whose_models_say_so_give_ids_once(config):
    """A later revision that writes such a table anew has to say `sqlite_autoincrement` again."""
    command.upgrade(config, "head")

    said = {table.name for table in Base.metadata.sorted_tables if table.dialect_options["sqlite"]["autoincrement"]}
    assert counting(definitions()) == said
    assert "orders" in said


def test_nothing_else_of_the_tables_is_changed_and_all_is_as_before_after_going_back(config):
    command.upgrade(config, "0009")
    before = definitions()

    command.upgrade(config, "0010")
    after = definitions()
    assert {name: sql.replace("(id AUTOINCREMENT)", "(id)") for name, sql in after.items()} == before | {
        "sqlite_sequence": after["sqlite_sequence"]
    }
    with db.engine.connect() as connection:
        assert connection.scalars(text("PRAGMA integrity_check")).all() == ["ok"]
        assert inspect(connection).get_pk_constraint("orders")["constrained_columns"] == ["id"]

    command.downgrade(config, "0009")
    assert {name: sql for name, sql in definitions().items() if name != "sqlite_sequence"} == before


def test_the_id_of_a_row_that_goes_right_after_the_upgrade_is_not_given_again(config):
    command.upgrade(config, "0009")
    with db.engine.begin() as connection:
        old = MetaData()
        old.reflect(connection, only=["users"])
        for id_ in (1, 7):
            connection.execute(a_filled(old, "users", id=id_, email=str(id_), fs_uniquifier=str(id_)))

    command.upgrade(config, "0010")

    with db.engine.begin() as connection:
        connection.execute(text("DELETE FROM users WHERE id = 7"))
        new = {key: value for key, value in a_filled(old, "users").compile().params.items() if key != "id"}
        assert connection.execute(old.tables["users"].insert().values(new)).inserted_primary_key == (8,)
