"""Add shipping labels, package presets and sender addresses."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_BUYING = sa.text("state IN ('queued', 'sending', 'unknown')")


def upgrade() -> None:
    op.create_table(
        "shipping_labels",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("package", sa.JSON(), nullable=False),
        sa.Column("quantities", sa.JSON(), nullable=False),
        sa.Column("label_format", sa.String(length=10), nullable=False),
        sa.Column("rule", sa.String(length=20), nullable=False),
        sa.Column("offers", sa.JSON(), nullable=False),
        sa.Column("rejected", sa.JSON(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offer", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("carrier", sa.String(length=128), nullable=False),
        sa.Column("service", sa.String(length=128), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("tracking_number", sa.String(length=128), nullable=False),
        sa.Column("amazon_shipment_id", sa.String(length=128), nullable=True),
        sa.Column("packages_before", sa.JSON(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.Column("document_type", sa.String(length=40), nullable=False),
        sa.Column("shipment_id", sa.Integer(), nullable=True),
        sa.Column("cause", sa.String(length=40), nullable=True),
        sa.Column("message", sa.String(length=1000), nullable=True),
        sa.Column("request_id", sa.String(length=128), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("ship_anyway", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bought_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_shipping_labels_account_id_accounts")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_shipping_labels_order_id_orders")),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipments.id"], name=op.f("fk_shipping_labels_shipment_id_shipments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipping_labels")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("shipping_labels") as batch:
        batch.create_index(
            "uq_shipping_labels_buying", ["order_id"], unique=True, sqlite_where=_BUYING, postgresql_where=_BUYING
        )
        batch.create_index("ix_shipping_labels_due", ["account_id", "due_at"])
        batch.create_index("ix_shipping_labels_batch", ["batch_id", "id"])
        batch.create_index(batch.f("ix_shipping_labels_order_id"), ["order_id"])
        batch.create_index(batch.f("ix_shipping_labels_shipment_id"), ["shipment_id"])
    op.create_table(
        "package_presets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("package", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_package_presets_store_id_stores")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package_presets")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("package_presets") as batch:
        batch.create_index("uq_package_presets_store_name", ["store_id", "name"], unique=True)
    op.create_table(
        "label_senders",
        sa.Column("store_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("line1", sa.String(length=100), nullable=False),
        sa.Column("line2", sa.String(length=100), nullable=False),
        sa.Column("city", sa.String(length=60), nullable=False),
        sa.Column("region", sa.String(length=60), nullable=False),
        sa.Column("postal_code", sa.String(length=20), nullable=False),
        sa.Column("country_code", sa.String(length=2), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_label_senders_store_id_stores")),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_label_senders")),
    )


def downgrade() -> None:
    op.drop_table("label_senders")
    op.drop_table("package_presets")
    op.drop_table("shipping_labels")
