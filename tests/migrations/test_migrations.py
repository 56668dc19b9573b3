from contextlib import ExitStack

import pytest
from alembic import op
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from tests.support.postgres import BOTH_DATABASES
from webapp import create_app
from webapp.core.extensions import db
from webapp.core.settings import Settings
from webapp.db import search_index
from webapp.db.base import Base
from webapp.runtime import migrate


@pytest.fixture(params=BOTH_DATABASES)
def settings(request, tmp_path):
    """Of an empty database."""
    with ExitStack() as stack:
        url = ""
        if request.param == "postgresql":
            url = stack.enter_context(request.getfixturevalue("postgres").database())
        yield Settings.load({}, data_dir=tmp_path / "data", database_url=url)


def test_the_revisions_lead_to_exactly_the_tables_the_models_speak_of(settings):
    app = create_app(settings)

    assert migrate.upgrade(app)

    with app.app_context(), db.engine.connect() as connection:
        options = {
            "compare_type": True,
            "target_metadata": Base.metadata,
            "include_name": lambda name, kind, _parents: not (kind == "table" and search_index.is_index_table(name)),
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []
        (unique,) = (
            one for one in inspect(connection).get_indexes("submissions") if one["name"] == "uq_submissions_open"
        )
        assert str(unique["dialect_options"][f"{connection.dialect.name}_where"]) == "open"
    assert not migrate.upgrade(app)


def test_an_upgrade_that_fails_changes_nothing(settings, monkeypatch):
    app = create_app(settings)
    real = op.create_table

    def dies_in_the_middle(name, *columns, **options):
        if name == "orders":
            op.execute("SELECT no_such_function()")
        return real(name, *columns, **options)

    monkeypatch.setattr(op, "create_table", dies_in_the_middle)
    with pytest.raises(Exception, match="no_such_function"):
        migrate.upgrade(app)

    with app.app_context():
        assert inspect(db.engine).get_table_names() == []
        db.engine.dispose()
