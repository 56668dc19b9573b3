"""What every job is made of: one application context, one session, and its end written on the schedule."""

import logging
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from rq.exceptions import DeserializationError
from rq.job import Job, JobStatus
from sqlalchemy.exc import DBAPIError

from webapp.core import database_problems, queue
from webapp.core.extensions import db
from webapp.domain.amazon.errors import AmazonError
from webapp.domain.errors import BusyError, DeskError
from webapp.services import schedule

log = logging.getLogger(__name__)

_app: Flask | None = None


def bind(app: Flask) -> None:
    """Say whose jobs this process does; RQ makes the job objects itself and has no place for it."""
    global _app
    _app = app


class UnknownJobError(Exception):
    """Redis names a function that is not in the job catalogue, or arguments no job has."""


def is_in_catalogue(job: Job) -> bool:
    """Whether RQ would call a function of the job catalogue, with ids as its only arguments."""
    try:
        kind = next((kind for kind in queue.BY_NAME.values() if kind.path == job.func_name), None)
        ids = list(job.args)
        has_only_ids = all(type(number) is int for number in ids) and not job.kwargs and job.instance is None
        return kind is not None and has_only_ids and job.id == queue.key(kind.name, *ids)
    except (DeserializationError, TypeError, ValueError):
        return False


class AppJob(Job):
    """A job whose truth is in the database: an error ends it and is written on the schedule, and blocks nothing.

    Whoever can write to Redis can put any name there, so only functions of the job catalogue are called, and RQ's
    callbacks and webhooks, which it would also take from Redis, are not used.
    """

    @property
    def success_callback(self) -> None:
        return None

    @property
    def failure_callback(self) -> None:
        return None

    @property
    def stopped_callback(self) -> None:
        return None

    def send_webhooks(self, status: str | JobStatus, *, exc_string: str | None = None) -> None:
        pass

    def perform(self) -> Any:
        if _app is None:
            raise RuntimeError("jobs.base.bind was not called in this process")
        if not is_in_catalogue(self):
            self.retries_left = 0
            log.error("Refused a job that is not in the job catalogue: %r", self.id)
            raise UnknownJobError(self.id)
        with _app.app_context():
            queue.mark_started(self.connection, self.id)
            started = datetime.now(UTC)
            try:
                super().perform()
            except BusyError as busy:
                # Nobody did this work yet, so it stays unanswered and the upkeep rings for it again.
                log.info("%s waits: %s", self.id, busy.code)
                return
            except Exception as error:  # noqa: BLE001 - the schedule says that it failed; the next run tries again
                problem = database_problems.report(error, self.connection)
                self._end("failed", problem or _say(self.id, error), started)
                return
            self._end("ok", None, started)

    def _end(self, outcome: str, cause: str | None, started: datetime) -> None:
        try:
            db.session.rollback()
            schedule.record_run(db.session(), self.id, outcome, cause, started, datetime.now(UTC))
        except DBAPIError as error:
            # The run stays unanswered, so maintenance enqueues it again; and what the job did is committed or not.
            if database_problems.report(error, self.connection) is None:
                raise


def _say(job_id: str, error: Exception) -> str:
    """Log it and answer its code. What Amazon or a person did wrong needs no traceback."""
    if isinstance(error, AmazonError):
        log.warning("%s failed: %s (Amazon's request %s)", job_id, error.cause, error.request_id or "unknown")
        return error.cause
    if isinstance(error, DeskError):
        log.warning("%s failed: %s", job_id, error.code)
        return error.code
    log.error("%s failed", job_id, exc_info=error)
    return type(error).__name__[:80]
