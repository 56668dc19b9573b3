"""When a recurring job runs next. Instants are compared as timestamps: no time zone, no summer time."""

import math
from datetime import UTC, datetime

SHORTEST_INTERVAL = 5
LONGEST_INTERVAL = 24 * 60 * 60


def is_due(next_run_at: datetime, interval: int, now: datetime) -> bool:
    """Due, or so far ahead that the clock must have been set back since."""
    ahead = next_run_at.timestamp() - now.timestamp()
    return ahead <= 0 or ahead > interval + 60


def following(due_at: datetime, interval: int, now: datetime) -> datetime:
    """The next instant of the rhythm after `now`: what was missed is caught up once, not once for each time."""
    late = now.timestamp() - due_at.timestamp()
    if late < 0 or late > 10 * interval:
        return _at(now.timestamp() + interval)
    return _at(due_at.timestamp() + interval * (math.floor(late / interval) + 1))


def sooner(planned: datetime | None, interval: int, now: datetime) -> datetime:
    """The next run after the interval was changed: no later than one new interval from now."""
    latest = now.timestamp() + interval
    return _at(latest if planned is None else min(planned.timestamp(), latest))


def _at(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, UTC)
