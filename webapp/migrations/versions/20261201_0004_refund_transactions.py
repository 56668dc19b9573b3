"""Add refunds in Amazon's payments, and their differences from credit memos."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ACCOUNT_COLUMNS = ("finances_since", "finances_until", "finances_refused_at")


def upgrade() -> None:
    for name in _ACCOUNT_COLUMNS:
        op.add_column("accounts", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("credit_memos", sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "refund_transactions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("transaction_id", sa.String(length=128), nullable=False),
        sa.Column("number", sa.String(length=128), nullable=False),
        sa.Column("amazon_order_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=128), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("credit_memo_id", sa.Integer(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request_id", sa.String(length=128), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_transactions")),
        sa.UniqueConstraint(
            "account_id", "transaction_id", name=op.f("uq_refund_transactions_account_id_transaction_id")
        ),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_refund_transactions_{column}_{table}"))
            for column, table in (
                ("account_id", "accounts"),
                ("amazon_order_id", "amazon_orders"),
                ("credit_memo_id", "credit_memos"),
            )
        ),
        sqlite_autoincrement=True,
    )
    for column in ("number", "amazon_order_id", "credit_memo_id"):
        op.create_index(op.f(f"ix_refund_transactions_{column}"), "refund_transactions", [column])
    op.create_table(
        "refund_findings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("credit_memo_id", sa.Integer(), nullable=True),
        sa.Column("refund_transaction_id", sa.Integer(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("expected", sa.BigInteger(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_findings")),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_refund_findings_{column}_{table}"))
            for column, table in (
                ("account_id", "accounts"),
                ("store_id", "stores"),
                ("order_id", "orders"),
                ("credit_memo_id", "credit_memos"),
                ("refund_transaction_id", "refund_transactions"),
            )
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_refund_findings_order_id"), "refund_findings", ["order_id"])
    op.create_index("ix_refund_findings_found", "refund_findings", ["found_at", "id"])
    op.create_index(
        "ix_refund_findings_unresolved",
        "refund_findings",
        ["store_id", "kind"],
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("refund_findings")
    op.drop_table("refund_transactions")
    op.drop_column("credit_memos", "confirmed_at")
    for name in _ACCOUNT_COLUMNS:
        op.drop_column("accounts", name)
