"""Amazon orders that are known from a report only, and orders to read through the Orders API."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import AUTOINCREMENT, WORD, Base, UtcDateTime


class ReportedOrder(Base):
    """An Amazon order stored from a report and not yet read: it has no buyer, address or item ids.

    Its Amazon order has the status UNKNOWN while the report's is an open one, so that it is not processed.
    """

    __tablename__ = "reported_orders"

    amazon_order_id: Mapped[int] = mapped_column(
        ForeignKey("amazon_orders.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    status: Mapped[str] = mapped_column(String(WORD))
    last_updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OrderRead(Base):
    """An order to read by getOrder. `reason`: reported, missing or differing. `next_try_at` is empty once it has ended.

    `cause`: why the last attempt failed (a code of `messages`).
    """

    __tablename__ = "order_reads"
    __table_args__ = (
        Index("ix_order_reads_number", "account_id", "number"),
        Index("ix_order_reads_due", "next_try_at", "account_id"),
        Index("ix_order_reads_reason", "reason", "requested_at", "id"),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    number: Mapped[str] = mapped_column(String(WORD))
    reason: Mapped[str] = mapped_column(String(10))
    purchased_at: Mapped[datetime] = mapped_column(UtcDateTime)
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    cause: Mapped[str | None] = mapped_column(String(40))
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
