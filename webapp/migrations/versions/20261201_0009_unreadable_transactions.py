"""Add the transactions in Amazon's payments that could not be parsed."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unreadable_transactions",
        sa.Column("account_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("transaction_id", sa.String(length=128), nullable=False),
        sa.Column("number", sa.String(length=128), nullable=True),
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_unreadable_transactions_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("account_id", "transaction_id", name=op.f("pk_unreadable_transactions")),
    )


def downgrade() -> None:
    op.drop_table("unreadable_transactions")
