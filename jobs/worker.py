"""The worker of one queue. RQ's defaults detect a killed worker after up to 811 s, these settings after 20 s."""

import contextlib
import gc
import logging
import os
import time
from datetime import timedelta
from typing import Any

import redis.exceptions
from flask import Flask
from redis import Redis
from redis.client import Pipeline
from rq import Queue, Worker
from rq.exceptions import InvalidJobOperation, NoSuchJobError
from rq.job import Job
from rq.registry import clean_registries
from rq.serializers import JSONSerializer
from rq.utils import now
from rq.worker_registration import clean_worker_registry

from jobs import base
from webapp.core import heartbeats, processes
from webapp.core import queue as job_queue
from webapp.core.extensions import db
from webapp.core.heartbeats import HeartbeatTable

log = logging.getLogger(__name__)

# Seconds a worker may be silent before its job is given to another.
LEASE = 12
MONITORING = 3
MAINTENANCE = 5
# Seconds without a heartbeat after which the process of a job is killed; the job is started again.
JOB_HEARTBEAT = 15
_FOREVER = 2**33
# Raised while a job is handled if Redis stops, refuses commands, or comes back without its data. The work is stored in
# the database, so none of them is an error of the job.
_REDIS_FAILURES = (redis.exceptions.RedisError, InvalidJobOperation, NoSuchJobError)


class AppWorker(Worker):
    """A worker of one queue: with several queues RQ uses BLPOP, which can lose a job."""

    job_class = base.AppJob
    max_connection_wait_time = 5.0

    def __init__(self, name: str, connection: Redis) -> None:
        super().__init__(
            [_get_queue(connection, name)],
            connection=connection,
            serializer=JSONSerializer,
            job_class=base.AppJob,
            maintenance_interval=MAINTENANCE,
            job_monitoring_interval=MONITORING,
            worker_ttl=15 + MAINTENANCE,
            log_job_description=False,
        )
        # One slot: a worker runs one job at a time.
        self._job_heartbeats = HeartbeatTable(slots=1)
        self._job_slot = self._job_heartbeats.add("job")
        self._monitored_at = time.monotonic()

    def get_heartbeat_ttl(self, job: Job) -> int:  # noqa: ARG002 - RQ's own signature
        return MONITORING + LEASE

    def subscribe(self) -> None:
        """Do not start the thread that listens for RQ's remote commands, which are not used."""

    def clean_registries(self) -> None:
        """Clean the registries like RQ, but with a lock of MAINTENANCE seconds instead of 15 minutes."""
        for line in self.queues:
            if self.connection.set(line.registry_cleaning_key, 1, nx=True, ex=MAINTENANCE):
                clean_registries(line, self._exc_handlers)
                clean_worker_registry(line)
                self._requeue_stuck(line)
        self.last_cleaned_at = now()  # type: ignore[assignment]

    def _requeue_stuck(self, line: Queue) -> None:
        """Put jobs back into the queue that a worker took before it was killed."""
        for job_id in line.intermediate_queue.get_job_ids():
            if job_id in line.started_job_registry or line.intermediate_queue.set_first_seen(job_id):
                continue
            seen = line.intermediate_queue.get_first_seen(job_id)
            if seen is not None and now() - seen > timedelta(seconds=LEASE):
                _put_back(line, job_id)

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        heartbeats.beat()
        super().heartbeat(timeout, pipeline)

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        self._job_heartbeats.beat(self._job_slot)
        self._monitored_at = time.monotonic()
        super().fork_work_horse(job, queue)

    def maintain_heartbeats(self, job: Job) -> None:
        """Renew the leases of the job as RQ does, unless its process is frozen: that one is killed."""
        now = time.monotonic()
        was_suspended = now - self._monitored_at > JOB_HEARTBEAT
        self._monitored_at = now
        if was_suspended:
            self._job_heartbeats.beat(self._job_slot)
        elif self._job_heartbeats.age(self._job_slot) > JOB_HEARTBEAT:
            log.error("The process of job %s missed its heartbeat and is killed", job.id)
            self.kill_horse()
        else:
            job_queue.record_answer(self.connection, self.queues[0].name)
        super().maintain_heartbeats(job)

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        processes.die_with_parent(self.pid or os.getppid())
        heartbeats.beat_in_background(self._job_heartbeats, self._job_slot, 1.0)
        super().main_work_horse(job, queue)

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """Log in one line that Redis interrupted a job: its work is stored in the database."""
        if isinstance(exc_info[1], _REDIS_FAILURES):
            log.warning("Job %s was interrupted, because Redis failed: %s", job.id, exc_info[1])
            return
        super().handle_exception(job, *exc_info)

    def perform_job(self, job: Job, queue: Queue) -> bool:
        ids = list(job.args) if base.is_registered(job) else None
        done = super().perform_job(job, queue)
        if ids is not None:
            job_queue.requeue_if_signalled(self.connection, job.id, ids)
        return done


def _get_queue(connection: Redis, name: str) -> Queue:
    """Return the queue for a worker. Its registries load jobs as AppJob too, which runs no callbacks from Redis."""
    return Queue(name, connection=connection, serializer=JSONSerializer, job_class=base.AppJob)


def run(app: Flask, name: str, *, only_one: bool) -> None:
    """Work until SIGTERM. `only_one`: no other worker of this queue runs, so started jobs were left by a killed one."""
    base.bind_app(app)
    with app.app_context():
        # Connections must not be shared with the parent or with work horses: each process opens its own.
        db.engine.dispose(close=False)
    logging.getLogger("rq.worker").addFilter(_hide_redis_traceback)
    try:
        worker = create_worker(app, name, only_one=only_one)
        gc.freeze()
        with contextlib.suppress(redis.exceptions.ConnectionError):  # At shutdown Redis may end first.
            worker.work(logging_level=None)
    except redis.exceptions.RedisError as error:
        # On a full disk Redis refuses to write. The supervisor starts the worker again, after growing pauses.
        log.warning("The worker ends, because Redis refuses its commands: %s", error)
        raise SystemExit(1) from None


def _hide_redis_traceback(record: logging.LogRecord) -> bool:
    """Remove the traceback from RQ's log records about failures of Redis. A filter of RQ's logger."""
    if record.exc_info and isinstance(record.exc_info[1], _REDIS_FAILURES):
        record.exc_info = None
    return True


def create_worker(app: Flask, name: str, *, only_one: bool) -> AppWorker:
    """Return the worker of the queue, not yet started."""
    settings = app.config["CHANNELDESK"]
    if only_one:
        # By a client of its own: a connection made before the worker sets its timeout keeps redis-py's short one, which
        # is as long as an idle worker waits for a job, and the worker would end sometimes.
        with job_queue.connect(settings) as connection:
            requeue_unfinished(_get_queue(connection, name))
    return AppWorker(name, job_queue.connect(settings))


def requeue_unfinished(line: Queue) -> None:
    """Requeue the jobs that the previous worker had started or taken. Only if it has certainly ended."""
    line.connection.delete(line.registry_cleaning_key)
    for job_id in line.intermediate_queue.get_job_ids():
        if job_id in line.started_job_registry:
            line.intermediate_queue.remove(job_id)
        else:
            _put_back(line, job_id)
    line.started_job_registry.cleanup(timestamp=_FOREVER)


def _put_back(line: Queue, job_id: str) -> None:
    with line.connection.pipeline() as pipeline:
        pipeline.lrem(line.intermediate_queue_key, 1, job_id)
        pipeline.delete(line.intermediate_queue.get_first_seen_key(job_id))
        if pipeline.execute()[0] and line.connection.exists(Job.key_for(job_id)):
            line.push_job_id(job_id, at_front=True)
