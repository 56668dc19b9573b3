"""how many pieces the amounts of an Order's line are for

Amazon may cancel pieces before anything is invoiced: the line's amounts are then those of the pieces that remain.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("order_items", sa.Column("amount_quantity", sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE order_items SET amount_quantity = ordered")


def downgrade() -> None:
    op.drop_column("order_items", "amount_quantity")
