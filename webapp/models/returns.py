"""Returns of merchant-fulfilled orders, as Amazon reports them, and what was done about them here."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import WORD, Base, UtcDateTime


class OrderReturn(Base):
    """A returned item. `identity` is unique in the account: see `domain/returns/report.py`."""

    __tablename__ = "returns"
    __table_args__ = (
        UniqueConstraint("store_id", "identity"),
        Index("ix_returns_requested", "requested_at", "id"),
        Index("ix_returns_state", "state", "id"),
        Index("ix_returns_order_number", "order_number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    identity: Mapped[str] = mapped_column(String(300))
    # Amazon's number of the order. The order itself may be unknown here.
    order_number: Mapped[str] = mapped_column(String(WORD))
    amazon_order_id: Mapped[int | None] = mapped_column(ForeignKey("amazon_orders.id"), index=True)
    # A state of `domain/returns/states.py`.
    state: Mapped[str] = mapped_column(String(20), default="open")
    sku: Mapped[str] = mapped_column(String(WORD), default="")
    asin: Mapped[str] = mapped_column(String(20), default="")
    title: Mapped[str] = mapped_column(String(500), default="")
    quantity: Mapped[int]
    # The day Amazon names, at midnight in UTC.
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    delivered_on: Mapped[date | None] = mapped_column(Date)
    # The following are in Amazon's words.
    status: Mapped[str] = mapped_column(String(60), default="")
    reason: Mapped[str] = mapped_column(String(100), default="")
    resolution: Mapped[str] = mapped_column(String(60), default="")
    rma: Mapped[str] = mapped_column(String(WORD), default="")
    label_type: Mapped[str] = mapped_column(String(60), default="")
    label_paid_by: Mapped[str] = mapped_column(String(60), default="")
    carrier: Mapped[str] = mapped_column(String(60), default="")
    tracking_number: Mapped[str] = mapped_column(String(100), default="")
    currency: Mapped[str] = mapped_column(String(3), default="")
    label_cost: Mapped[int | None] = mapped_column(BigInteger)
    # What Amazon says was refunded.
    refunded: Mapped[int | None] = mapped_column(BigInteger)
    is_in_policy: Mapped[bool | None]
    is_a_to_z: Mapped[bool] = mapped_column(default=False)
    read_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # The credit memo that was created from it here.
    credit_memo_id: Mapped[int | None] = mapped_column(ForeignKey("credit_memos.id"))
    restocked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ReturnsReading(Base):
    """The reading of a store's returns: the report it waits for, if any, and its next step."""

    __tablename__ = "returns_readings"

    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"), primary_key=True, autoincrement=False)
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime)
    report_id: Mapped[str | None] = mapped_column(String(40))
    requested_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Why the last attempt failed (a code of `messages`), until one succeeds.
    cause: Mapped[str | None] = mapped_column(String(40))
