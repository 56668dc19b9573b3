"""Amazon's rate limits over all processes: one token bucket in Redis for each account and operation.

Amazon's buckets hold `burst` calls and refill by `rate` a second; ours are copies of them. The rate comes from the
table until Amazon's `x-amzn-RateLimit-Limit` header gives another, and a 429 empties the bucket.

A lower priority leaves a reserve of the burst to the higher ones. So that it is not starved where the reserve never
fills, it may also take a token when it has had none for a few refills.
"""

import math
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from redis import Redis
from redis.exceptions import RedisError

from webapp.domain.amazon.errors import RedisUnavailable, Throttled

PREFIX = "channeldesk:amazon"

# Amazon's default plans: operation -> (calls a second, burst).
RATES: dict[str, tuple[float, int]] = {
    "searchOrders": (0.0056, 20),
    "getOrder": (0.5, 30),
    "cancelOrder": (1.0, 5),
    "confirmShipment": (2.0, 10),
    "createFeedDocument": (0.5, 15),
    "createFeed": (0.0083, 15),
    "getFeeds": (0.0222, 10),
    "getFeed": (2.0, 15),
    "getFeedDocument": (0.0222, 10),
    "createReport": (0.0167, 15),
    "getReports": (0.0222, 10),
    "getReport": (2.0, 15),
    "cancelReport": (0.0222, 10),
    "getReportDocument": (0.0167, 15),
    "createReportSchedule": (0.0222, 10),
    "getReportSchedules": (0.0222, 10),
    "getReportSchedule": (0.0222, 10),
    "cancelReportSchedule": (0.0222, 10),
    "getMarketplaceParticipations": (0.016, 15),
    "getMessagingActionsForOrder": (1.0, 5),
    "createConfirmOrderDetails": (1.0, 5),
    "createConfirmDeliveryDetails": (1.0, 5),
    "createUnexpectedProblem": (1.0, 5),
    "confirmCustomizationDetails": (1.0, 5),
    "createConfirmServiceDetails": (1.0, 5),
    "createDigitalAccessKey": (1.0, 5),
    "listTransactions": (0.5, 10),
    "createRestrictedDataToken": (1.0, 10),
    "getEligibleShipmentServices": (6.0, 12),
    "createShipment": (2.0, 2),
    "getShipment": (1.0, 1),
    "cancelShipment": (1.0, 1),
}


@dataclass(frozen=True, slots=True)
class Priority:
    """`reserve`: share of the burst left to higher priorities; `patience`: refills without a token until one is due."""

    name: str
    reserve: float
    patience: int


PRIORITIES = {
    priority.name: priority
    for priority in (
        Priority("person", 0, 0),
        Priority("submission", 0.1, 1),
        Priority("sync", 0.25, 2),
        Priority("backfill", 0.5, 4),
    )
}


# Redis's clock is the only one that all processes share.
_REFILL = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local burst = tonumber(ARGV[2])
local stored = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'rate')
local rate = tonumber(stored[3] or ARGV[1])
local tokens = burst
-- After the clock was set back, a time in the future counts as now; else the bucket would not fill until then.
if stored[2] and tonumber(stored[2]) > now + 1 then
  for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do
    if name == 'at' or string.sub(name, 1, 5) == 'last:' then
      redis.call('HSET', KEYS[1], name, string.format('%.6f', now))
    end
  end
  stored[2] = tostring(now)
end
if stored[1] then
  tokens = math.min(burst, tonumber(stored[1]) + math.max(0, now - tonumber(stored[2])) * rate)
end
local function store(tokens, rate)
  redis.call('HSET', KEYS[1], 'tokens', string.format('%.9f', tokens), 'at', string.format('%.6f', now),
    'rate', string.format('%.9f', rate))
  redis.call('EXPIRE', KEYS[1], 86400 + math.ceil(burst / rate))
end
"""

# Returns {taken (1 or 0), seconds to wait, rate in use}.
_TAKE = (
    _REFILL
    + """
local reserve, patience, priority = tonumber(ARGV[3]), tonumber(ARGV[4]), 'last:' .. ARGV[5]
local due = 0
if reserve > 0 then
  due = tonumber(redis.call('HGET', KEYS[1], priority) or '0') + patience / rate
end
local epsilon = 0.000001
if tokens + epsilon >= 1 + reserve or (tokens + epsilon >= 1 and now >= due) then
  store(tokens - 1, rate)
  redis.call('HSET', KEYS[1], priority, string.format('%.6f', now))
  return {1, '0', tostring(rate)}
end
local wait = math.min((1 + reserve - tokens) / rate, math.max((1 - tokens) / rate, due - now))
return {0, string.format('%.6f', wait), tostring(rate)}
"""
)
_EMPTY = _REFILL + "store(0, rate)"
_CORRECT = _REFILL + "store(tokens, tonumber(ARGV[3]))"


class RateLimiter:
    """The buckets of one account, for calls of one priority."""

    def __init__(
        self,
        redis: Redis,
        account_key: str,
        priority: str,
        *,
        clock: Callable[[], float],
        wait: Callable[[float], None],
    ) -> None:
        self._account_key = account_key
        self._priority = PRIORITIES[priority]
        self._clock = clock
        self._wait = wait
        self._call = redis.register_script(_TAKE)
        self._empty = redis.register_script(_EMPTY)
        self._correct = redis.register_script(_CORRECT)
        self._rates: dict[str, float] = {}

    def acquire(self, operation: str, deadline: float) -> None:
        """Take a token for one call, waiting until `deadline` (of the clock). Raises Throttled if it comes later."""
        while True:
            wait = self._try(operation)
            if wait is None:
                return
            if self._clock() + wait > deadline:
                raise Throttled(
                    f"The calls Amazon allows for {operation} are used up; the next is free in {math.ceil(wait)} s.",
                    wait=wait,
                    operation=operation,
                )
            # Processes waiting for the same token wake at different moments.
            self._wait(max(wait, 0.005) * random.uniform(1.0, 1.1))  # noqa: S311 - spreads load, no secret

    def mark_empty(self, operation: str) -> None:
        """Empty the bucket after a 429: Amazon's is empty."""
        with require_redis():
            self._empty(keys=[build_bucket_key(self._account_key, operation)], args=list(RATES[operation]))

    def set_rate(self, operation: str, limit: str | None) -> None:
        """Use the rate of Amazon's `x-amzn-RateLimit-Limit` header; ignores one that is no rate."""
        rate = _parse_rate(limit)
        if rate is None or math.isclose(rate, self._rates.get(operation, 0), rel_tol=1e-6):
            return
        with require_redis():
            self._correct(keys=[build_bucket_key(self._account_key, operation)], args=[*RATES[operation], rate])
        self._rates[operation] = rate

    def _try(self, operation: str) -> float | None:
        rate, burst = RATES[operation]
        priority = self._priority
        args: list[str | float] = [rate, burst, int(burst * priority.reserve), priority.patience, priority.name]
        with require_redis():
            taken, wait, current_rate = self._call(keys=[build_bucket_key(self._account_key, operation)], args=args)
        self._rates[operation] = float(current_rate)
        return None if taken else float(wait)


def build_bucket_key(account_key: str, operation: str) -> str:
    return f"{PREFIX}:bucket:{account_key}:{operation}"


@contextmanager
def require_redis() -> Iterator[None]:
    """Raise RedisUnavailable on a Redis error: without the shared buckets Amazon is not called."""
    try:
        yield
    except RedisError as error:
        raise RedisUnavailable(f"Redis does not answer, so Amazon is not called: {error}") from error


def _parse_rate(limit: str | None) -> float | None:
    try:
        rate = float(limit or "")
    except ValueError:
        return None
    return rate if 0 < rate <= 10_000 else None


@dataclass(frozen=True, slots=True)
class Bucket:
    """An operation's bucket. `rate`: calls a second, by Amazon's latest response; `used`: whether it was called
    recently."""

    operation: str
    tokens: float
    burst: int
    rate: float
    used: bool

    def seconds_until(self, calls: int, priority: str) -> float:
        """Return the seconds until this many calls of a priority are done, without other calls."""
        reserve = int(self.burst * PRIORITIES[priority].reserve)
        return max(0.0, (calls + reserve - self.tokens) / self.rate)


def read_buckets(redis: Redis, account_key: str) -> list[Bucket]:
    """Read the buckets of an account without taking a token. Raises RedisUnavailable."""
    with require_redis():
        seconds, microseconds = redis.time()
        pipeline = redis.pipeline(transaction=False)
        for operation in RATES:
            pipeline.hmget(build_bucket_key(account_key, operation), "tokens", "at", "rate")
        stored = pipeline.execute()
    now = seconds + microseconds / 1_000_000
    buckets = []
    for (operation, (rate, burst)), (tokens, at, current_rate) in zip(RATES.items(), stored, strict=True):
        if tokens is None:
            buckets.append(Bucket(operation, burst, burst, rate, used=False))
            continue
        refilled = float(tokens) + max(0.0, now - float(at)) * float(current_rate)
        buckets.append(Bucket(operation, min(burst, refilled), burst, float(current_rate), used=True))
    return buckets
