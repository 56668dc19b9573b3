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
    op.drop_index("uq_submissions_open", table_name="submissions")
    op.create_index(
        "uq_submissions_open", "submissions", ["amazon_order_id", "kind", "subject"], unique=True, **ONLY_OPEN
    )


def downgrade() -> None:
    # Before, nothing but a cancellation was told, and one of a kind for an order.
    op.execute("UPDATE submissions SET open = false WHERE kind <> 'cancellation'")
    op.drop_index("uq_submissions_open", table_name="submissions")
    op.create_index("uq_submissions_open", "submissions", ["amazon_order_id", "kind"], unique=True, **ONLY_OPEN)
    with op.batch_alter_table("submissions") as batch_op:
        batch_op.drop_column("seen")
        batch_op.drop_column("subject")
