"""RQ job registry and enqueueing. The database is the source of truth; Redis only wakes the workers."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask, current_app
from redis import Redis
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry as Reconnect
from rq import Queue, Retry
from rq.exceptions import DuplicateJobError
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from webapp.core import redis_location
from webapp.core.settings import Settings

QUEUES = ("sync", "submissions", "mails", "bulk", "background", "maintenance")
_ALIVE = {JobStatus.QUEUED.value, JobStatus.STARTED.value}
_HEARTBEAT_KEY = "channeldesk:scheduler:heartbeat"
# Seconds between two heartbeat jobs of a queue.
HEARTBEAT_INTERVAL = 10.0


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of job. `timeout` in seconds; `retry`: how often RQ starts it again after its process died.

    `queue`: empty where the first id is the number of the queue.
    `every`: seconds between two runs of a job that is always scheduled; None for one that is enqueued on demand or
    has a row in `recurring_jobs` for each account. `at`: the hour in UTC of the first of these runs, if not at once.
    """

    name: str
    path: str
    queue: str
    timeout: int
    retry: int
    every: int | None = None
    at: int | None = None


CATALOGUE = (
    JobKind("sync_account", "jobs.sync.sync_account", "sync", timeout=1800, retry=5),
    JobKind("run_backfill", "jobs.sync.run_backfill", "background", timeout=600, retry=5),
    JobKind("read_orders", "jobs.sync.read_orders", "background", timeout=600, retry=5),
    JobKind("check_completeness", "jobs.sync.check_completeness", "background", timeout=600, retry=5),
    JobKind("read_returns", "jobs.sync.read_returns", "background", timeout=600, retry=5),
    JobKind("advance_submissions", "jobs.submissions.advance_submissions", "submissions", timeout=300, retry=5),
    JobKind("send_messages", "jobs.mail.send_messages", "submissions", timeout=300, retry=5),
    JobKind("process_labels", "jobs.labels.process_labels", "submissions", timeout=300, retry=5),
    JobKind("send_mails", "jobs.mail.send_mails", "mails", timeout=1800, retry=5),
    JobKind("run_bulk_action", "jobs.bulk.run_bulk_action", "bulk", timeout=300, retry=5),
    JobKind("refresh_order", "jobs.submissions.refresh_order", "submissions", timeout=60, retry=1),
    JobKind("check_refunds", "jobs.refunds.check_refunds", "background", timeout=3600, retry=1, every=6 * 3600),
    JobKind(
        "housekeeping",
        "jobs.housekeeping.run_housekeeping",
        "background",
        timeout=3600,
        retry=1,
        every=24 * 3600,
        at=2,
    ),
    JobKind("make_backup", "jobs.backups.make_backup", "background", timeout=6 * 3600, retry=1, every=24 * 3600, at=1),
    JobKind("maintenance", "jobs.maintenance.run_maintenance", "maintenance", timeout=300, retry=0, every=5),
    JobKind("heartbeat", "jobs.heartbeat.answer_heartbeat", "", timeout=10, retry=0),
)
BY_NAME = {kind.name: kind for kind in CATALOGUE}


def key(name: str, *ids: int) -> str:
    """Return the id of a job and of its row in `recurring_jobs`: `sync_account-3`."""
    return "-".join([name, *(str(part) for part in ids)])


def connect(settings: Settings, *, impatient: bool = False) -> Redis:
    """Return a client that connects when first used. `impatient`: it fails at once, for pages and checks."""
    url = redis_location.get_url(settings)
    if impatient:
        return Redis.from_url(url, socket_connect_timeout=1, socket_timeout=2, retry=Reconnect(NoBackoff(), 0))
    # The embedded Valkey is back within a second of being killed: the client retries for longer than that.
    retry_policy = Reconnect(ExponentialBackoff(cap=1.0, base=0.05), 8)
    return Redis.from_url(url, retry=retry_policy, retry_on_error=[RedisConnectionError, RedisTimeoutError])


def init_app(app: Flask, settings: Settings) -> None:
    """Create the application's own client."""
    app.extensions["channeldesk_redis"] = connect(settings, impatient=True)


def redis() -> Redis:
    """Return the application's client, which does not wait for an unavailable Redis."""
    client: Redis = current_app.extensions["channeldesk_redis"]
    return client


def queue(connection: Redis, name: str) -> Queue:
    return Queue(name, connection=connection, serializer=JSONSerializer)


def enqueue(connection: Redis, name: str, *ids: int) -> None:
    """Enqueue a job; call it after the commit that created the work. A job waits in its queue only once.

    A call while the job runs makes it run once more, since the run may have read the database before the commit.
    """
    connection.set(_get_again_key(key(name, *ids)), 1)
    enqueue_once(connection, name, *ids)


def enqueue_once(connection: Redis, name: str, *ids: int) -> bool:
    """Enqueue a job unless it waits or runs already. Return whether it was enqueued."""
    kind = BY_NAME[name]
    job_id = key(name, *ids)
    options: dict[str, Any] = {
        "args": ids,
        "job_id": job_id,
        "unique": True,
        "job_timeout": kind.timeout,
        "retry": Retry(max=kind.retry) if kind.retry else None,
        # The result is in the database; one kept in Redis would block the job id.
        "result_ttl": 0,
        "failure_ttl": 60,
        "description": job_id,
    }
    rq_queue = queue(connection, kind.queue or QUEUES[ids[0]])
    try:
        rq_queue.enqueue(kind.path, **options)
    except DuplicateJobError:
        if not _clear_ended(connection, job_id):
            return False
        return enqueue_once(connection, name, *ids)
    return True


def _clear_ended(connection: Redis, job_id: str) -> bool:
    """Delete an ended job, which would block its id. Return False while the job waits or runs."""
    status = connection.hget(Job.key_for(job_id), "status")
    if isinstance(status, bytes) and status.decode() in _ALIVE:
        return False
    connection.delete(Job.key_for(job_id))
    return True


def mark_started(connection: Redis, job_id: str) -> None:
    """Note that the job has started: this run handles every call of `enqueue` until now."""
    connection.delete(_get_again_key(job_id))


def requeue_if_signalled(connection: Redis, job_id: str, ids: list[Any]) -> None:
    """Enqueue an ended job again if `enqueue` was called while it ran."""
    if connection.exists(_get_again_key(job_id)):
        enqueue_once(connection, job_id.partition("-")[0], *ids)


def _get_again_key(job_id: str) -> str:
    return f"channeldesk:again:{job_id}"


def set_aside_at(settings: Settings) -> datetime | None:
    """Return the last time the embedded Valkey was started without its files, or None."""
    return redis_location.find_last_damage(settings.data_dir)


def request_heartbeats(connection: Redis) -> None:
    """Enqueue a heartbeat job on every queue, unless the last one has not been answered yet."""
    for number, name in enumerate(QUEUES):
        connection.set(_request_key(name), time.time(), nx=True)
        enqueue_once(connection, "heartbeat", number)


def record_answer(connection: Redis, name: str) -> None:
    """Note that the worker of the queue answered a heartbeat job, or is at work on another one."""
    connection.set(_answer_key(name), time.time())
    connection.delete(_request_key(name))


def list_requests(connection: Redis) -> dict[str, float | None]:
    """Return since when each queue owes an answer, as a timestamp; None where it owes none."""
    requests = connection.mget([_request_key(name) for name in QUEUES])
    return {name: None if at is None else float(at) for name, at in zip(QUEUES, requests, strict=True)}


def list_answers(connection: Redis) -> dict[str, float | None]:
    """Return the timestamp of each queue's last heartbeat; None where Redis has none."""
    answers = connection.mget([_answer_key(name) for name in QUEUES])
    return {name: None if at is None else float(at) for name, at in zip(QUEUES, answers, strict=True)}


def _request_key(name: str) -> str:
    return f"channeldesk:queue:{name}:requested"


def _answer_key(name: str) -> str:
    return f"channeldesk:queue:{name}:answered"


def record_scheduler_heartbeat(connection: Redis, now: datetime) -> None:
    """Store the time at which the scheduler ran."""
    connection.set(_HEARTBEAT_KEY, now.timestamp())


def get_last_heartbeat(connection: Redis) -> float | None:
    """Return the timestamp of the scheduler's last run, or None when Redis has none."""
    timestamp = connection.get(_HEARTBEAT_KEY)
    return float(timestamp) if timestamp is not None else None
