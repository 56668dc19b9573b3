"""Keeping to Amazon's rates, over all processes: one token bucket for each account and operation, in Redis.

Amazon's own buckets hold `burst` calls and refill by `rate` a second; ours are copies of them. The rate comes from the
table until Amazon's `x-amzn-RateLimit-Limit` says another, and a 429 empties the bucket, whatever it held.

Lanes decide who goes first. A lower lane leaves a reserve of the burst to the higher ones. So that it is not starved
where the reserve cannot fill up, it may also take a token when it has had none for a few refills.
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
    "getMarketplaceParticipations": (0.016, 15),
    "getMessagingActionsForOrder": (1.0, 5),
    "createConfirmOrderDetails": (1.0, 5),
    "createConfirmDeliveryDetails": (1.0, 5),
    "createUnexpectedProblem": (1.0, 5),
    "confirmCustomizationDetails": (1.0, 5),
    "createConfirmServiceDetails": (1.0, 5),
    "createDigitalAccessKey": (1.0, 5),
}


@dataclass(frozen=True, slots=True)
class Priority:
    """`reserve`: the share of the burst left to higher lanes; `patience`: refills without a token until one is due."""

    name: str
    reserve: float
    patience: int


LANES = {
    lane.name: lane
    for lane in (
        Priority("person", 0, 0),
        Priority("submission", 0.1, 1),
        Priority("sync", 0.25, 2),
        Priority("backfill", 0.5, 4),
    )
}


# Redis's own clock is the only one all processes share. Numbers are written with their fraction in full.
_SETTLE = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local burst = tonumber(ARGV[2])
local stored = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'rate')
local rate = tonumber(stored[3] or ARGV[1])
local tokens = burst
-- The clock was set back: what is in the future was written now, or the bucket would not fill until then.
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
local function keep(tokens, rate)
  redis.call('HSET', KEYS[1], 'tokens', string.format('%.9f', tokens), 'at', string.format('%.6f', now),
    'rate', string.format('%.9f', rate))
  redis.call('EXPIRE', KEYS[1], 86400 + math.ceil(burst / rate))
end
"""

# Answers {taken (1 or 0), seconds to wait, rate in use}.
_TAKE = (
    _SETTLE
    + """
local reserve, patience, lane = tonumber(ARGV[3]), tonumber(ARGV[4]), 'last:' .. ARGV[5]
local due = 0
if reserve > 0 then
  due = tonumber(redis.call('HGET', KEYS[1], lane) or '0') + patience / rate
end
local hair = 0.000001
if tokens + hair >= 1 + reserve or (tokens + hair >= 1 and now >= due) then
  keep(tokens - 1, rate)
  redis.call('HSET', KEYS[1], lane, string.format('%.6f', now))
  return {1, '0', tostring(rate)}
end
local wait = math.min((1 + reserve - tokens) / rate, math.max((1 - tokens) / rate, due - now))
return {0, string.format('%.6f', wait), tostring(rate)}
"""
)
_EMPTY = _SETTLE + "keep(0, rate)"
_CORRECT = _SETTLE + "keep(tokens, tonumber(ARGV[3]))"


class RateLimiter:
    """The buckets of one account, seen from one lane."""

    def __init__(
        self,
        redis: Redis,
        account_key: str,
        lane: str,
        *,
        clock: Callable[[], float],
        wait: Callable[[float], None],
    ) -> None:
        self._account_key = account_key
        self._lane = LANES[lane]
        self._clock = clock
        self._wait = wait
        self._take = redis.register_script(_TAKE)
        self._empty = redis.register_script(_EMPTY)
        self._correct = redis.register_script(_CORRECT)
        self._known: dict[str, float] = {}

    def acquire(self, operation: str, deadline: float) -> None:
        """Take one call's token, waiting for it until `deadline` (of the clock); raises Throttled if it comes later."""
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
            # Everybody who waits for the same token wakes at another moment.
            self._wait(max(wait, 0.005) * random.uniform(1.0, 1.1))  # noqa: S311 - spreads load, guards nothing

    def empty(self, operation: str) -> None:
        """Amazon answered 429: its bucket is empty, so ours is."""
        with redis_must_answer():
            self._empty(keys=[bucket_key(self._account_key, operation)], args=list(RATES[operation]))

    def correct(self, operation: str, limit: str | None) -> None:
        """Believe the rate in Amazon's `x-amzn-RateLimit-Limit`, if it is one."""
        rate = _rate(limit)
        if rate is None or math.isclose(rate, self._known.get(operation, 0), rel_tol=1e-6):
            return
        with redis_must_answer():
            self._correct(keys=[bucket_key(self._account_key, operation)], args=[*RATES[operation], rate])
        self._known[operation] = rate

    def _try(self, operation: str) -> float | None:
        rate, burst = RATES[operation]
        lane = self._lane
        args: list[str | float] = [rate, burst, int(burst * lane.reserve), lane.patience, lane.name]
        with redis_must_answer():
            taken, wait, known = self._take(keys=[bucket_key(self._account_key, operation)], args=args)
        self._known[operation] = float(known)
        return None if taken else float(wait)


def bucket_key(account_key: str, operation: str) -> str:
    return f"{PREFIX}:bucket:{account_key}:{operation}"


@contextmanager
def redis_must_answer() -> Iterator[None]:
    """Without Redis nobody knows what other processes have sent, so Amazon is not called: fail closed."""
    try:
        yield
    except RedisError as error:
        raise RedisUnavailable(f"Redis does not answer, so Amazon is not called: {error}") from error


def _rate(limit: str | None) -> float | None:
    try:
        rate = float(limit or "")
    except ValueError:
        return None
    return rate if 0 < rate <= 10_000 else None
