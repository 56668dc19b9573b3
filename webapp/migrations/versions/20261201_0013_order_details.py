"""Add the fields of programmes and regulations of Amazon orders."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("amazon_orders", sa.Column("handling", sa.String(length=200), nullable=True))
    op.add_column("amazon_orders", sa.Column("details", sa.LargeBinary(), nullable=True))
    op.create_index(
        "ix_amazon_orders_handling",
        "amazon_orders",
        ["purchased_at", "id"],
        sqlite_where=sa.text("handling IS NOT NULL"),
        postgresql_where=sa.text("handling IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_amazon_orders_handling", "amazon_orders")
    op.drop_column("amazon_orders", "details")
    op.drop_column("amazon_orders", "handling")
