"""whether the days of a store are summed

Of the stores that are there nobody knows: their days are summed after the upgrade (`jobs/upkeep.py`), while the desk
runs.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stores", sa.Column("summed", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("stores", "summed")
