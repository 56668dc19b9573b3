"""only indexes that somebody reads

Each index is another page to write for most orders that arrive. What waits is looked for among the few that wait, and
an Order's customer where it has one. Nothing reads lines by their SKU alone, nor events by their account, but for
deleting an account, which looks through all of them once.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_UNREAD = (
    ("ix_amazon_order_items_sku", "amazon_order_items", ["sku"]),
    ("ix_events_account_id", "events", ["account_id"]),
)
_OPEN = ("PENDING_AVAILABILITY", "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "INVOICE_UNCONFIRMED")
# (name, table, columns, which rows are left in it)
_FEWER = (
    (
        "ix_amazon_orders_waiting",
        "amazon_orders",
        ["store_id", "status", "fulfilled_by", "ship_by"],
        " OR ".join(f"status = '{status}'" for status in _OPEN),
    ),
    ("ix_orders_customer_purchased", "orders", ["customer_id", "purchased_at", "id"], "customer_id IS NOT NULL"),
)


def upgrade() -> None:
    for name, table, _columns in _UNREAD:
        op.drop_index(name, table)
    for name, table, columns, where in _FEWER:
        op.drop_index(name, table)
        op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
    connection = op.get_bind()
    # Where SQLite has counted before, it is to know at once how few are left.
    if connection.dialect.name == "sqlite" and sa.inspect(connection).has_table("sqlite_stat1"):
        for name, *_which in _FEWER:
            op.execute(f"ANALYZE {name}")


def downgrade() -> None:
    for name, table, columns, _where in _FEWER:
        op.drop_index(name, table)
        op.create_index(name, table, columns)
    for name, table, columns in _UNREAD:
        op.create_index(name, table, columns)
