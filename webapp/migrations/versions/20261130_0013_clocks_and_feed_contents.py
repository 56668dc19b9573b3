"""what a feed contains, and by how much our clock differs from Amazon's"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_NEW = (
    ("accounts", "clock_ahead", sa.Integer()),
    ("accounts", "clock_read_at", sa.DateTime(timezone=True)),
    ("feeds", "records", sa.Integer()),
    ("feeds", "marketplace_ids", sa.JSON(none_as_null=True)),
    ("feeds", "laid_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    for table, name, type_ in _NEW:
        op.add_column(table, sa.Column(name, type_, nullable=True))


def downgrade() -> None:
    for table, name, _type in _NEW:
        op.drop_column(table, name)
