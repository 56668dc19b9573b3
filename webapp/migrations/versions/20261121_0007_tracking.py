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
    op.add_column("shipments", sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True))
    _create_printed_files()
    _create_tracking_imports()


def _create_printed_files() -> None:
    op.create_table(
        "printed_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bulk_action_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bulk_action_id"],
            ["bulk_actions.id"],
            name=op.f("fk_printed_files_bulk_action_id_bulk_actions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_printed_files")),
        sa.UniqueConstraint("bulk_action_id", name=op.f("uq_printed_files_bulk_action_id")),
    )
    op.create_index(op.f("ix_printed_files_created_at"), "printed_files", ["created_at"])
    op.create_table(
        "printed_parts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"], ["printed_files.id"], name=op.f("fk_printed_parts_file_id_printed_files"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_printed_parts")),
        sa.UniqueConstraint("file_id", "place", name=op.f("uq_printed_parts_file_id_place")),
    )


def _create_tracking_imports() -> None:
    op.create_table(
        "tracking_imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("sources", sa.LargeBinary(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bulk_action_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["bulk_action_id"],
            ["bulk_actions.id"],
            name=op.f("fk_tracking_imports_bulk_action_id_bulk_actions"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracking_imports")),
    )
    op.create_index(op.f("ix_tracking_imports_created_at"), "tracking_imports", ["created_at"])
    op.create_index(op.f("ix_tracking_imports_bulk_action_id"), "tracking_imports", ["bulk_action_id"])
    op.create_table(
        "tracking_rows",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("read", sa.LargeBinary(), nullable=False),
        sa.Column("carrier", sa.String(length=40), nullable=False),
        sa.Column("ticked", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["tracking_imports.id"],
            name=op.f("fk_tracking_rows_import_id_tracking_imports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracking_rows")),
    )
    op.create_index("ix_tracking_rows_import", "tracking_rows", ["import_id", "place"])


def downgrade() -> None:
    for name in ("tracking_rows", "tracking_imports", "printed_parts", "printed_files"):
        op.drop_table(name)
    with op.batch_alter_table("shipments") as batch_op:
        batch_op.drop_column("shipped_at")
    with op.batch_alter_table("stores") as batch_op:
        for name in ("language", "documents_tax_number", *TEXTS):
            batch_op.drop_column(name)
