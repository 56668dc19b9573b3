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

_SHIP_BY = "UPDATE orders SET ship_by = (SELECT ship_by FROM amazon_orders WHERE id = orders.amazon_order_id)"


def upgrade() -> None:
    op.add_column("orders", sa.Column("ship_by", sa.DateTime(timezone=True), nullable=True))
    op.execute(_SHIP_BY)
    op.create_index("ix_orders_ship_by", "orders", ["ship_by", "id"])


def downgrade() -> None:
    op.drop_index("ix_orders_ship_by", "orders")
    with op.batch_alter_table("orders") as table:
        table.drop_column("ship_by")
