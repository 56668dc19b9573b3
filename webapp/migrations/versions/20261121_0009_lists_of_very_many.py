"""what lists of very many orders are read along

An Order carries the time it has to leave by itself, and each filter of the Amazon orders has an index in the order of
their purchase: without one, a filter that hardly any order passes reads all of them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_INDEXES = (
    ("ix_orders_ship_by", "orders", ["ship_by", "id"]),
    ("ix_orders_state_ship_by", "orders", ["state", "ship_by", "id"]),
    ("ix_invoices_total", "invoices", ["total", "id"]),
    ("ix_credit_memos_total", "credit_memos", ["total", "id"]),
    ("ix_amazon_orders_channel_purchased", "amazon_orders", ["fulfilled_by", "purchased_at", "id"]),
    ("ix_amazon_orders_status_ship_by", "amazon_orders", ["status", "ship_by", "id"]),
)
# (name, columns, which of the Amazon orders SQLite indexes, which PostgreSQL does)
_RARE = (
    ("ix_amazon_orders_prime", ["purchased_at", "id"], "prime IS 1", "prime IS true"),
    ("ix_amazon_orders_business", ["purchased_at", "id"], "business IS 1", "business IS true"),
    ("ix_amazon_orders_blocked", ["purchased_at", "id"], "blocked IS NOT NULL", "blocked IS NOT NULL"),
    ("ix_amazon_orders_blocked_store", ["store_id", "blocked"], "blocked IS NOT NULL", "blocked IS NOT NULL"),
)
_SHIP_BY = "UPDATE orders SET ship_by = (SELECT ship_by FROM amazon_orders WHERE id = orders.amazon_order_id)"


def upgrade() -> None:
    op.add_column("orders", sa.Column("ship_by", sa.DateTime(timezone=True), nullable=True))
    op.execute(_SHIP_BY)
    op.drop_index("ix_amazon_orders_blocked", "amazon_orders")
    for name, table, columns in _INDEXES:
        op.create_index(name, table, columns)
    for name, columns, sqlite, postgresql in _RARE:
        where = sa.text(sqlite), sa.text(postgresql)
        op.create_index(name, "amazon_orders", columns, sqlite_where=where[0], postgresql_where=where[1])


def downgrade() -> None:
    for name, *_which in _RARE:
        op.drop_index(name, "amazon_orders")
    for name, table, _columns in _INDEXES:
        op.drop_index(name, table)
    op.create_index("ix_amazon_orders_blocked", "amazon_orders", ["account_id", "blocked"])
    with op.batch_alter_table("orders") as orders:
        orders.drop_column("ship_by")
