"""Calling the worker after something was asked of Amazon."""

from flask import flash
from flask_babel import gettext as _
from redis.exceptions import RedisError

from webapp.core import queue


def wake_worker(account_id: int) -> None:
    """A bell only: with Redis away, upkeep rings again, since the table holds the work."""
    try:
        queue.enqueue(queue.redis(), "advance_submissions", account_id)
    except RedisError:
        flash(_("Redis does not answer. Your request is kept, and Amazon is told once Redis is back."), "warn")
