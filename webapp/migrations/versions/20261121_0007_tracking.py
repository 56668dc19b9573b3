"""tracking numbers pasted or dropped, and what a store's documents say"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Amazon's ids of the marketplaces whose buyers read one of our languages; the others' documents are English.
LANGUAGES = {
    "de": ("A1PA6795UKMFR9",),
    "nl": ("A1805IZSGTT6HS", "AMEN7PMS3EDWL"),
    "sv": ("A2NODRKZP88ZB9",),
    "it": ("APJ6JRA9NG5V4",),
}
TEXTS = ("documents_sender", "documents_footer")


def upgrade() -> None:
    op.add_column("stores", sa.Column("language", sa.String(length=8), nullable=False, server_default="en"))
    tax_number = sa.Column("documents_tax_number", sa.String(length=60), nullable=False, server_default="")
    op.add_column("stores", tax_number)
    for name in TEXTS:
        op.add_column("stores", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    stores = sa.table("stores", sa.column("marketplace_id", sa.String), sa.column("language", sa.String))
    for language, marketplaces in LANGUAGES.items():
        op.execute(stores.update().where(stores.c.marketplace_id.in_(marketplaces)).values(language=language))


def downgrade() -> None:
    with op.batch_alter_table("stores") as batch_op:
        for name in ("language", "documents_tax_number", *TEXTS):
            batch_op.drop_column(name)
