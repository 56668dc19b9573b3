"""Add what users decided about causes that need attention, and the index of submissions by state."""

import sqlalchemy as sa
from alembic import op

from webapp.db.base import UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attention_marks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("marked_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attention_marks")),
        sa.UniqueConstraint("key", name=op.f("uq_attention_marks_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_submissions_state", "submissions", ["state", "id"])


def downgrade() -> None:
    op.drop_index("ix_submissions_state", "submissions")
    op.drop_table("attention_marks")
