"""Jobs for tests: they tell that they began, and wait to be let go."""

from webapp.core import queue
from webapp.core.extensions import settings
from webapp.domain.amazon.errors import BadCredentials
from webapp.domain.errors import BusyError


def wait(number: int) -> None:
    with queue.connect(settings()) as redis:
        redis.rpush("began", number)
        redis.blpop(["go"], timeout=120)
        redis.rpush("done", number)


def fail() -> None:
    raise BadCredentials("Amazon refused.", operation="getOrder")


def be_busy() -> None:
    raise BusyError("sync_running")


def flush_redis() -> None:
    with queue.connect(settings()) as redis:
        redis.flushall()


def mark(*_args: object, **_more: object) -> None:
    """Must never run: no job of the catalogue calls it."""
    with queue.connect(settings()) as redis:
        redis.rpush("ran", "mark")
