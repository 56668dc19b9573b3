"""Amazon's rate limits of an account: calls that are free, calls that wait, and when they will be done."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from redis import Redis
from sqlalchemy.orm import Session

from webapp.amazon.rate_limiter import PRIORITIES, read_buckets
from webapp.models.accounts import Account
from webapp.queries import waiting_calls


@dataclass(frozen=True, slots=True)
class Waiting:
    """`calls` wait at a priority, and will be done at `done_at` unless more urgent ones come."""

    priority: str
    calls: int
    done_at: datetime


@dataclass(frozen=True, slots=True)
class Quota:
    """One operation. `tokens`: calls that are free now, of `burst` at most; `rate`: calls refilled per hour."""

    operation: str
    tokens: float
    burst: int
    rate: float
    waiting: list[Waiting]


def list_quotas(session: Session, redis: Redis, account: Account, cancel_method: str, now: datetime) -> list[Quota]:
    """List the operations that were called or have calls waiting. Raises RedisUnavailable."""
    calls = {
        (row.operation, row.priority): row.calls
        for row in waiting_calls.list_all(session, account.id, cancel_method, now)
    }
    quotas = []
    for bucket in read_buckets(redis, str(account.id)):
        waiting, before = [], 0
        # The more urgent ones are done first.
        for priority in PRIORITIES:
            number = calls.get((bucket.operation, priority), 0)
            if number:
                before += number
                done_at = now + timedelta(seconds=bucket.seconds_until(before, priority))
                waiting.append(Waiting(priority, number, done_at))
        if bucket.used or waiting:
            rate = bucket.rate * 3600
            quotas.append(Quota(bucket.operation, bucket.tokens, bucket.burst, rate, waiting))
    return quotas
