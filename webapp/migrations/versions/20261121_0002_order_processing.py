"""order processing: shipments, comments, holds, and what documents are made of"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PARTS = ("subtotal", "shipping", "tax", "discount", "other")


def upgrade() -> None:
    op.create_table(
        "shipments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_shipments_order_id_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipments")),
        sa.UniqueConstraint("number", name=op.f("uq_shipments_number")),
    )
    op.create_index(op.f("ix_shipments_order_id"), "shipments", ["order_id"])
    op.create_table(
        "parcels",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shipment_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.Integer(), nullable=False),
        sa.Column("carrier", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("tracking_number", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipments.id"], name=op.f("fk_parcels_shipment_id_shipments")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_parcels_order_id_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcels")),
        sa.UniqueConstraint("order_id", "reference", name=op.f("uq_parcels_order_id_reference")),
    )
    op.create_index(op.f("ix_parcels_shipment_id"), "parcels", ["shipment_id"])
    op.create_index(op.f("ix_parcels_tracking_number"), "parcels", ["tracking_number"])
    op.create_table(
        "parcel_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("parcel_id", sa.Integer(), nullable=False),
        sa.Column("order_item_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcels.id"], name=op.f("fk_parcel_items_parcel_id_parcels")),
        sa.ForeignKeyConstraint(
            ["order_item_id"], ["order_items.id"], name=op.f("fk_parcel_items_order_item_id_order_items")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcel_items")),
    )
    op.create_index(op.f("ix_parcel_items_parcel_id"), "parcel_items", ["parcel_id"])
    _create_comments()
    op.add_column("orders", sa.Column("status_before_hold", sa.String(length=40), nullable=False, server_default=""))
    op.add_column("orders", sa.Column("hold_reason", sa.Text(), nullable=True))
    op.add_column("orders", sa.Column("hold_until", sa.DateTime(timezone=True), nullable=True))
    for table in ("invoices", "invoice_items", "credit_memos", "credit_memo_items"):
        for name in PARTS:
            _add_amount(table, name)
    for name in ("adjustment_refund", "adjustment_fee"):
        _add_amount("credit_memos", name)
    back: sa.Column[bool] = sa.Column("return_to_stock", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("credit_memo_items", back)
    _fill_parts()


def _create_comments() -> None:
    op.create_table(
        "comments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=True),
        sa.Column("shipment_id", sa.Integer(), nullable=True),
        sa.Column("credit_memo_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("notify", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_comments_order_id_orders")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name=op.f("fk_comments_invoice_id_invoices")),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipments.id"], name=op.f("fk_comments_shipment_id_shipments")),
        sa.ForeignKeyConstraint(
            ["credit_memo_id"], ["credit_memos.id"], name=op.f("fk_comments_credit_memo_id_credit_memos")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
    )
    op.create_index(op.f("ix_comments_order_id"), "comments", ["order_id"])


def _add_amount(table: str, name: str) -> None:
    op.add_column(table, sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))


def _fill_parts() -> None:
    """Until now a document billed or gave back an order whole, so its parts are the order's and its lines'."""
    for document in ("invoices", "credit_memos"):
        one = document.removesuffix("s")
        for table, whole, key in (
            (document, "orders", "order_id"),
            (f"{one}_items", "order_items", "order_item_id"),
        ):
            values = ", ".join(
                f"{name} = (SELECT {name} FROM {whole} WHERE {whole}.id = {table}.{key})"  # noqa: S608 - names of ours
                for name in PARTS
            )
            op.execute(f"UPDATE {table} SET {values}")  # noqa: S608 - names of ours


def downgrade() -> None:
    op.drop_table("comments")
    op.drop_table("parcel_items")
    op.drop_table("parcels")
    op.drop_table("shipments")
    columns: dict[str, tuple[str, ...]] = {
        "invoices": PARTS,
        "invoice_items": PARTS,
        "credit_memos": (*PARTS, "adjustment_refund", "adjustment_fee"),
        "credit_memo_items": (*PARTS, "return_to_stock"),
        "orders": ("status_before_hold", "hold_reason", "hold_until"),
    }
    for table, names in columns.items():
        with op.batch_alter_table(table) as batch_op:
            for name in names:
                batch_op.drop_column(name)
