"""what Amazon is told of shipments, refunds and tax invoices"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ONLY_OPEN: dict[str, Any] = {"sqlite_where": sa.text("open"), "postgresql_where": sa.text("open")}


def upgrade() -> None:
    op.add_column("submissions", sa.Column("subject", sa.String(length=40), nullable=False, server_default=""))
    op.add_column("submissions", sa.Column("seen", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("amazon_orders", sa.Column("read_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_index("uq_submissions_open", table_name="submissions")
    op.create_index(
        "uq_submissions_open", "submissions", ["amazon_order_id", "kind", "subject"], unique=True, **ONLY_OPEN
    )
    _upgrade_refunds()


def _upgrade_refunds() -> None:
    op.add_column("credit_memos", sa.Column("state", sa.String(length=10), nullable=False, server_default="offline"))
    op.add_column("credit_memos", sa.Column("told", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("orders", sa.Column("total_refunding", sa.BigInteger(), nullable=False, server_default="0"))
    with op.batch_alter_table("order_items") as batch_op:
        batch_op.add_column(sa.Column("refunding", sa.Integer(), nullable=False, server_default="0"))
        batch_op.drop_constraint(op.f("ck_order_items_refunded"), type_="check")
        batch_op.create_check_constraint(op.f("ck_order_items_refunded"), "refunded + refunding <= invoiced")
    op.add_column("stores", sa.Column("upload_invoices", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    _downgrade_refunds()
    with op.batch_alter_table("amazon_orders") as batch_op:
        batch_op.drop_column("read_at")
    # Before, nothing but a cancellation was told, and one of a kind for an order.
    op.execute("UPDATE submissions SET open = false WHERE kind <> 'cancellation'")
    op.drop_index("uq_submissions_open", table_name="submissions")
    op.create_index("uq_submissions_open", "submissions", ["amazon_order_id", "kind"], unique=True, **ONLY_OPEN)
    with op.batch_alter_table("submissions") as batch_op:
        batch_op.drop_column("seen")
        batch_op.drop_column("subject")


def _downgrade_refunds() -> None:
    # What Amazon refused or was never told gave nothing back; before, there was no credit memo of it.
    gone = "(SELECT id FROM credit_memos WHERE state NOT IN ('offline', 'refunded'))"
    op.execute(f"DELETE FROM comments WHERE credit_memo_id IN {gone}")  # noqa: S608 - names of ours
    op.execute(f"DELETE FROM credit_memo_items WHERE credit_memo_id IN {gone}")  # noqa: S608 - names of ours
    op.execute(f"DELETE FROM credit_memos WHERE id IN {gone}")  # noqa: S608 - names of ours
    with op.batch_alter_table("order_items") as batch_op:
        batch_op.drop_constraint(op.f("ck_order_items_refunded"), type_="check")
        batch_op.drop_column("refunding")
        batch_op.create_check_constraint(op.f("ck_order_items_refunded"), "refunded <= invoiced")
    columns = {"stores": ("upload_invoices",), "orders": ("total_refunding",), "credit_memos": ("told", "state")}
    for table, names in columns.items():
        with op.batch_alter_table(table) as batch_op:
            for name in names:
                batch_op.drop_column(name)
