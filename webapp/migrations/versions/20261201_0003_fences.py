"""Add fences: times in which nothing is sent after a restore."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("backup_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fences")),
    )
    op.add_column("accounts", sa.Column("feeds_compared_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("submissions", sa.Column("released_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("mails", sa.Column("released_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("mails", "released_at")
    op.drop_column("submissions", "released_at")
    op.drop_column("accounts", "feeds_compared_at")
    op.drop_table("fences")
