"""Amazon's own transactions of orders, as its payments show them."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import AUTOINCREMENT, WORD, Base, UtcDateTime


class OrderTransaction(Base):
    """A transaction of an order: a sale, a refund or another one. Amounts are the seller's, in minor units.

    The order may be imported later, so `number` names it. `charges`, `tax`, `fees` and `other` sum to `total`.
    """

    __tablename__ = "order_transactions"
    __table_args__ = (
        UniqueConstraint("account_id", "transaction_id"),
        Index("ix_order_transactions_number", "account_id", "number"),
        Index("ix_order_transactions_posted", "posted_at", "id"),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    transaction_id: Mapped[str] = mapped_column(String(WORD))
    number: Mapped[str] = mapped_column(String(WORD))
    # Amazon's words.
    kind: Mapped[str] = mapped_column(String(WORD))
    description: Mapped[str] = mapped_column(String(WORD), default="")
    status: Mapped[str] = mapped_column(String(WORD), default="")
    posted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Amazon's id of the shipment that was paid.
    shipment_id: Mapped[str | None] = mapped_column(String(WORD))
    currency: Mapped[str] = mapped_column(String(3))
    charges: Mapped[int] = mapped_column(BigInteger)
    tax: Mapped[int] = mapped_column(BigInteger)
    fees: Mapped[int] = mapped_column(BigInteger)
    other: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[int] = mapped_column(BigInteger)
    read_at: Mapped[datetime] = mapped_column(UtcDateTime)
