"""Ranges of past orders that are read apart from the live sync."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import AUTOINCREMENT, Base, UtcDateTime

RUNNING, PAUSED, DONE = "running", "paused", "done"
REPORT, SEARCH = "report", "search"


class Backfill(Base):
    """One range of an account.

    It is read in slices from its end to its beginning, so that the newest orders come first: `reached_at` is the time
    down to which all orders have been read.
    """

    __tablename__ = "backfills"
    __table_args__ = (Index("ix_backfills_account_state", "account_id", "state"), AUTOINCREMENT)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    # How it is read: `report` (Amazon's flat file of all orders) or `search` (searchOrders).
    method: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10), default="running")
    actor: Mapped[str] = mapped_column(String(40))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reached_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # The length of the next slice, and the one being read, as `services/sync/backfill.py` keeps it.
    slice_seconds: Mapped[int]
    slice: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Time spent in the state running, without the present stretch, which began at `resumed_at`.
    seconds_before: Mapped[int] = mapped_column(default=0)
    resumed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime)
    pages: Mapped[int] = mapped_column(default=0)
    received: Mapped[int] = mapped_column(default=0)
    new: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    # Why the last attempt failed (a code of `messages`), until one succeeds.
    cause: Mapped[str | None] = mapped_column(String(40))
    message: Mapped[str | None] = mapped_column(String(1000))
