"""Enqueue the submissions job after a submission was created."""

from flask import flash
from flask_babel import gettext as _
from redis.exceptions import RedisError

from webapp.core import queue


def wake_worker(account_id: int) -> None:
    """Enqueue `advance_submissions`. Without Redis the user is warned; maintenance enqueues the job later."""
    try:
        queue.enqueue(queue.redis(), "advance_submissions", account_id)
    except RedisError:
        flash(_("Redis does not answer. Your request is stored and is sent to Amazon once Redis is back."), "warn")
