"""the history of each user"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("events", sa.Column("user_id", sa.Integer(), nullable=True))
    where = sa.text("user_id IS NOT NULL")
    op.create_index("ix_events_user_id", "events", ["user_id", "id"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_index("ix_events_user_id", "events")
    op.drop_column("events", "user_id")
