"""Fences: periods in which nothing is sent, because the database may be older than what was already sent."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import Base, UtcDateTime


class Fence(Base):
    """A fence is active while its row has no `ended_at`.

    `reason`: restored, older_database, mark_missing, unknown_feeds.
    """

    __tablename__ = "fences"

    id: Mapped[int] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(String(20))
    # The state of the restored backup; None if it is not known.
    backup_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(String(40))
