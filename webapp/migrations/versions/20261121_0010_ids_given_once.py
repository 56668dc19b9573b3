"""ids that are given once and never again

PostgreSQL does so of itself. SQLite gives the id of a deleted newest row to the next one, unless the table's key says
AUTOINCREMENT. That word changes nothing in the rows: it is written into what SQLite keeps of the table's definition
(https://sqlite.org/lang_altertable.html, "if some change does not affect the on-disk content"), for to write a million
orders anew, with all their indexes, would take minutes. Why at all: docs/adr/0012-ids-are-given-once.md.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_TABLES = (
    "accounts",
    "amazon_orders",
    "bulk_actions",
    "comments",
    "credit_memos",
    "customers",
    "grid_views",
    "invoices",
    "mails",
    "orders",
    "parcels",
    "product_imports",
    "products",
    "quarantined_orders",
    "shipments",
    "stores",
    "submissions",
    "sync_runs",
    "tracking_imports",
    "users",
)


def upgrade() -> None:
    if op.get_context().dialect.name != "sqlite":
        return
    # SQLite makes the table of the last ids with the first table that needs it.
    op.execute("CREATE TABLE makes_sqlite_sequence (id INTEGER PRIMARY KEY AUTOINCREMENT)")
    op.execute("DROP TABLE makes_sqlite_sequence")
    _rewrite("PRIMARY KEY (id)", "PRIMARY KEY (id AUTOINCREMENT)")
    for table in _TABLES:
        op.execute(f"INSERT INTO sqlite_sequence SELECT '{table}', max(id) FROM {table} HAVING max(id) > 0")  # noqa: S608 - names of ours


def downgrade() -> None:
    if op.get_context().dialect.name != "sqlite":
        return
    _rewrite(" AUTOINCREMENT", "")
    op.execute("DELETE FROM sqlite_sequence")


def _rewrite(old: str, new: str) -> None:
    """Write another key into the definitions of the tables."""
    connection = op.get_bind()
    for table in _TABLES:
        told = connection.scalar(
            sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :t"), {"t": table}
        )
        if told is None or told.count(old) != 1:
            raise RuntimeError(f"the definition of {table} does not say {old} once: {told}")
    op.execute("PRAGMA writable_schema=ON")
    for table in _TABLES:
        changed = sa.text("UPDATE sqlite_master SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = :t")
        connection.execute(changed, {"old": old, "new": new, "t": table})
    version = connection.scalar(sa.text("PRAGMA schema_version"))
    op.execute(f"PRAGMA schema_version={version + 1}")
    # Reads the definitions anew, too.
    op.execute("PRAGMA writable_schema=RESET")
