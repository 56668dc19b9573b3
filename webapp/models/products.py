"""Products, their stock, and every movement of it, in units."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Computed,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db.base import (
    AUTOINCREMENT,
    WORD,
    Base,
    UtcDateTime,
)
from webapp.db.encryption import Encrypted
from webapp.models.accounts import Account
from webapp.models.amazon_orders import AmazonOrder

# Conditions an index of their own answers. They are written out, because neither database believes a parameter to be
# what the index says.
_OVERSOLD: dict[str, Any] = {"sqlite_where": text("available < 0"), "postgresql_where": text("available < 0")}
_FLAGGED: dict[str, Any] = {"sqlite_where": text("flag <> ''"), "postgresql_where": text("flag <> ''")}
_RESERVED: dict[str, Any] = {"sqlite_where": text("reserved > 0"), "postgresql_where": text("reserved > 0")}


class Product(Base):
    """A seller's SKU.

    It is unique within a seller account, whose marketplaces in one region share its stock, so a product belongs to an
    account: neither to a store nor to the installation.
    """

    __tablename__ = "products"
    __table_args__ = (
        UniqueConstraint("account_id", "sku"),
        CheckConstraint("reserved >= 0", name="reserved"),
        Index("ix_products_sku", "sku", "id"),
        Index("ix_products_oversold", "account_id", **_OVERSOLD),
        Index("ix_products_flagged", "account_id", **_FLAGGED),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    sku: Mapped[str] = mapped_column(String(WORD))
    title: Mapped[str] = mapped_column(Text, default="")
    asin: Mapped[str] = mapped_column(String(WORD), default="")
    enabled: Mapped[bool] = mapped_column(default=True)
    # If false, the quantities below do not change.
    manage_stock: Mapped[bool] = mapped_column(default=False)
    # When stock was last begun to be kept: what left before is not in the quantity.
    managed_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # On the shelf; below zero where more left than was counted.
    quantity: Mapped[int] = mapped_column(BigInteger, default=0)
    # Of these, owed to buyers: the sum over `stock_holds`.
    reserved: Mapped[int] = mapped_column(BigInteger, default=0)
    available: Mapped[int] = mapped_column(BigInteger, Computed("quantity - reserved", persisted=True))
    # The reason to review it: one of `domain/products/csv_import.FLAGS`, or empty.
    flag: Mapped[str] = mapped_column(String(20), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    account: Mapped[Account] = relationship()

    @classmethod
    def is_oversold(cls) -> ColumnElement[bool]:
        return cls.available < literal_column("0")

    @classmethod
    def is_flagged(cls) -> ColumnElement[bool]:
        return cls.flag != literal_column("''")


class StockHold(Base):
    """An Amazon order line's current effect on its product (`domain/products/stock`), with a change counter.

    It refers to Amazon's id of the line, because it begins before the order exists and outlives imports, which replace
    Amazon's lines.
    """

    __tablename__ = "stock_holds"
    __table_args__ = (
        UniqueConstraint("amazon_order_id", "order_item_id"),
        Index("ix_stock_holds_reserved", "product_id", **_RESERVED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    amazon_order_id: Mapped[int] = mapped_column(ForeignKey("amazon_orders.id", ondelete="CASCADE"))
    order_item_id: Mapped[str] = mapped_column(String(WORD))
    reserved: Mapped[int] = mapped_column(default=0)
    deducted: Mapped[int] = mapped_column(default=0)
    returned: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    steps: Mapped[int] = mapped_column(default=0)

    product: Mapped[Product] = relationship()
    amazon_order: Mapped[AmazonOrder] = relationship()

    @classmethod
    def is_reserving(cls) -> ColumnElement[bool]:
        return cls.reserved > literal_column("0")


class StockMovement(Base):
    """An immutable change of a product's stock: `pieces` of the quantity, `held` of the reserved units.

    Summed over a product they are its `quantity` and `reserved`. A line's movements are numbered (`step`), and the
    database takes each number once: the same movement cannot be written twice.
    """

    __tablename__ = "stock_movements"
    __table_args__ = (
        UniqueConstraint("hold_id", "step"),
        Index("ix_stock_movements_product", "product_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(20))
    quantity_change: Mapped[int] = mapped_column(BigInteger, default=0)
    reserved_change: Mapped[int] = mapped_column(BigInteger, default=0)
    # After it.
    quantity: Mapped[int] = mapped_column(BigInteger)
    reserved: Mapped[int] = mapped_column(BigInteger)
    hold_id: Mapped[int | None] = mapped_column(ForeignKey("stock_holds.id", ondelete="SET NULL"))
    step: Mapped[int | None]
    # Free text.
    reason: Mapped[str | None] = mapped_column(Encrypted)


class ProductImport(Base):
    """A product file, kept from its preview until confirmed, with its result."""

    __tablename__ = "product_imports"
    __table_args__ = AUTOINCREMENT

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200), default="")
    content: Mapped[str] = mapped_column(Encrypted)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # How many products were {"created", "changed", "same", "wrong"}, once confirmed.
    counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)

    account: Mapped[Account] = relationship()
