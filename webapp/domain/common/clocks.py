"""Times written while the clock of this machine was wrong.

A clock that was ahead and has been set back leaves times in the future. Jobs due at such a time would wait for days,
and data fresh until then would not be refreshed for days.
"""

from datetime import datetime, timedelta

# Machines that share a database differ by less than this; beyond it, users are warned that a clock is wrong.
TOLERANCE = timedelta(seconds=60)


def is_ahead(moment: datetime | None, now: datetime) -> bool:
    """Return whether a recorded time lies in the future, so that the clock has been set back since."""
    return moment is not None and moment > now + TOLERANCE


def is_within(moment: datetime | None, age: timedelta, now: datetime) -> bool:
    """Return whether it was less than `age` ago; a time in the future was not."""
    return moment is not None and moment > now - age and not is_ahead(moment, now)


def limit_wait(moment: datetime, longest: timedelta, now: datetime) -> datetime:
    """Return the earlier of `moment` and the end of the longest wait."""
    return min(moment, now + longest)
