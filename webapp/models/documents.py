"""Invoices and credit memos."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db.base import AUTOINCREMENT, Base, UtcDateTime


class _Amounts:
    """The parts of an amount in minor units of the order's currency. They sum to `total`."""

    subtotal: Mapped[int] = mapped_column(BigInteger, default=0)
    shipping: Mapped[int] = mapped_column(BigInteger, default=0)
    tax: Mapped[int] = mapped_column(BigInteger, default=0)
    discount: Mapped[int] = mapped_column(BigInteger, default=0)
    other: Mapped[int] = mapped_column(BigInteger, default=0)
    total: Mapped[int] = mapped_column(BigInteger)


class _Document(_Amounts):
    """The common columns of invoices and credit memos."""

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class _DocumentItem(_Amounts):
    """The quantity and the amounts of one order line on a document."""

    id: Mapped[int] = mapped_column(primary_key=True)
    order_item_id: Mapped[int] = mapped_column(ForeignKey("order_items.id"))
    quantity: Mapped[int]


class Invoice(_Document, Base):
    __tablename__ = "invoices"
    __table_args__ = (
        Index("ix_invoices_created", "created_at", "id"),
        Index("ix_invoices_total", "total", "id"),
        AUTOINCREMENT,
    )

    items: Mapped[list["InvoiceItem"]] = relationship(order_by="InvoiceItem.id")


class InvoiceItem(_DocumentItem, Base):
    __tablename__ = "invoice_items"

    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id", ondelete="CASCADE"), index=True)


class CreditMemo(_Document, Base):
    __tablename__ = "credit_memos"
    __table_args__ = (
        Index("ix_credit_memos_created", "created_at", "id"),
        Index("ix_credit_memos_total", "total", "id"),
        AUTOINCREMENT,
    )

    # Refunded in addition to the lines, and withheld from them.
    adjustment_refund: Mapped[int] = mapped_column(BigInteger, default=0)
    adjustment_fee: Mapped[int] = mapped_column(BigInteger, default=0)
    # True if the refund is not made by Amazon. Otherwise `state` is its progress at Amazon.
    offline: Mapped[bool] = mapped_column(default=True)
    # One of `domain/invoicing/amazon_refunds.MEMO_STATES`. Only offline and refunded memos count as refunded.
    state: Mapped[str] = mapped_column(String(10), default="offline")
    # The refund sent to Amazon, one entry per line: {"line": id of the order item, "item": Amazon's id of it,
    # "cancelled": units that will not be shipped, "parts": minor units by component}.
    amazon_lines: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    reason: Mapped[str] = mapped_column(String(40), default="")
    # The time at which Amazon's payments show the refund.
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    items: Mapped[list["CreditMemoItem"]] = relationship(order_by="CreditMemoItem.id")


class CreditMemoItem(_DocumentItem, Base):
    """The refund of one order line; `quantity` is 0 where only shipping is refunded."""

    __tablename__ = "credit_memo_items"

    credit_memo_id: Mapped[int] = mapped_column(ForeignKey("credit_memos.id", ondelete="CASCADE"), index=True)
    # The units came back and can be sold again.
    return_to_stock: Mapped[bool] = mapped_column(default=False)
