"""confirmed tracking numbers

Why a tracking number was a question that a person answered by confirming it. Empty for the parcels there are: nobody
was asked about their numbers.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("parcels", sa.Column("number_question", sa.String(40), nullable=False, server_default=""))
    op.add_column("tracking_rows", sa.Column("confirmed", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("tracking_rows", "confirmed")
    op.drop_column("parcels", "number_question")
