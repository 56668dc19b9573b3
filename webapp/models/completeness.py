"""Amazon's and our counts of orders, by store and day, and the checks that compare them."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import Base, UtcDateTime


class CompletenessCheck(Base):
    """The check of an account: the report it waits for, if any, and its next run."""

    __tablename__ = "completeness_checks"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True, autoincrement=False)
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Whether the next report is about the last 30 days instead of the last 48 hours.
    is_long: Mapped[bool] = mapped_column(default=False)
    report_id: Mapped[str | None] = mapped_column(String(40))
    # The window of the report.
    starts_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    requested_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Why the last attempt failed (a code of `messages`), until one succeeds.
    cause: Mapped[str | None] = mapped_column(String(40))


class CompletenessDay(Base):
    """The orders that were placed in a store on a day of its time zone, as the latest check found them."""

    __tablename__ = "completeness_days"

    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"), primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    at_amazon: Mapped[int]
    here: Mapped[int]
    missing: Mapped[int]
    differing: Mapped[int]
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime)
