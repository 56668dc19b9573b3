"""Token buckets in a real Valkey, shared by all processes of an account."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.amazon.conftest import Clock
from webapp.amazon.rate_limiter import RateLimiter, build_bucket_key
from webapp.domain.amazon.errors import RedisUnavailable, Throttled

SEARCH = "searchOrders"


@pytest.fixture
def limiter(redis: Redis, clock: Clock) -> Callable[..., RateLimiter]:
    def make(priority: str = "person", account_key: str = "7") -> RateLimiter:
        return RateLimiter(redis, account_key, priority, clock=clock, wait=clock.wait)

    return make


def taken(limiter: RateLimiter, operation: str = SEARCH) -> int:
    """How many calls are to be had at once."""
    count = 0
    try:
        while True:
            limiter.acquire(operation, deadline=0)
            count += 1
    except Throttled:
        return count


def rate(redis: Redis, operation: str) -> float:
    """Calls a second, as all processes have it."""
    return float(redis.hget(build_bucket_key("7", operation), "rate"))  # type: ignore[arg-type]


def test_a_burst_is_to_be_had_at_once_and_then_the_wait_is_given(
    limiter: Callable[..., RateLimiter], clock: Clock
) -> None:
    person = limiter()

    assert taken(person) == 20
    with pytest.raises(Throttled) as raised:
        person.acquire(SEARCH, clock() + 30)
    assert raised.value.wait == pytest.approx(1 / 0.0056, abs=20)
    assert raised.value.message.startswith(
        "The calls Amazon allows for searchOrders are used up; the next is free in 1"
    )
    assert (raised.value.operation, raised.value.status, clock.waits) == (SEARCH, None, [])


def test_lower_priorities_leave_a_reserve_to_the_higher(limiter: Callable[..., RateLimiter]) -> None:
    assert taken(limiter("backfill")) == 10
    assert taken(limiter("sync")) == 5
    assert taken(limiter("submission")) == 3
    assert taken(limiter("person")) == 2


def test_a_priority_that_had_nothing_for_long_gets_a_token_out_of_the_reserve(
    limiter: Callable[..., RateLimiter],
) -> None:
    person, sync = limiter("person"), limiter("sync")
    for _ in range(18):
        person.acquire(SEARCH, deadline=0)

    # The sync has never had one, so one is due; then it waits two refills.
    assert taken(sync) == 1
    with pytest.raises(Throttled) as raised:
        sync.acquire(SEARCH, deadline=0)
    assert raised.value.wait == pytest.approx(2 / 0.0056, abs=20)


def test_a_bucket_fills_up_again_with_the_rate_amazon_names(
    redis: Redis, clock: Clock, wait: Callable[[float], None]
) -> None:
    limiter = RateLimiter(redis, "7", "person", clock=clock, wait=wait)
    taken(limiter)
    limiter.set_rate(SEARCH, "0.05")

    for _ in range(3):
        limiter.acquire(SEARCH, clock() + 100)

    assert sum(clock.waits) == pytest.approx(3 / 0.05, abs=20)
    assert rate(redis, SEARCH) == 0.05


@pytest.mark.parametrize("limit", [None, "", "soon", "0", "-1", "nan", "inf", "1e9"])
def test_a_rate_that_is_none_changes_nothing(
    limiter: Callable[..., RateLimiter], redis: Redis, limit: str | None
) -> None:
    taken(limiter())
    limiter().set_rate(SEARCH, limit)

    assert rate(redis, SEARCH) == 0.0056


def test_a_refusal_empties_the_bucket(limiter: Callable[..., RateLimiter]) -> None:
    person = limiter()

    person.mark_empty(SEARCH)

    assert taken(person) == 0
    assert taken(person, "getOrder") == 30


def test_accounts_do_not_take_from_each_other(limiter: Callable[..., RateLimiter]) -> None:
    taken(limiter())

    assert taken(limiter(account_key="8")) == 20


def test_many_threads_share_one_bucket_exactly(redis: Redis, clock: Clock) -> None:
    def take(_: int) -> int:
        return taken(RateLimiter(redis, "7", "person", clock=clock, wait=clock.wait))

    with ThreadPoolExecutor(8) as threads:
        counts = list(threads.map(take, range(8)))

    assert sum(counts) == 20


def test_without_redis_nothing_is_sent() -> None:
    nowhere = Redis(unix_socket_path="/nonexistent/valkey.sock", retry=Retry(NoBackoff(), 0))

    with pytest.raises(RedisUnavailable, match=r"^Redis does not answer, so Amazon is not called: "):
        RateLimiter(nowhere, "7", "person", clock=time.monotonic, wait=time.sleep).acquire(SEARCH, 0)
