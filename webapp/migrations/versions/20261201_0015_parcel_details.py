"""Add the shipping method of parcels and the Transparency codes of their units."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("parcels", sa.Column("shipping_method", sa.String(100), server_default="", nullable=False))
    op.add_column("parcel_items", sa.Column("transparency_codes", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("parcel_items", "transparency_codes")
    op.drop_column("parcels", "shipping_method")
