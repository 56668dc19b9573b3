"""Recurring jobs, for the Schedule page, the scheduler and maintenance."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from webapp.domain import schedule
from webapp.domain.common import clocks
from webapp.domain.errors import require
from webapp.models.accounts import Account
from webapp.models.recurring_jobs import RecurringJob


def list_jobs(session: Session) -> Sequence[RecurringJob]:
    """List all recurring jobs by name."""
    return session.scalars(select(RecurringJob).order_by(RecurringJob.name, RecurringJob.id)).all()


def find(session: Session, key: str) -> RecurringJob:
    """Find a recurring job by its key. Raises NotFoundError."""
    return require(session.scalar(select(RecurringJob).where(RecurringJob.key == key)), "job_unknown", name=key)


def find_account_names(session: Session, jobs: Sequence[RecurringJob]) -> dict[int, str]:
    """Find the names of the accounts that these jobs sync, by id."""
    ids = [job.ids[0] for job in jobs if job.name == "sync_account" and job.ids]
    rows = session.execute(select(Account.id, Account.name).where(Account.id.in_(ids)))
    return {row.id: row.name for row in rows}


def has_due(session: Session, now: datetime) -> bool:
    """Return whether the scheduler has a job to claim. Called every second, so it takes no write lock."""
    waiting = select(RecurringJob.name, RecurringJob.next_run_at, RecurringJob.interval_seconds).where(
        RecurringJob.next_run_at.is_not(None)
    )
    return any(
        at is not None and schedule.is_due(name, at, interval, now) for name, at, interval in session.execute(waiting)
    )


def list_unanswered(session: Session, now: datetime, after: timedelta) -> list[tuple[str, tuple[int, ...]]]:
    """List (name, ids) of jobs enqueued longer than `after` ago and not ended since: Redis may have lost them."""
    lost = select(RecurringJob.name, RecurringJob.ids).where(
        or_(RecurringJob.enqueued_at <= now - after, RecurringJob.enqueued_at > now + clocks.TOLERANCE),
        or_(RecurringJob.finished_at.is_(None), RecurringJob.finished_at < RecurringJob.enqueued_at),
    )
    return [(name, tuple(ids)) for name, ids in session.execute(lost)]
