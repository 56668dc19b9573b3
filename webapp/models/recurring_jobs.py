"""Recurring jobs: interval, last run and next run."""

from datetime import datetime

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import Base, UtcDateTime


class RecurringJob(Base):
    """`key` is the job's id as `webapp.core.queue.key` makes it; `name` a job of the registry, `ids` its arguments."""

    __tablename__ = "recurring_jobs"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(40))
    ids: Mapped[list[int]] = mapped_column(JSON, default=list)
    interval_seconds: Mapped[int]
    enabled: Mapped[bool] = mapped_column(default=True)
    # Empty while paused; a paused job that is requested runs once.
    next_run_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # When the job was last enqueued, and when its run ended. A job that did not end is enqueued again.
    enqueued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_run_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_duration_ms: Mapped[int | None]
    # `ok`, `failed`; in `last_cause` the code of what went wrong.
    last_outcome: Mapped[str | None] = mapped_column(String(20))
    last_cause: Mapped[str | None] = mapped_column(String(80))
