"""Put an older state of the database back, as a restored backup does, without the code that makes backups."""

from typing import Any

from sqlalchemy import Engine, text

from webapp.db.base import Base
from webapp.db.engine import read_only

Rows = dict[str, list[dict[str, Any]]]


def copy_rows(engine: Engine) -> Rows:
    """Return every row of every table."""
    rows: Rows = {}
    with read_only(), engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            names = ", ".join(column.name for column in table.columns if column.computed is None)
            result = connection.execute(text(f"SELECT {names} FROM {table.name}"))
            rows[table.name] = [dict(row) for row in result.mappings()]
    return rows


def put_back(engine: Engine, rows: Rows) -> None:
    """Replace every row of every table with these."""
    tables = Base.metadata.sorted_tables
    with engine.begin() as connection:
        for table in reversed(tables):
            connection.execute(text(f"DELETE FROM {table.name}"))
        for table in tables:
            for row in rows[table.name]:
                names = ", ".join(row)
                places = ", ".join(f":{name}" for name in row)
                connection.execute(text(f"INSERT INTO {table.name} ({names}) VALUES ({places})"), _json(engine, row))


def _json(engine: Engine, row: dict[str, Any]) -> dict[str, Any]:
    if engine.dialect.name == "sqlite":
        return row
    from psycopg.types.json import Json

    return {name: Json(value) if isinstance(value, dict | list) else value for name, value in row.items()}
