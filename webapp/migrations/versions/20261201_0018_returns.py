"""Add returns of merchant-fulfilled orders."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "returns",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("identity", sa.String(300), nullable=False),
        sa.Column("order_number", sa.String(128), nullable=False),
        sa.Column("amazon_order_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("sku", sa.String(128), nullable=False),
        sa.Column("asin", sa.String(20), nullable=False),
        sa.Column("title", sa.String(500), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_on", sa.Date(), nullable=True),
        sa.Column("status", sa.String(60), nullable=False),
        sa.Column("reason", sa.String(100), nullable=False),
        sa.Column("resolution", sa.String(60), nullable=False),
        sa.Column("rma", sa.String(128), nullable=False),
        sa.Column("label_type", sa.String(60), nullable=False),
        sa.Column("label_paid_by", sa.String(60), nullable=False),
        sa.Column("carrier", sa.String(60), nullable=False),
        sa.Column("tracking_number", sa.String(100), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("label_cost", sa.BigInteger(), nullable=True),
        sa.Column("refunded", sa.BigInteger(), nullable=True),
        sa.Column("is_in_policy", sa.Boolean(), nullable=True),
        sa.Column("is_a_to_z", sa.Boolean(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("credit_memo_id", sa.Integer(), nullable=True),
        sa.Column("restocked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_returns_store_id_stores")),
        sa.ForeignKeyConstraint(
            ["amazon_order_id"], ["amazon_orders.id"], name=op.f("fk_returns_amazon_order_id_amazon_orders")
        ),
        sa.ForeignKeyConstraint(
            ["credit_memo_id"], ["credit_memos.id"], name=op.f("fk_returns_credit_memo_id_credit_memos")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returns")),
        sa.UniqueConstraint("store_id", "identity", name=op.f("uq_returns_store_id_identity")),
    )
    op.create_index("ix_returns_requested", "returns", ["requested_at", "id"])
    op.create_index("ix_returns_state", "returns", ["state", "id"])
    op.create_index("ix_returns_order_number", "returns", ["order_number"])
    op.create_index(op.f("ix_returns_amazon_order_id"), "returns", ["amazon_order_id"])
    op.create_table(
        "returns_readings",
        sa.Column("store_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("report_id", sa.String(40), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cause", sa.String(40), nullable=True),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_returns_readings_store_id_stores")),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_returns_readings")),
    )


def downgrade() -> None:
    op.drop_table("returns_readings")
    op.drop_table("returns")
