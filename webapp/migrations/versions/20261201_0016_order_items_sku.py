"""Add the index by which orders with a SKU are found."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_order_items_sku", "order_items", ["sku", "order_id"])


def downgrade() -> None:
    op.drop_index("ix_order_items_sku", "order_items")
