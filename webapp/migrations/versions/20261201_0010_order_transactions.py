"""Add Amazon's transactions of orders, the tax of refunds, and the setting of the VAT Calculation Service."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_AMOUNTS = ("charges", "tax", "fees", "other", "total")


def upgrade() -> None:
    op.add_column(
        "stores", sa.Column("vat_calculation_service", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("refund_transactions", sa.Column("tax", sa.BigInteger(), nullable=True))
    op.create_table(
        "order_transactions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.String(length=128), nullable=False)
            for name in ("transaction_id", "number", "kind", "description", "status")
        ),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shipment_id", sa.String(length=128), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _AMOUNTS),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_order_transactions_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_transactions")),
        sa.UniqueConstraint(
            "account_id", "transaction_id", name=op.f("uq_order_transactions_account_id_transaction_id")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_order_transactions_number", "order_transactions", ["account_id", "number"])
    op.create_index("ix_order_transactions_posted", "order_transactions", ["posted_at", "id"])


def downgrade() -> None:
    op.drop_table("order_transactions")
    op.drop_column("refund_transactions", "tax")
    op.drop_column("stores", "vat_calculation_service")
