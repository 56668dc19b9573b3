"""orders read without a dataset, and fields that are not as Amazon promises

An order that waits for its amounts was read while Amazon refused them, as far as can be told now: it is read again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("accounts", sa.Column("datasets_seen", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("amazon_orders", sa.Column("odd_fields", sa.JSON(), nullable=False, server_default="[]"))
    op.create_table(
        "incomplete_orders",
        sa.Column("amazon_order_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("dataset", sa.String(length=20), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_incomplete_orders_account_id_accounts")),
        sa.ForeignKeyConstraint(
            ["amazon_order_id"],
            ["amazon_orders.id"],
            name=op.f("fk_incomplete_orders_amazon_order_id_amazon_orders"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("amazon_order_id", "dataset", name=op.f("pk_incomplete_orders")),
    )
    op.create_index("ix_incomplete_orders_due", "incomplete_orders", ["account_id", "dataset", "next_try_at"])
    op.execute(
        "INSERT INTO incomplete_orders (amazon_order_id, dataset, account_id, since, tries, next_try_at) "
        "SELECT id, 'PROCEEDS', account_id, imported_at, 0, imported_at FROM amazon_orders "
        "WHERE blocked = 'total_missing'"
    )


def downgrade() -> None:
    op.drop_table("incomplete_orders")
    op.drop_column("amazon_orders", "odd_fields")
    op.drop_column("accounts", "datasets_seen")
