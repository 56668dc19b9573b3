"""The schedule of recurring jobs: intervals, pausing, and claiming the due runs for the scheduler."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from webapp.db.bulk_write import insert_if_missing
from webapp.domain import schedule
from webapp.domain.errors import InvalidError, RefusedError, require
from webapp.models.recurring_jobs import RecurringJob
from webapp.services import audit_log


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that is due: the job's name and its arguments."""

    name: str
    ids: tuple[int, ...]


def ensure(
    session: Session, key: str, name: str, ids: Sequence[int], interval: int, first_run: datetime
) -> RecurringJob:
    """Add a job to the schedule, unless it exists. Does not commit."""
    statement = select(RecurringJob).where(RecurringJob.key == key)
    job = session.scalar(statement)
    if job is None:
        # Two schedulers may start at the same moment.
        row = {"key": key, "name": name, "ids": list(ids), "interval_seconds": interval, "next_run_at": first_run}
        insert_if_missing(session, RecurringJob, row)
        job = session.scalars(statement).one()
    return job


def remove(session: Session, key: str) -> None:
    """Remove a job from the schedule. Does not commit."""
    session.execute(delete(RecurringJob).where(RecurringJob.key == key))


def change_interval(session: Session, key: str, seconds: int, *, now: datetime, actor: str) -> RecurringJob:
    """Change the interval of a job. Commits. Raises InvalidError outside of the job's bounds, NotFoundError."""
    job = load_locked(session, key)
    minimum, maximum = schedule.get_bounds(job.name)
    if not minimum <= seconds <= maximum:
        session.rollback()
        raise InvalidError("interval_out_of_range", field="interval", least=minimum, most=maximum)
    before, job.interval_seconds = job.interval_seconds, seconds
    if job.enabled:
        job.next_run_at = schedule.find_sooner(job.next_run_at, seconds, now)
    _record_event(session, "job_interval_changed", job, now=now, actor=actor, before=before, after=seconds)
    session.commit()
    return job


def run_now(session: Session, key: str, *, now: datetime, actor: str) -> RecurringJob:
    """Make a job due for the scheduler's next tick, within a second; also if it is paused. Commits."""
    job = load_locked(session, key)
    job.next_run_at = now
    _record_event(session, "job_run_asked", job, now=now, actor=actor)
    session.commit()
    return job


def pause(session: Session, key: str, *, now: datetime, actor: str) -> RecurringJob:
    """Pause a job. Commits. A run in progress is not stopped. Raises RefusedError for a job that cannot be paused."""
    job = load_locked(session, key)
    if job.name in schedule.NEVER_RESTS:
        session.rollback()
        raise RefusedError("job_never_rests")
    if job.enabled:
        job.enabled, job.next_run_at = False, None
        _record_event(session, "job_paused", job, now=now, actor=actor)
    session.commit()
    return job


def resume(session: Session, key: str, *, now: datetime, actor: str) -> RecurringJob:
    """Resume a paused job with a run at once. Commits."""
    job = load_locked(session, key)
    if not job.enabled:
        job.enabled, job.next_run_at = True, now
        _record_event(session, "job_resumed", job, now=now, actor=actor)
    session.commit()
    return job


def delay_next_run(session: Session, key: str, until: datetime) -> None:
    """Postpone the next run of a job that is not paused. Commits."""
    job = session.scalar(select(RecurringJob).where(RecurringJob.key == key).with_for_update())
    if job is not None and job.next_run_at is not None:
        job.next_run_at = max(job.next_run_at, until)
    session.commit()


def load_locked(session: Session, key: str) -> RecurringJob:
    """Load and lock a job. Raises NotFoundError."""
    return require(
        session.scalar(select(RecurringJob).where(RecurringJob.key == key).with_for_update()), "job_unknown", name=key
    )


def claim_due(session: Session, now: datetime) -> list[Claim]:
    """Claim the due runs and plan the next ones, so that two schedulers never claim the same run. Commits."""
    statement = select(RecurringJob).where(RecurringJob.next_run_at.is_not(None)).with_for_update(skip_locked=True)
    claims = []
    for job in session.scalars(statement.order_by(RecurringJob.id)):
        if job.next_run_at is None or not schedule.is_due(job.name, job.next_run_at, job.interval_seconds, now):
            continue
        job.next_run_at = schedule.find_next_run(job.next_run_at, job.interval_seconds, now) if job.enabled else None
        job.enqueued_at = now
        claims.append(Claim(job.name, tuple(job.ids)))
    session.commit()
    return claims


def claim_unanswered(session: Session, now: datetime) -> list[Claim]:
    """Claim the runs that have not ended, for the start of a scheduler: they were interrupted, or Redis lost them.

    They count as enqueued now, so that the time while nothing ran makes none of them overdue. Commits.
    """
    is_unanswered = or_(RecurringJob.finished_at.is_(None), RecurringJob.finished_at < RecurringJob.enqueued_at)
    statement = select(RecurringJob).where(RecurringJob.enqueued_at <= now, is_unanswered)
    claims = []
    for job in session.scalars(statement.order_by(RecurringJob.id).with_for_update(skip_locked=True)):
        job.enqueued_at = now
        claims.append(Claim(job.name, tuple(job.ids)))
    session.commit()
    return claims


def record_run(session: Session, key: str, outcome: str, cause: str | None, started: datetime, ended: datetime) -> None:
    """Store the result of a run, if the job is on the schedule. Commits."""
    job = session.scalar(select(RecurringJob).where(RecurringJob.key == key).with_for_update())
    if job is not None:
        job.last_run_at, job.finished_at = started, ended
        job.last_duration_ms = round((ended - started).total_seconds() * 1000)
        job.last_outcome, job.last_cause = outcome, cause
    session.commit()


def _record_event(session: Session, kind: str, job: RecurringJob, *, now: datetime, actor: str, **args: int) -> None:
    audit_log.record(session, kind, now=now, actor=actor, args={"job": job.key, **args})
