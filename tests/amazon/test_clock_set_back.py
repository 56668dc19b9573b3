"""Redis keeps instants of the machine's clock; one that was ahead and is set back must not stop the calls to Amazon."""

import pytest
from redis import Redis

from webapp.amazon import access_tokens
from webapp.amazon.rate_limiter import RATES, RateLimiter, build_bucket_key
from webapp.domain.amazon.errors import Throttled

TEN_DAYS = 10 * 86400
OPERATION = "createFeed"


def limiter(redis: Redis, priority: str = "person") -> RateLimiter:
    return RateLimiter(redis, "1", priority, clock=lambda: 0.0, wait=lambda _: None)


def shift(redis: Redis, seconds: float) -> None:
    """As if the bucket had been written so much later."""
    for name in redis.hkeys(build_bucket_key("1", OPERATION)):
        if name == b"at" or name.startswith(b"last:"):
            redis.hincrbyfloat(build_bucket_key("1", OPERATION), name.decode(), seconds)


def wait_of(redis: Redis, priority: str = "person") -> float | None:
    with pytest.raises(Throttled) as raised:
        limiter(redis, priority).acquire(OPERATION, deadline=-1)
    return raised.value.wait


@pytest.mark.parametrize("priority", ["person", "submission", "sync", "backfill"])
def test_an_empty_bucket_of_then_fills_from_now_on(redis: Redis, priority: str) -> None:
    limiter(redis).acquire(OPERATION, deadline=10)
    limiter(redis, priority).mark_empty(OPERATION)
    shift(redis, TEN_DAYS)
    rate, burst = RATES[OPERATION]
    wait_of(redis, priority)

    # As much time passes as fills the bucket.
    shift(redis, -burst / rate)

    limiter(redis, priority).acquire(OPERATION, deadline=10)


def test_the_wait_for_the_next_call_is_one_of_the_rate(redis: Redis) -> None:
    limiter(redis).mark_empty(OPERATION)
    shift(redis, TEN_DAYS)
    wait = wait_of(redis)
    assert wait is not None
    assert wait <= 1 / RATES[OPERATION][0] + 1


def test_a_lock_on_the_access_token_is_not_waited_for_longer_than_it_can_be_held(redis: Redis) -> None:
    key = "channeldesk:amazon:token:x:lock"
    redis.set(key, "somebody", px=TEN_DAYS * 1000)

    access_tokens.limit_lock_ttl(redis, key)

    assert 0 < redis.pttl(key) <= access_tokens.LOCK_MS
    access_tokens.limit_lock_ttl(redis, key)
    access_tokens.limit_lock_ttl(redis, "not there")
    assert redis.exists("not there") == 0
