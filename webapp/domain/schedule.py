"""When a recurring job runs next. Instants are compared as timestamps: no time zone, no summer time."""

import math
from datetime import UTC, datetime, timedelta

DAY = 24 * 60 * 60
# Seconds, least and most, by the job's name. A sync costs one of Amazon's calls even when nothing is new; maintenance
# must notice what was lost while somebody is still looking at the page.
BOUNDS = {
    "sync_account": (30, DAY),
    "maintenance": (5, 60),
    "check_refunds": (600, DAY),
    "housekeeping": (3600, DAY),
    "make_backup": (3600, DAY),
}
OTHERWISE = (5, DAY)
# How far the next run of a job may be delayed beyond its interval.
DELAYS = {"sync_account": 420}
# Jobs that cannot be paused, because they recover lost work.
NEVER_RESTS = frozenset({"maintenance"})


def get_bounds(name: str) -> tuple[int, int]:
    """Return the shortest and the longest interval of a job, in seconds."""
    return BOUNDS.get(name, OTHERWISE)


def is_due(name: str, next_run_at: datetime, interval: int, now: datetime) -> bool:
    """Due, or so far ahead that the clock must have been set back since."""
    ahead = next_run_at.timestamp() - now.timestamp()
    return ahead <= 0 or ahead > max(interval, DELAYS.get(name, 0)) + 60


def find_next_run(due_at: datetime, interval: int, now: datetime) -> datetime:
    """Return the next instant of the rhythm after `now`: what was missed is caught up once, not once for each time."""
    late = now.timestamp() - due_at.timestamp()
    if late < 0 or late > 10 * interval:
        return _to_datetime(now.timestamp() + interval)
    return _to_datetime(due_at.timestamp() + interval * (math.floor(late / interval) + 1))


def next_time_of_day(hour: int, now: datetime) -> datetime:
    """Return the next instant at this hour in UTC."""
    today = now.astimezone(UTC).replace(hour=hour, minute=0, second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)


def find_sooner(planned: datetime | None, interval: int, now: datetime) -> datetime:
    """Return the next run after the interval was changed: no later than one new interval from now."""
    latest = now.timestamp() + interval
    return _to_datetime(latest if planned is None else min(planned.timestamp(), latest))


def _to_datetime(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, UTC)
