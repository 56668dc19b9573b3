"""Add what Amazon says of marketplaces that opened after this release."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stores", sa.Column("marketplace_facts", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("stores", "marketplace_facts")
