"""Base class of jobs: one application context and session for each, and its result stored on the schedule."""

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
from webapp.domain.errors import AppError, BusyError
from webapp.services import schedule

log = logging.getLogger(__name__)

_app: Flask | None = None
_started_at: datetime | None = None


def bind_app(app: Flask) -> None:
    """Set the application whose jobs this process runs; RQ creates the job objects itself."""
    global _app, _started_at
    _app, _started_at = app, datetime.now(UTC)


def started_at() -> datetime | None:
    """Return the start time of this worker; None outside of a worker."""
    return _started_at


class UnknownJobError(Exception):
    """Redis names a function that is not in the job registry, or arguments that no job has."""


def is_registered(job: Job) -> bool:
    """Return whether the job calls a function of the job registry, with ids as its only arguments."""
    try:
        kind = next((kind for kind in queue.BY_NAME.values() if kind.path == job.func_name), None)
        ids = list(job.args)
        has_only_ids = all(type(number) is int for number in ids) and not job.kwargs and job.instance is None
        return kind is not None and has_only_ids and job.id == queue.key(kind.name, *ids)
    except (DeserializationError, TypeError, ValueError):
        return False


class AppJob(Job):
    """A job whose work is stored in the database: an error ends it and is stored on the schedule.

    Anyone who can write to Redis can enqueue any function name, so only functions of the job registry are called, and
    RQ's callbacks and webhooks, which also come from Redis, are disabled.
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
            raise RuntimeError("jobs.base.bind_app was not called in this process")
        if not is_registered(self):
            self.retries_left = 0
            log.error("Refused a job that is not in the job registry: %r", self.id)
            raise UnknownJobError(self.id)
        with _app.app_context():
            queue.mark_started(self.connection, self.id)
            started = datetime.now(UTC)
            try:
                super().perform()
            except BusyError as busy:
                # The work is not done, so the run stays unfinished and maintenance enqueues it again.
                log.info("%s waits: %s", self.id, busy.code)
                return
            except Exception as error:  # noqa: BLE001 - stored on the schedule; the next run tries again
                problem = database_problems.report(error, self.connection)
                self._end("failed", problem or _log_error(self.id, error), started)
                return
            self._end("ok", None, started)

    def _end(self, outcome: str, cause: str | None, started: datetime) -> None:
        try:
            db.session.rollback()
            schedule.record_run(db.session(), self.id, outcome, cause, started, datetime.now(UTC))
        except DBAPIError as error:
            # The run stays unfinished, so maintenance enqueues it again.
            if database_problems.report(error, self.connection) is None:
                raise


def _log_error(job_id: str, error: Exception) -> str:
    """Log the error and return its code. Errors of Amazon or of users need no traceback."""
    if isinstance(error, AmazonError):
        log.warning("%s failed: %s (Amazon's request %s)", job_id, error.cause, error.request_id or "unknown")
        return error.cause
    if isinstance(error, AppError):
        log.warning("%s failed: %s", job_id, error.code)
        return error.code
    log.error("%s failed", job_id, exc_info=error)
    return type(error).__name__[:80]
