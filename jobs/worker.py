"""The worker of one queue. RQ's defaults need up to 811 s to notice a killed worker; these need about 20."""

import contextlib
import gc
import logging
import os
from datetime import timedelta
from typing import Any

import redis.exceptions
from flask import Flask
from redis import Redis
from rq import Queue, Worker
from rq.exceptions import InvalidJobOperation, NoSuchJobError
from rq.job import Job
from rq.registry import clean_registries
from rq.serializers import JSONSerializer
from rq.utils import now
from rq.worker_registration import clean_worker_registry

from jobs import base
from webapp.core import processes
from webapp.core import queue as bell
from webapp.core.extensions import db

log = logging.getLogger(__name__)

# Seconds a worker may be silent before its job is given to another.
LEASE = 12
MONITORING = 3
MAINTENANCE = 5
_FOREVER = 2**33
# Raised while a job is being handled when Redis stops, refuses commands, or comes back without its data. The database
# says what is left to do, so none of them is an error of the job.
_REDIS_FAILURES = (redis.exceptions.RedisError, InvalidJobOperation, NoSuchJobError)


class AppWorker(Worker):
    """One queue a process: with several, RQ takes jobs in a way that can lose one."""

    job_class = base.AppJob
    max_connection_wait_time = 5.0

    def __init__(self, name: str, connection: Redis) -> None:
        super().__init__(
            [_queue(connection, name)],
            connection=connection,
            serializer=JSONSerializer,
            job_class=base.AppJob,
            maintenance_interval=MAINTENANCE,
            job_monitoring_interval=MONITORING,
            worker_ttl=15 + MAINTENANCE,
            log_job_description=False,
        )

    def get_heartbeat_ttl(self, job: Job) -> int:  # noqa: ARG002 - RQ's own signature
        return MONITORING + LEASE

    def subscribe(self) -> None:
        """RQ's remote commands are not used; the thread that listens for them is spared."""

    def clean_registries(self) -> None:
        """As RQ does, but a worker killed meanwhile holds the others up for seconds, not for 15 minutes."""
        for line in self.queues:
            if self.connection.set(line.registry_cleaning_key, 1, nx=True, ex=MAINTENANCE):
                clean_registries(line, self._exc_handlers)
                clean_worker_registry(line)
                self._free_stuck(line)
        self.last_cleaned_at = now()  # type: ignore[assignment]

    def _free_stuck(self, line: Queue) -> None:
        """Put back what a worker took out of the queue and died before beginning."""
        for job_id in line.intermediate_queue.get_job_ids():
            if job_id in line.started_job_registry or line.intermediate_queue.set_first_seen(job_id):
                continue
            seen = line.intermediate_queue.get_first_seen(job_id)
            if seen is not None and now() - seen > timedelta(seconds=LEASE):
                _put_back(line, job_id)

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        processes.die_with_parent(self.pid or os.getppid())
        super().main_work_horse(job, queue)

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """Log in one line that Redis interrupted a job: what is left to do is in the database."""
        if isinstance(exc_info[1], _REDIS_FAILURES):
            log.warning("Job %s was interrupted, because Redis failed: %s", job.id, exc_info[1])
            return
        super().handle_exception(job, *exc_info)

    def perform_job(self, job: Job, queue: Queue) -> bool:
        ids = list(job.args) if base.is_in_catalogue(job) else None
        done = super().perform_job(job, queue)
        if ids is not None:
            bell.requeue_if_signalled(self.connection, job.id, ids)
        return done


def _queue(connection: Redis, name: str) -> Queue:
    """The queue for a worker: cleaning up reads jobs as AppJob too, which calls nothing that Redis names."""
    return Queue(name, connection=connection, serializer=JSONSerializer, job_class=base.AppJob)


def run(app: Flask, name: str, *, only_one: bool) -> None:
    """Work until SIGTERM. `only_one`: no other worker of this queue lives, so what is begun was left by a dead one."""
    base.bind(app)
    with app.app_context():
        # Connections must not be shared with the parent or with the horses: each process opens its own.
        db.engine.dispose(close=False)
    logging.getLogger("rq.worker").addFilter(_without_redis_traceback)
    try:
        worker = begin(app, name, only_one=only_one)
        gc.freeze()
        with contextlib.suppress(redis.exceptions.ConnectionError):  # At the end of a desk Redis may have gone before.
            worker.work(logging_level=None)
    except redis.exceptions.RedisError as error:
        # On a full disk Redis refuses to write. The supervisor starts the worker again, after growing pauses.
        log.warning("The worker ends, because Redis refuses its commands: %s", error)
        raise SystemExit(1) from None


def _without_redis_traceback(record: logging.LogRecord) -> bool:
    """Keep RQ's line but not its traceback when it is Redis that failed. A filter of RQ's logger."""
    if record.exc_info and isinstance(record.exc_info[1], _REDIS_FAILURES):
        record.exc_info = None
    return True


def begin(app: Flask, name: str, *, only_one: bool) -> AppWorker:
    """The worker of the queue, not yet at work."""
    settings = app.config["CHANNELDESK"]
    if only_one:
        # By a client of its own: a connection made before the worker has been given its patience keeps the short
        # one of redis-py, which is as long as an idle worker waits for a job. The worker then ended now and again.
        with bell.connect(settings) as connection:
            recover(_queue(connection, name))
    return AppWorker(name, bell.connect(settings))


def recover(line: Queue) -> None:
    """Take up at once what the worker before had begun or had in its hands. Only where it is surely dead."""
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
