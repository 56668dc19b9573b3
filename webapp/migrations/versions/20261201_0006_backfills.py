"""Add ranges of past orders that are read apart from the live sync, and orders known from reports."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "backfills",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("slice_seconds", sa.Integer(), nullable=False),
        sa.Column("slice", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds_before", sa.Integer(), nullable=False),
        sa.Column("resumed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=True),
        sa.Column("message", sa.String(length=1000), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_backfills_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backfills")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "reported_orders",
        sa.Column("amazon_order_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("status", sa.String(length=128), nullable=False),
        sa.Column("last_updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["amazon_order_id"],
            ["amazon_orders.id"],
            name=op.f("fk_reported_orders_amazon_order_id_amazon_orders"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("amazon_order_id", name=op.f("pk_reported_orders")),
    )
    op.create_table(
        "order_reads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=128), nullable=False),
        sa.Column("reason", sa.String(length=10), nullable=False),
        sa.Column("purchased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_order_reads_account_id_accounts")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_order_reads_store_id_stores")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_reads")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_order_reads_number", "order_reads", ["account_id", "number"])
    op.create_index("ix_order_reads_due", "order_reads", ["next_try_at", "account_id"])
    op.create_index("ix_order_reads_reason", "order_reads", ["reason", "requested_at", "id"])
    op.create_index("ix_backfills_account_state", "backfills", ["account_id", "state"])


def downgrade() -> None:
    op.drop_table("order_reads")
    op.drop_table("reported_orders")
    op.drop_table("backfills")
