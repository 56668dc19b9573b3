"""products and their stock"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "stores", sa.Column("unready_products", sa.String(length=10), nullable=False, server_default="create")
    )
    _create_products()
    _create_holds()
    _create_movements()
    op.create_table(
        "product_imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_product_imports_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_imports")),
    )


def _create_products() -> None:
    op.create_table(
        "products",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("sku", sa.String(length=128), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("asin", sa.String(length=128), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("manage_stock", sa.Boolean(), nullable=False),
        sa.Column("managed_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.Column("available", sa.BigInteger(), sa.Computed("quantity - reserved", persisted=True), nullable=False),
        sa.Column("flag", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("reserved >= 0", name=op.f("ck_products_reserved")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_products_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
        sa.UniqueConstraint("account_id", "sku", name=op.f("uq_products_account_id_sku")),
    )
    op.create_index("ix_products_sku", "products", ["sku", "id"])
    for name, where in (("oversold", "available < 0"), ("flagged", "flag <> ''")):
        some = sa.text(where)
        op.create_index(f"ix_products_{name}", "products", ["account_id"], sqlite_where=some, postgresql_where=some)


def _create_holds() -> None:
    op.create_table(
        "stock_holds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("amazon_order_id", sa.Integer(), nullable=False),
        sa.Column("order_item_id", sa.String(length=128), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("deducted", sa.Integer(), nullable=False),
        sa.Column("returned", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_stock_holds_product_id_products")),
        sa.ForeignKeyConstraint(
            ["amazon_order_id"],
            ["amazon_orders.id"],
            name=op.f("fk_stock_holds_amazon_order_id_amazon_orders"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_holds")),
        sa.UniqueConstraint(
            "amazon_order_id", "order_item_id", name=op.f("uq_stock_holds_amazon_order_id_order_item_id")
        ),
    )
    some = sa.text("reserved > 0")
    op.create_index("ix_stock_holds_reserved", "stock_holds", ["product_id"], sqlite_where=some, postgresql_where=some)


def _create_movements() -> None:
    op.create_table(
        "stock_movements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("pieces", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.Column("hold_id", sa.Integer(), nullable=True),
        sa.Column("step", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_stock_movements_product_id_products")),
        sa.ForeignKeyConstraint(
            ["hold_id"], ["stock_holds.id"], name=op.f("fk_stock_movements_hold_id_stock_holds"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_movements")),
        sa.UniqueConstraint("hold_id", "step", name=op.f("uq_stock_movements_hold_id_step")),
    )
    op.create_index("ix_stock_movements_product", "stock_movements", ["product_id", "id"])


def downgrade() -> None:
    op.drop_table("product_imports")
    op.drop_table("stock_movements")
    op.drop_table("stock_holds")
    op.drop_table("products")
    with op.batch_alter_table("stores") as batch_op:
        batch_op.drop_column("unready_products")
