"""Enqueue jobs after a change by a user. Without Redis the user is warned, and maintenance enqueues them later."""

from flask import flash
from flask_babel import gettext as _
from redis.exceptions import RedisError

from webapp.core import queue


def enqueue(job: str, argument: int, warning: str) -> None:
    try:
        queue.enqueue(queue.redis(), job, argument)
    except RedisError:
        flash(warning, "warn")


def enqueue_submissions(account_id: int) -> None:
    warning = _("Redis does not respond. Your request is stored and is sent to Amazon once Redis is back.")
    enqueue("advance_submissions", account_id, warning)
