"""Alembic environment: the application's own engine, one transaction, and SQLite's foreign keys checked after."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app
from sqlalchemy import Connection

import webapp.models  # noqa: F401 - so that every table is known
from webapp.core.extensions import db
from webapp.db import search_index
from webapp.db.base import Base


def render(kind: str, thing: Any, _context: AutogenContext) -> str | Literal[False]:
    """Render our own column types as those of the database, so that revisions do not change with them."""
    if kind == "type" and isinstance(thing, sa.types.TypeDecorator) and type(thing).__module__.startswith("webapp."):
        timed = isinstance(thing.impl, sa.DateTime)
        return "sa.DateTime(timezone=True)" if timed else f"sa.{type(thing.impl).__name__}()"
    return False


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_item=render,
        include_name=lambda name, kind, _parents: not (kind == "table" and search_index.is_index_table(name)),
        # Alembic does not trust SQLite with it, but our engine begins and ends its transactions itself.
        transactional_ddl=True,
        **current_app.extensions["migrate"].configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    with db.engine.connect() as connection:
        if connection.dialect.name != "sqlite":
            migrate(connection)
            return
        # Rebuilding a table drops the old one, and with keys on that would take along every row that refers to it.
        plain: Any = connection.connection.driver_connection
        plain.execute("PRAGMA foreign_keys=OFF")
        try:
            migrate(connection)
            broken = plain.execute("PRAGMA foreign_key_check").fetchone()
        finally:
            plain.execute("PRAGMA foreign_keys=ON")
        if broken:
            raise RuntimeError(
                f"after the migration a row of {broken[0]} refers to one of {broken[2]} that is not there"
            )


main()
