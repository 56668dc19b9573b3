"""An invoice: what of an order has been billed, in minor units of the order's currency. The parts sum to the total."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db.base import AUTOINCREMENT, Base, UtcDateTime


class Invoice(Base):
    __tablename__ = "invoices"
    __table_args__ = (
        Index("ix_invoices_created", "created_at", "id"),
        Index("ix_invoices_total", "total", "id"),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    subtotal: Mapped[int] = mapped_column(BigInteger, default=0)
    shipping: Mapped[int] = mapped_column(BigInteger, default=0)
    tax: Mapped[int] = mapped_column(BigInteger, default=0)
    discount: Mapped[int] = mapped_column(BigInteger, default=0)
    other: Mapped[int] = mapped_column(BigInteger, default=0)
    total: Mapped[int] = mapped_column(BigInteger)

    items: Mapped[list["InvoiceItem"]] = relationship(order_by="InvoiceItem.id")


class InvoiceItem(Base):
    __tablename__ = "invoice_items"

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id", ondelete="CASCADE"), index=True)
    order_item_id: Mapped[int] = mapped_column(ForeignKey("order_items.id"))
    quantity: Mapped[int]
    subtotal: Mapped[int] = mapped_column(BigInteger, default=0)
    shipping: Mapped[int] = mapped_column(BigInteger, default=0)
    tax: Mapped[int] = mapped_column(BigInteger, default=0)
    discount: Mapped[int] = mapped_column(BigInteger, default=0)
    other: Mapped[int] = mapped_column(BigInteger, default=0)
    total: Mapped[int] = mapped_column(BigInteger)


class CreditMemo(Base):
    __tablename__ = "credit_memos"
    __table_args__ = (
        Index("ix_credit_memos_created", "created_at", "id"),
        Index("ix_credit_memos_total", "total", "id"),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    subtotal: Mapped[int] = mapped_column(BigInteger, default=0)
    shipping: Mapped[int] = mapped_column(BigInteger, default=0)
    tax: Mapped[int] = mapped_column(BigInteger, default=0)
    discount: Mapped[int] = mapped_column(BigInteger, default=0)
    other: Mapped[int] = mapped_column(BigInteger, default=0)
    # Given back beside the lines, and kept of them.
    adjustment_refund: Mapped[int] = mapped_column(BigInteger, default=0)
    adjustment_fee: Mapped[int] = mapped_column(BigInteger, default=0)
    total: Mapped[int] = mapped_column(BigInteger)
    # Nothing was asked of Amazon. Else Amazon is asked to give the money back, and `state` says how far that is.
    offline: Mapped[bool] = mapped_column(default=True)
    # One of `domain/invoicing/amazon_refunds.MEMO_STATES`. Only what is offline or refunded is counted as given back.
    state: Mapped[str] = mapped_column(String(10), default="offline")
    # What Amazon is told, a row a line: {"line": id of the Order's line, "item": Amazon's id of it, "cancelled": pieces
    # that will not be shipped, "parts": minor units by component}.
    amazon_lines: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    reason: Mapped[str] = mapped_column(String(40), default="")

    items: Mapped[list["CreditMemoItem"]] = relationship(order_by="CreditMemoItem.id")


class CreditMemoItem(Base):
    """What is given back of a line; no pieces where it is shipping alone."""

    __tablename__ = "credit_memo_items"

    id: Mapped[int] = mapped_column(primary_key=True)
    credit_memo_id: Mapped[int] = mapped_column(ForeignKey("credit_memos.id", ondelete="CASCADE"), index=True)
    order_item_id: Mapped[int] = mapped_column(ForeignKey("order_items.id"))
    quantity: Mapped[int]
    subtotal: Mapped[int] = mapped_column(BigInteger, default=0)
    shipping: Mapped[int] = mapped_column(BigInteger, default=0)
    tax: Mapped[int] = mapped_column(BigInteger, default=0)
    discount: Mapped[int] = mapped_column(BigInteger, default=0)
    other: Mapped[int] = mapped_column(BigInteger, default=0)
    total: Mapped[int] = mapped_column(BigInteger)
    # The pieces came back and can be sold again.
    return_to_stock: Mapped[bool] = mapped_column(default=False)
