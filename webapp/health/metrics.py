"""Prometheus metrics: health checks, queues, data age, open work, rate limits, disk and processes."""

import contextlib
import shutil
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from webapp.amazon.rate_limiter import read_buckets
from webapp.core import heartbeats, queue
from webapp.core.extensions import db
from webapp.db.engine import read_only
from webapp.domain.amazon.errors import RedisUnavailable
from webapp.domain.health import FAIL, OK, UNKNOWN, WARN
from webapp.health import checks
from webapp.models.accounts import Account
from webapp.models.mails import Mail
from webapp.models.submissions import Submission
from webapp.queries.sync import data_age

_VALUES = {OK: 1.0, WARN: 0.5, FAIL: 0.0, UNKNOWN: float("nan")}


def render(app: Flask) -> tuple[bytes, str]:
    """Return the metrics as text and its content type. Needs an application context."""
    registry = CollectorRegistry()
    registry.register(_DeskCollector(app))
    return generate_latest(registry), CONTENT_TYPE_LATEST


class _DeskCollector(Collector):
    """Reads everything when it is asked, so that all processes of the web server answer alike."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def describe(self) -> Iterator[Metric]:
        """Return nothing, so that registering reads nothing."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        yield from _checks()
        yield from _disk(self._app)
        yield from _processes()
        # The check of Redis reports its errors.
        with contextlib.suppress(RedisError):
            yield from _queues()
        try:
            with read_only(), Session(db.engine) as session:
                # Before they are yielded, so that no transaction stays open.
                metrics = [*_accounts(session), *_open_work(session)]
                accounts = session.execute(select(Account.id, Account.name)).all()
        except DBAPIError:
            return
        yield from metrics
        with contextlib.suppress(RedisUnavailable):
            yield from _rate_limits(accounts)


def _gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"channeldesk_{name}", text, labels=labels)


def _checks() -> Iterator[Metric]:
    gauge = _gauge("health", "1: the check passes, 0.5: it warns, 0: it fails, NaN: not known.", "check", "subject")
    for check in checks.latest():
        gauge.add_metric([check.name, check.subject], _VALUES[check.level])
    yield gauge


def _disk(app: Flask) -> Iterator[Metric]:
    usage = shutil.disk_usage(app.config["CHANNELDESK"].data_dir)
    for name, value in (("free", usage.free), ("size", usage.total)):
        gauge = _gauge(f"disk_{name}_bytes", "Disk of the data folder.")
        gauge.add_metric([], value)
        yield gauge


def _processes() -> Iterator[Metric]:
    ages = _gauge("process_heartbeat_age_seconds", "Seconds since the last heartbeat of a process.", "process")
    replaced = _gauge("process_replacements", "How often a process was killed because it did not respond.", "process")
    for process in heartbeats.list_all():
        ages.add_metric([process.name], process.age)
        replaced.add_metric([process.name], process.replacements)
    yield from (ages, replaced)


def _queues() -> Iterator[Metric]:
    connection = queue.redis()
    lengths = _gauge("queue_jobs", "Jobs that wait in a queue.", "queue")
    ages = _gauge("queue_answer_age_seconds", "Seconds since the worker of a queue last answered.", "queue")
    for name, answered in queue.list_answers(connection).items():
        lengths.add_metric([name], queue.queue(connection, name).count)
        if answered is not None:
            ages.add_metric([name], checks.age_of(answered))
    yield from (lengths, ages)
    scheduler = _gauge("scheduler_tick_age_seconds", "Seconds since the last run of the scheduler.")
    if (age := checks.scheduler_age(connection)) is not None:
        scheduler.add_metric([], age)
    yield scheduler


def _accounts(session: Session) -> Iterator[Metric]:
    now = datetime.now(UTC)
    gauge = _gauge("data_age_seconds", "Seconds since the last complete sync of an account.", "account")
    for freshness in data_age.list_all(session, now):
        if freshness.as_of is not None:
            gauge.add_metric([freshness.account], (now - freshness.as_of).total_seconds())
    yield gauge


def _rate_limits(accounts: Iterable[Any]) -> Iterator[Metric]:
    free = _gauge("amazon_calls_free", "Calls of an operation that Amazon allows now.", "account", "operation")
    rates = _gauge("amazon_calls_per_second", "Calls of an operation that are refilled.", "account", "operation")
    for account_id, name in accounts:
        for bucket in read_buckets(queue.redis(), str(account_id)):
            free.add_metric([name, bucket.operation], bucket.tokens)
            rates.add_metric([name, bucket.operation], bucket.rate)
    yield from (free, rates)


def _open_work(session: Session) -> Iterator[Metric]:
    submissions = _gauge("open_submissions", "Submissions that have not ended.", "state")
    rows = session.execute(select(Submission.state, func.count()).where(Submission.open).group_by(Submission.state))
    for state, count in rows:
        submissions.add_metric([state], count)
    mails = _gauge("waiting_mails", "Mails that wait to be sent.", "state")
    waiting = select(Mail.state, func.count()).where(Mail.due_at.is_not(None)).group_by(Mail.state)
    for state, count in session.execute(waiting):
        mails.add_metric([state], count)
    yield from (submissions, mails)
