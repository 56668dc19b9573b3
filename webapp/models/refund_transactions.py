"""Refunds in Amazon's payments, and their differences from the credit memos."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import AUTOINCREMENT, WORD, Base, UtcDateTime


class RefundTransaction(Base):
    """A refund in Amazon's payments, by any system. `amount`: paid to the buyer, in minor units."""

    __tablename__ = "refund_transactions"
    __table_args__ = (UniqueConstraint("account_id", "transaction_id"), AUTOINCREMENT)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    transaction_id: Mapped[str] = mapped_column(String(WORD))
    number: Mapped[str] = mapped_column(String(WORD), index=True)
    # Empty until the order is imported.
    amazon_order_id: Mapped[int | None] = mapped_column(ForeignKey("amazon_orders.id"), index=True)
    kind: Mapped[str] = mapped_column(String(WORD))
    posted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    currency: Mapped[str] = mapped_column(String(3))
    amount: Mapped[int] = mapped_column(BigInteger)
    # The part of it that is tax; NULL for transactions read before it was stored.
    tax: Mapped[int | None] = mapped_column(BigInteger)
    # The credit memo whose refund it is.
    credit_memo_id: Mapped[int | None] = mapped_column(ForeignKey("credit_memos.id"), index=True)
    read_at: Mapped[datetime] = mapped_column(UtcDateTime)
    request_id: Mapped[str | None] = mapped_column(String(WORD))


class UnreadableTransaction(Base):
    """A transaction in Amazon's payments that could not be parsed, thus was not compared. `cause`: without its values.

    The row is deleted when the transaction is read.
    """

    __tablename__ = "unreadable_transactions"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True, autoincrement=False)
    # Empty if the id itself could not be parsed.
    transaction_id: Mapped[str] = mapped_column(String(WORD), primary_key=True)
    number: Mapped[str | None] = mapped_column(String(WORD))
    cause: Mapped[str] = mapped_column(String(200))
    first_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RefundFinding(Base):
    """A refund for a user to review. `kind`: one of `domain/invoicing/refund_matching.FINDINGS`."""

    __tablename__ = "refund_findings"
    __table_args__ = (
        Index(
            "ix_refund_findings_unresolved",
            "store_id",
            "kind",
            sqlite_where=text("resolved_at IS NULL"),
            postgresql_where=text("resolved_at IS NULL"),
        ),
        Index("ix_refund_findings_found", "found_at", "id"),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    credit_memo_id: Mapped[int | None] = mapped_column(ForeignKey("credit_memos.id"))
    refund_transaction_id: Mapped[int | None] = mapped_column(ForeignKey("refund_transactions.id"))
    currency: Mapped[str] = mapped_column(String(3))
    # What the credit memo refunds, and what Amazon's payments show, in minor units.
    expected: Mapped[int | None] = mapped_column(BigInteger)
    amount: Mapped[int | None] = mapped_column(BigInteger)
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Who marked it as checked; "amazon" when its cause has gone.
    resolved_by: Mapped[str | None] = mapped_column(String(40))
