"""encrypt the reasons buyers gave for a cancellation, and files of products

A buyer writes the reason freely, and a file that is uploaded as one of products may hold anything. Submissions do not
keep the reason a second time any more. SQLite overwrites what is deleted here; the copies made before upgrades are not
changed.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

from webapp.models.vault import vault

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_ORDERS = sa.table(
    "amazon_orders", sa.column("id", sa.Integer), sa.column("cancel_reason", sa.Text), sa.column("rewritten", sa.Text)
)
_IMPORTS = sa.table("product_imports", sa.column("id", sa.Integer), sa.column("content", sa.Text))
_SUBMISSIONS = sa.table("submissions", sa.column("id", sa.Integer), sa.column("seen", sa.JSON))


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        op.execute("PRAGMA secure_delete=ON")
    _rewrite_reasons(lambda text: vault.encrypt(text.encode()).decode(), sa.Text())
    _rewrite(_IMPORTS, "content", lambda text: vault.encrypt(text.encode()).decode())
    _rewrite(_SUBMISSIONS, "seen", _without_reason)


def downgrade() -> None:
    _rewrite_reasons(lambda text: vault.decrypt(text.encode()).decode()[:200], sa.String(200))
    _rewrite(_IMPORTS, "content", lambda text: vault.decrypt(text.encode()).decode())


def _without_reason(seen: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in seen.items() if name != "cancel_reason"}


def _rewrite_reasons(change: Callable[[str], str], type_: sa.types.TypeEngine[Any]) -> None:
    """Into a new column that takes the place of the old: SQLite changes the type of none."""
    op.add_column("amazon_orders", sa.Column("rewritten", type_, nullable=True))
    connection = op.get_bind()
    known = sa.select(_ORDERS.c.id, _ORDERS.c.cancel_reason).where(_ORDERS.c.cancel_reason.is_not(None))
    for id_, reason in connection.execute(known).all():
        connection.execute(_ORDERS.update().where(_ORDERS.c.id == id_).values(rewritten=change(reason)))
    op.drop_column("amazon_orders", "cancel_reason")
    op.alter_column("amazon_orders", "rewritten", new_column_name="cancel_reason")


def _rewrite(table: sa.TableClause, name: str, change: Callable[[Any], Any]) -> None:
    """A row at a time: a file of products may have 2 MB."""
    connection, column = op.get_bind(), table.c[name]
    for id_ in connection.scalars(sa.select(table.c.id)).all():
        value = connection.scalar(sa.select(column).where(table.c.id == id_))
        connection.execute(table.update().where(table.c.id == id_).values({name: change(value)}))
