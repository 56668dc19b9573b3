"""The health checks: one list of named results for `/healthz`, the health page, `channeldesk status`, metrics, alarms.

To add a check, write a function that takes a `Context` and yields a `Check` for each problem, and add it to `PROBES`.
Its texts are codes of `webapp/messages/health.py`.
"""

import contextlib
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask, current_app
from redis import Redis
from redis.exceptions import OutOfMemoryError, RedisError
from sqlalchemy import func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from webapp.core import database_problems, heartbeats, key_check, queue
from webapp.core.database_problems import Problem
from webapp.core.extensions import db
from webapp.core.secret_keys import source
from webapp.core.settings import Settings
from webapp.db.database_errors import Cause, find_cause, format_reason
from webapp.db.encryption import DecryptionError
from webapp.db.engine import read_only
from webapp.domain.common import clocks
from webapp.domain.health import FAIL, OK, UNKNOWN, WARN, Check
from webapp.models.accounts import Account
from webapp.models.recurring_jobs import RecurringJob
from webapp.queries import fences, overdue
from webapp.queries.sync import data_age
from webapp.services import write_check

# The scheduler runs each second, and each queue is asked every ten.
SCHEDULER_SILENT_AFTER = 30.0
QUEUE_SILENT_AFTER = 40.0
OVERDUE_AFTER = timedelta(minutes=5)
# Due submissions or mails. What is sent in one run at most is a hundred.
BACKLOG = 1000
# Orders that a completeness check found are read again within Amazon's rate limits.
REPAIR_WITHIN = timedelta(hours=1)
LEAST_FREE_SHARE = 0.05
# A process that missed its heartbeat beats at least this often otherwise.
PROCESS_SILENT_AFTER = 15.0
# How long a replaced process is reported, so that everybody who looks sees it.
REPLACED_FOR = 45.0
# Amazon's client secrets are valid for 180 days.
SECRET_VALID = timedelta(days=180)
SECRET_WARNING = timedelta(days=14)
REFUSED = ("bad_credentials", "forbidden")
# A clock difference that was measured longer ago is not known to be there any more.
MEASURED_WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Context:
    """What checks look at. `session` only reads. `problems`: those of the checks before."""

    session: Session
    settings: Settings
    redis: Redis
    now: datetime
    problems: list[Check]


@dataclass(frozen=True, slots=True)
class Probe:
    """A check. `needs`: keys or names of checks whose problem makes this one's result unknown."""

    name: str
    run: Callable[[Context], Iterator[Check]]
    needs: tuple[str, ...] = ()


def _database(context: Context) -> Iterator[Check]:
    problem = database_problems.find(db.engine) or _write_problem(context.now)
    if problem is None:
        with contextlib.suppress(RedisError):
            reported = [cause for cause in database_problems.list_reported(context.redis) if cause != Cause.KEYS]
            problem = Problem(reported[0]) if reported else None
    if problem is None:
        return
    database_problems.report_problem(problem, context.redis)
    # The check of the keys is a check of its own.
    if problem.cause != Cause.KEYS:
        yield Check("database", FAIL, f"health_database_{problem.cause}")


def _write_problem(now: datetime) -> Problem | None:
    try:
        with Session(db.engine) as session:
            write_check.write(session, now)
    except DBAPIError as error:
        return Problem(find_cause(error) or Cause.UNREACHABLE, format_reason(error))
    return None


def _keys(context: Context) -> Iterator[Check]:
    try:
        key_check.verify(db.engine, source(context.settings), record=False)
        problem = database_problems.find(db.engine)
        is_wrong = problem is not None and problem.cause == Cause.KEYS
        # A job or a page found a value that cannot be decrypted.
        with contextlib.suppress(RedisError):
            is_wrong = is_wrong or Cause.KEYS in database_problems.list_reported(context.redis)
    except (key_check.WrongKeysError, DecryptionError):
        is_wrong = True
    if is_wrong:
        yield Check("keys", FAIL, "health_keys")


def _disk(context: Context) -> Iterator[Check]:
    folders = {context.settings.data_dir}
    url = make_url(context.settings.database)
    if url.get_backend_name() == "sqlite" and url.database:
        folders.add(Path(url.database).parent)
    for folder in folders:
        try:
            usage = shutil.disk_usage(folder)
        except OSError:
            # The check of the database reports a folder that is gone.
            continue
        if usage.free < LEAST_FREE_SHARE * usage.total:
            percent = round(100 * usage.free / usage.total, 1)
            yield Check("disk", FAIL, "health_disk", arguments={"percent": str(percent), "free": usage.free >> 20})
            return


def _redis(context: Context) -> Iterator[Check]:
    try:
        context.redis.set("channeldesk:health", context.now.timestamp())
    except OutOfMemoryError:
        yield Check("redis", FAIL, "health_redis_full")
    except RedisError as error:
        yield Check("redis", FAIL, "health_redis", arguments={"error": type(error).__name__})


def _scheduler(context: Context) -> Iterator[Check]:
    age = scheduler_age(context.redis)
    if age is None or age > SCHEDULER_SILENT_AFTER:
        yield Check("scheduler", FAIL, "health_scheduler")


def scheduler_age(redis: Redis) -> float | None:
    """Return the seconds since the scheduler's last run; None when Redis knows of none. Raises RedisError."""
    heartbeat = queue.get_last_heartbeat(redis)
    return None if heartbeat is None else age_of(heartbeat)


def age_of(timestamp: float) -> float:
    """Return the age of a timestamp in seconds."""
    age = time.time() - timestamp
    # Further in the future than clocks differ: it was written before the clock was set back.
    return round(abs(age) if -age > clocks.TOLERANCE.total_seconds() else max(0.0, age), 1)


def _queues(context: Context) -> Iterator[Check]:
    answers = queue.list_answers(context.redis)
    for name, requested in queue.list_requests(context.redis).items():
        if requested is not None and age_of(requested) > QUEUE_SILENT_AFTER:
            yield Check("queues", FAIL, "health_queue", name, {"queue": name})
        elif answers[name] is None:
            # It was not asked yet, or not long ago.
            yield Check("queues", UNKNOWN, subject=name)


def _processes(_context: Context) -> Iterator[Check]:
    for process in heartbeats.list_all():
        arguments = {"process": process.name}
        if process.age > PROCESS_SILENT_AFTER:
            yield Check("processes", FAIL, "health_process_silent", process.name, arguments)
        elif process.replaced_ago is not None and process.replaced_ago < REPLACED_FOR:
            yield Check("processes", FAIL, "health_process_replaced", process.name, arguments)


def _credentials(context: Context) -> Iterator[Check]:
    rows = context.session.execute(select(Account.id, Account.name).where(Account.error_code.in_(REFUSED)))
    for account_id, name in rows:
        yield Check("credentials", FAIL, "health_credentials", str(account_id), {"account": name})


def _secrets(context: Context) -> Iterator[Check]:
    saved = func.coalesce(Account.secret_saved_at, Account.created_at)
    for account_id, name, saved_at in context.session.execute(select(Account.id, Account.name, saved)):
        remaining = saved_at + SECRET_VALID - context.now
        if remaining < SECRET_WARNING:
            arguments: dict[str, str | int] = {"account": name, "days": max(0, remaining.days)}
            cause = "health_secret_expires" if remaining > timedelta() else "health_secret_expired"
            yield Check("secrets", WARN, cause, str(account_id), arguments)


def _sync(context: Context) -> Iterator[Check]:
    refused = {check.subject for check in context.problems if check.name == "credentials"}
    paused = set(context.session.scalars(select(RecurringJob.key).where(~RecurringJob.enabled)))
    for freshness in data_age.list_all(context.session, context.now):
        subject, arguments = str(freshness.account_id), {"account": freshness.account}
        if subject in refused:
            # Its credentials are the reason, and have a check of their own.
            continue
        if queue.key("sync_account", freshness.account_id) in paused:
            yield Check("sync", WARN, "health_sync_paused", subject, arguments)
        elif freshness.late:
            yield Check("sync", FAIL, "health_sync_late", subject, arguments)


def _clock(context: Context) -> Iterator[Check]:
    offset = clock_offset(context.session, context.now)
    if offset is not None and abs(offset) > clocks.TOLERANCE.total_seconds():
        yield Check(
            "clock", FAIL, "health_clock_ahead" if offset > 0 else "health_clock_behind", "", {"seconds": abs(offset)}
        )


def clock_offset(session: Session, now: datetime) -> int | None:
    """Return the largest clock difference among the recent measurements of the accounts."""
    measured = select(Account.clock_offset, Account.clock_measured_at).where(Account.clock_offset.is_not(None))
    offsets = [offset for offset, at in session.execute(measured) if offset is not None and _is_recent(at, now)]
    return max(offsets, key=abs, default=None)


def _is_recent(measured_at: datetime | None, now: datetime) -> bool:
    # Also one in the future: the clock was set back since.
    return measured_at is not None and measured_at > now - MEASURED_WITHIN


def _submissions(context: Context) -> Iterator[Check]:
    due = overdue.count_submissions(context.session, context.now - OVERDUE_AFTER)
    if due.number:
        yield Check("submissions", FAIL, "health_submissions_overdue", "", {"count": due.number})


def _mails(context: Context) -> Iterator[Check]:
    due = overdue.count_mails(context.session, context.now - OVERDUE_AFTER)
    if due.number:
        yield Check("mails", FAIL, "health_mails_overdue", "", {"count": due.number})


def _jobs(context: Context) -> Iterator[Check]:
    for job in context.session.scalars(select(RecurringJob).order_by(RecurringJob.id)):
        is_missed = job.next_run_at is not None and job.next_run_at < context.now - OVERDUE_AFTER
        # It may run for as long as its time limit.
        kind = queue.BY_NAME.get(job.name)
        limit = OVERDUE_AFTER + timedelta(seconds=kind.timeout if kind is not None else 0)
        is_unanswered = (
            job.enqueued_at is not None
            and job.enqueued_at < context.now - limit
            and (job.finished_at is None or job.finished_at < job.enqueued_at)
        )
        if is_missed or is_unanswered:
            yield Check("jobs", FAIL, "health_job_overdue", job.key, {"job": job.key})


def _backlog(context: Context) -> Iterator[Check]:
    counts = {
        "submissions": overdue.count_submissions(context.session, context.now).number,
        "mails": overdue.count_mails(context.session, context.now).number,
    }
    for subject, count in counts.items():
        if count > BACKLOG:
            yield Check("backlog", WARN, f"health_backlog_{subject}", subject, {"count": count})


def _fence(context: Context) -> Iterator[Check]:
    fence = fences.find_active(context.session)
    if fence is not None:
        yield Check("fence", WARN, "health_fence", "", {"cause": f"fence_{fence.reason}"})


def _backup(context: Context) -> Iterator[Check]:
    job = context.session.scalar(select(RecurringJob).where(RecurringJob.name == "make_backup"))
    if job is not None and job.last_outcome == "failed":
        yield Check("backup", WARN, "health_backup")


def _completeness(context: Context) -> Iterator[Check]:
    due = overdue.count_unrepaired_orders(context.session, context.now - REPAIR_WITHIN)
    if due.number:
        yield Check("completeness", WARN, "health_orders_missing", "", {"count": due.number})


_RUNNING = ("database", "keys", "redis", "scheduler")
# In this order: each looks at the problems of those before.
PROBES = (
    Probe("database", _database),
    Probe("keys", _keys, needs=("database",)),
    Probe("disk", _disk),
    Probe("redis", _redis),
    # Without Redis, workers wait for it and miss their heartbeats.
    Probe("processes", _processes, needs=("redis",)),
    Probe("scheduler", _scheduler, needs=("database", "keys", "redis", "processes:scheduler")),
    Probe("queues", _queues, needs=("database", "redis", "scheduler", "processes")),
    Probe("credentials", _credentials, needs=("database", "keys")),
    Probe("secrets", _secrets, needs=("database", "keys")),
    Probe("clock", _clock, needs=("database", "keys")),
    Probe("sync", _sync, needs=(*_RUNNING, "processes", "clock", "queues:sync")),
    Probe("submissions", _submissions, needs=(*_RUNNING, "processes", "clock", "queues:submissions")),
    Probe("mails", _mails, needs=(*_RUNNING, "processes", "clock", "queues:mails", "queues:submissions")),
    Probe("jobs", _jobs, needs=(*_RUNNING, "processes", "clock", "queues", "sync")),
    Probe("backlog", _backlog, needs=("database", "keys")),
    Probe("fence", _fence, needs=("database",)),
    Probe("backup", _backup, needs=("database",)),
    Probe("completeness", _completeness, needs=("database", "keys")),
)


def run_all(app: Flask, now: datetime, probes: Sequence[Probe] = PROBES) -> list[Check]:
    """Make all checks. Needs an application context. Waits a few seconds at most for what does not answer."""
    settings: Settings = app.config["CHANNELDESK"]
    results: list[Check] = []
    with Session(db.engine) as session:
        for probe in probes:
            context = Context(session, settings, queue.redis(), now, [check for check in results if check.is_problem])
            results += _run(probe, context)
            session.rollback()
    return results


def _run(probe: Probe, context: Context) -> list[Check]:
    failed = {check.key for check in context.problems} | {check.name for check in context.problems}
    if failed.intersection(probe.needs):
        return [Check(probe.name, UNKNOWN)]
    try:
        with read_only():
            problems = list(probe.run(context))
    except (DBAPIError, RedisError) as error:
        # It failed between the check of the database or of Redis and this one.
        context.session.rollback()
        return [Check(probe.name, FAIL, "health_check_failed", "", {"error": type(error).__name__})]
    return problems or [Check(probe.name, OK)]


class CachedChecks:
    """The results for requests, made anew when they are older than `lifetime` seconds."""

    def __init__(self, lifetime: float = 3.0) -> None:
        self.lifetime = lifetime
        self._lock = threading.Lock()
        self._checks: list[Check] = []
        self._made_at = float("-inf")

    def get(self, app: Flask) -> list[Check]:
        """Return the results. One request makes them, and others wait for it."""
        with self._lock:
            if time.monotonic() - self._made_at >= self.lifetime:
                self._checks = run_all(app, datetime.now(UTC))
                self._made_at = time.monotonic()
            return self._checks


def init_app(app: Flask) -> None:
    app.extensions["channeldesk_health"] = CachedChecks()


def latest() -> list[Check]:
    """Return the results of the last seconds. Needs an application context."""
    cached: CachedChecks = current_app.extensions["channeldesk_health"]
    return cached.get(current_app)
