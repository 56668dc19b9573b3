"""The schedule: what runs how often, and what people change of it. The scheduler claims here what is due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.db.bulk_write import insert_if_missing
from webapp.domain import schedule
from webapp.domain.errors import InvalidError, NotFoundError, RefusedError
from webapp.models.recurring_jobs import RecurringJob
from webapp.services import audit_log


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that is due: the job's name and its arguments."""

    name: str
    ids: tuple[int, ...]


def ensure(session: Session, key: str, name: str, ids: Sequence[int], interval: int, now: datetime) -> RecurringJob:
    """Put a job on the schedule, first run at once, unless it stands there. Does not commit."""
    wanted = select(RecurringJob).where(RecurringJob.key == key)
    found = session.scalar(wanted)
    if found is None:
        # Schedulers on two machines start at the same moment, after the same power cut.
        row = {"key": key, "name": name, "ids": list(ids), "interval_seconds": interval, "next_run_at": now}
        insert_if_missing(session, RecurringJob, row)
        found = session.scalars(wanted).one()
    return found


def forget(session: Session, key: str) -> None:
    """Take a job off the schedule with what it was for. Does not commit."""
    session.execute(delete(RecurringJob).where(RecurringJob.key == key))


def change_interval(session: Session, key: str, seconds: int, *, now: datetime, actor: str) -> RecurringJob:
    """Commits. Raises InvalidError outside of the job's bounds, NotFoundError."""
    job = find(session, key)
    least, most = schedule.bounds(job.name)
    if not least <= seconds <= most:
        session.rollback()
        raise InvalidError("interval_out_of_range", field="interval", least=least, most=most)
    before, job.interval_seconds = job.interval_seconds, seconds
    if job.enabled:
        job.next_run_at = schedule.sooner(job.next_run_at, seconds, now)
    _note(session, "job_interval_changed", job, now=now, actor=actor, before=before, after=seconds)
    session.commit()
    return job


def run_now(session: Session, key: str, *, now: datetime, actor: str) -> RecurringJob:
    """Let the scheduler ring at its next tick, within a second; works for a paused job too. Commits."""
    job = find(session, key)
    job.next_run_at = now
    _note(session, "job_run_asked", job, now=now, actor=actor)
    session.commit()
    return job


def pause(session: Session, key: str, *, now: datetime, actor: str) -> RecurringJob:
    """Commits. A run that has begun goes on to its end. Raises RefusedError for a job that never rests."""
    job = find(session, key)
    if job.name in schedule.NEVER_RESTS:
        session.rollback()
        raise RefusedError("job_never_rests")
    if job.enabled:
        job.enabled, job.next_run_at = False, None
        _note(session, "job_paused", job, now=now, actor=actor)
    session.commit()
    return job


def resume(session: Session, key: str, *, now: datetime, actor: str) -> RecurringJob:
    """Commits. The first run is at once."""
    job = find(session, key)
    if not job.enabled:
        job.enabled, job.next_run_at = True, now
        _note(session, "job_resumed", job, now=now, actor=actor)
    session.commit()
    return job


def find(session: Session, key: str) -> RecurringJob:
    """Locked for the change that follows. Raises NotFoundError."""
    job = session.scalar(select(RecurringJob).where(RecurringJob.key == key).with_for_update())
    if job is None:
        raise NotFoundError("job_unknown", name=key)
    return job


def claim_due(session: Session, now: datetime) -> list[Claim]:
    """Take what is due and plan its next run, in one transaction: two schedulers never take the same run. Commits."""
    waiting = select(RecurringJob).where(RecurringJob.next_run_at.is_not(None)).with_for_update(skip_locked=True)
    claims = []
    for job in session.scalars(waiting.order_by(RecurringJob.id)):
        if job.next_run_at is None or not schedule.is_due(job.next_run_at, job.interval_seconds, now):
            continue
        job.next_run_at = schedule.following(job.next_run_at, job.interval_seconds, now) if job.enabled else None
        job.enqueued_at = now
        claims.append(Claim(job.name, tuple(job.ids)))
    session.commit()
    return claims


def record_run(session: Session, key: str, outcome: str, cause: str | None, started: datetime, ended: datetime) -> None:
    """Keep how a run ended, for a job that is on the schedule. Commits."""
    job = session.scalar(select(RecurringJob).where(RecurringJob.key == key).with_for_update())
    if job is not None:
        job.last_run_at, job.finished_at = started, ended
        job.last_duration_ms = round((ended - started).total_seconds() * 1000)
        job.last_outcome, job.last_cause = outcome, cause
    session.commit()


def _note(session: Session, kind: str, job: RecurringJob, *, now: datetime, actor: str, **args: int) -> None:
    audit_log.record(session, kind, now=now, actor=actor, args={"job": job.key, **args})
