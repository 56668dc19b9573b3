"""The Commerce order: states as in `domain/orders/state_machine`, amounts in minor units of `currency`."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db.base import (
    AUTOINCREMENT,
    WORD,
    Base,
    UtcDateTime,
)
from webapp.db.encryption import Encrypted, EncryptedJson
from webapp.domain.common.money import Money
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.customers import Customer
from webapp.models.stores import Store


class Order(Base):
    __tablename__ = "orders"
    __table_args__ = (
        Index("ix_orders_purchased", "purchased_at", "id"),
        Index("ix_orders_store_purchased", "store_id", "purchased_at", "id"),
        Index("ix_orders_state_purchased", "state", "purchased_at", "id"),
        Index("ix_orders_state", "state", "id"),
        Index("ix_orders_total", "total", "id"),
        Index("ix_orders_ship_by", "ship_by", "id"),
        Index("ix_orders_state_ship_by", "state", "ship_by", "id"),
        Index(
            "ix_orders_customer_purchased",
            *("customer_id", "purchased_at", "id"),
            sqlite_where=text("customer_id IS NOT NULL"),
            postgresql_where=text("customer_id IS NOT NULL"),
        ),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # One of our own, or Amazon's.
    number: Mapped[str] = mapped_column(String(WORD), unique=True)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    amazon_order_id: Mapped[int] = mapped_column(ForeignKey("amazon_orders.id"), unique=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    state: Mapped[str] = mapped_column(String(20))
    # The store's custom status within the state; empty for none.
    status: Mapped[str] = mapped_column(String(40), default="")
    # The state before the hold.
    state_before_hold: Mapped[str | None] = mapped_column(String(20))
    status_before_hold: Mapped[str] = mapped_column(String(40), default="")
    # The reason for the hold: free text, which may contain personal data.
    hold_reason: Mapped[str | None] = mapped_column(Encrypted)
    # When the hold ends automatically; None: when a user ends it.
    hold_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    currency: Mapped[str] = mapped_column(String(3))
    subtotal: Mapped[int] = mapped_column(BigInteger)
    shipping: Mapped[int] = mapped_column(BigInteger)
    tax: Mapped[int] = mapped_column(BigInteger)
    discount: Mapped[int] = mapped_column(BigInteger)
    # Other components of Amazon's total (gift wrap, cash on delivery, tips), so that the parts sum to the total.
    other: Mapped[int] = mapped_column(BigInteger, default=0)
    total: Mapped[int] = mapped_column(BigInteger)
    total_invoiced: Mapped[int] = mapped_column(BigInteger, default=0)
    total_refunded: Mapped[int] = mapped_column(BigInteger, default=0)
    # The amount of refunds pending at Amazon.
    total_refunding: Mapped[int] = mapped_column(BigInteger, default=0)
    purchased_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Copied from the Amazon order: sorting by Amazon's column would visit every Amazon order without an order.
    ship_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    bill_to_name: Mapped[str | None] = mapped_column(Encrypted)
    ship_to_name: Mapped[str | None] = mapped_column(Encrypted)
    email: Mapped[str | None] = mapped_column(Encrypted)
    billing: Mapped[dict[str, str] | None] = mapped_column(EncryptedJson)
    shipping_address: Mapped[dict[str, str] | None] = mapped_column(EncryptedJson)

    store: Mapped[Store] = relationship()
    amazon_order: Mapped[AmazonOrder] = relationship()
    customer: Mapped[Customer | None] = relationship()
    items: Mapped[list["OrderItem"]] = relationship(order_by="OrderItem.id", back_populates="order")

    @property
    def money(self) -> Money:
        return Money(self.total, self.currency)


class OrderItem(Base):
    """One line. The units left to invoice or ship are the ordered ones less those done and cancelled."""

    __tablename__ = "order_items"
    __table_args__ = (
        # Which orders have a SKU.
        Index("ix_order_items_sku", "sku", "order_id"),
        CheckConstraint("invoiced <= ordered", name="invoiced"),
        CheckConstraint("shipped + canceled <= ordered", name="shipped"),
        CheckConstraint("refunded + refunding <= invoiced", name="refunded"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), index=True)
    # Amazon's id of the line, which every later submission about it names.
    order_item_id: Mapped[str] = mapped_column(String(WORD))
    sku: Mapped[str | None] = mapped_column(String(WORD))
    asin: Mapped[str | None] = mapped_column(String(WORD))
    title: Mapped[str | None] = mapped_column(Text)
    ordered: Mapped[int]
    invoiced: Mapped[int] = mapped_column(default=0)
    shipped: Mapped[int] = mapped_column(default=0)
    refunded: Mapped[int] = mapped_column(default=0)
    # Units with a refund pending at Amazon, which cannot be refunded again meanwhile.
    refunding: Mapped[int] = mapped_column(default=0)
    canceled: Mapped[int] = mapped_column(default=0)
    # The number of units the amounts are for: those that remained when the amounts were imported.
    amount_quantity: Mapped[int]
    price: Mapped[int] = mapped_column(BigInteger)
    subtotal: Mapped[int] = mapped_column(BigInteger)
    shipping: Mapped[int] = mapped_column(BigInteger, default=0)
    tax: Mapped[int] = mapped_column(BigInteger, default=0)
    discount: Mapped[int] = mapped_column(BigInteger, default=0)
    other: Mapped[int] = mapped_column(BigInteger, default=0)
    total: Mapped[int] = mapped_column(BigInteger)

    order: Mapped[Order] = relationship(back_populates="items")
