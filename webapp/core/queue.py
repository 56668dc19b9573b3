"""The job catalogue, and the bell that calls a worker. What is to be done stands in the database."""

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

QUEUES = ("sync", "submissions", "mails", "bulk", "upkeep")
_ALIVE = {JobStatus.QUEUED.value, JobStatus.STARTED.value}
_TICK_KEY = "channeldesk:scheduler:tick"


@dataclass(frozen=True, slots=True)
class JobKind:
    """One job. `timeout` in seconds; `retry`: how often it is begun again after its process died.

    `every`: seconds between two runs, for a job that runs from the first start on; None for one that is rung, or
    has a row in `recurring_jobs` for each account.
    """

    name: str
    path: str
    queue: str
    timeout: int
    retry: int
    every: int | None = None


CATALOGUE = (
    JobKind("sync_account", "jobs.sync.sync_account", "sync", timeout=3600, retry=5),
    JobKind("advance_submissions", "jobs.submissions.advance_submissions", "submissions", timeout=600, retry=5),
    JobKind("send_messages", "jobs.mail.send_messages", "submissions", timeout=300, retry=5),
    JobKind("send_mails", "jobs.mail.send_mails", "mails", timeout=1800, retry=5),
    JobKind("run_bulk_action", "jobs.bulk.run_bulk_action", "bulk", timeout=600, retry=5),
    JobKind("refresh_order", "jobs.submissions.refresh_order", "submissions", timeout=60, retry=1),
    JobKind("upkeep", "jobs.maintenance.upkeep", "upkeep", timeout=60, retry=0, every=5),
)
BY_NAME = {kind.name: kind for kind in CATALOGUE}


def key(name: str, *ids: int) -> str:
    """The id of the job, and of its row in `recurring_jobs`: `sync_account-3`."""
    return "-".join([name, *(str(part) for part in ids)])


def connect(settings: Settings, *, impatient: bool = False) -> Redis:
    """A client of the Redis in use; connects when first used. `impatient` fails at once, for pages and checks."""
    url = redis_location.address(settings)
    if impatient:
        return Redis.from_url(url, socket_connect_timeout=1, socket_timeout=2, retry=Reconnect(NoBackoff(), 0))
    # The embedded Valkey is back within a second of being killed; whoever was speaking to it tries for longer.
    again = Reconnect(ExponentialBackoff(cap=1.0, base=0.05), 8)
    return Redis.from_url(url, retry=again, retry_on_error=[RedisConnectionError, RedisTimeoutError])


def init_app(app: Flask, settings: Settings) -> None:
    """Give the application its own client."""
    app.extensions["channeldesk_redis"] = connect(settings, impatient=True)


def redis() -> Redis:
    """The running application's client: for pages, which do not wait for a Redis that is away."""
    client: Redis = current_app.extensions["channeldesk_redis"]
    return client


def queue(connection: Redis, name: str) -> Queue:
    return Queue(name, connection=connection, serializer=JSONSerializer)


def enqueue(connection: Redis, name: str, *ids: int) -> None:
    """Ring, after the commit that made the work. However often it is rung, the job waits once.

    A ring while it runs is kept and makes it run once more, since the run may have looked before the commit.
    """
    connection.set(_again_key(key(name, *ids)), 1)
    enqueue_once(connection, name, *ids)


def enqueue_once(connection: Redis, name: str, *ids: int) -> bool:
    """Ring unless the job waits or runs already. Answers whether it was rung."""
    kind = BY_NAME[name]
    job_id = key(name, *ids)
    options: dict[str, Any] = {
        "args": ids,
        "job_id": job_id,
        "unique": True,
        "job_timeout": kind.timeout,
        "retry": Retry(max=kind.retry) if kind.retry else None,
        # The outcome is kept in the database; what stays here would only block the id.
        "result_ttl": 0,
        "failure_ttl": 60,
        "description": job_id,
    }
    line = queue(connection, kind.queue)
    try:
        line.enqueue(kind.path, **options)
    except DuplicateJobError:
        if not _clear_ended(connection, job_id):
            return False
        return enqueue_once(connection, name, *ids)
    return True


def _clear_ended(connection: Redis, job_id: str) -> bool:
    """Remove what an ended job left behind, for it would block its id. False while the job waits or runs."""
    status = connection.hget(Job.key_for(job_id), "status")
    if isinstance(status, bytes) and status.decode() in _ALIVE:
        return False
    connection.delete(Job.key_for(job_id))
    return True


def mark_started(connection: Redis, job_id: str) -> None:
    """The job has begun: rings until now are answered by this run."""
    connection.delete(_again_key(job_id))


def requeue_if_signalled(connection: Redis, job_id: str, ids: list[Any]) -> None:
    """The job has ended and its id is free: answer a ring that came while it ran."""
    if connection.exists(_again_key(job_id)):
        enqueue_once(connection, job_id.partition("-")[0], *ids)


def _again_key(job_id: str) -> str:
    return f"channeldesk:again:{job_id}"


def set_aside_at(settings: Settings) -> datetime | None:
    """When the embedded Valkey last had to be started without its files; None where that never happened."""
    return redis_location.last_set_aside(settings.data_dir)


def record_scheduler_heartbeat(connection: Redis, now: datetime) -> None:
    """The scheduler lives."""
    connection.set(_TICK_KEY, now.timestamp())


def last_tick(connection: Redis) -> float | None:
    """When the scheduler last looked at the schedule, as a timestamp; None when Redis knows of none."""
    said = connection.get(_TICK_KEY)
    return float(said) if said is not None else None
