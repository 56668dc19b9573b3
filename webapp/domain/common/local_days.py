"""Calendar days in a marketplace's time zone, as Seller Central counts them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

# The last valid year: the calendar ends after 9999, in some time zones a day earlier than in others.
LAST_YEAR = 2100


class Day(NamedTuple):
    """A calendar day of a time zone with the instants it begins and ends at: 23 to 25 hours."""

    date: date
    begins: datetime
    ends: datetime


def midnight(day: date, time_zone: str) -> datetime:
    """Return the instant a calendar day begins at in this zone (an IANA name)."""
    return datetime.combine(day, time(), ZoneInfo(time_zone))


def last_days(time_zone: str, now: datetime, count: int) -> list[Day]:
    """Return the last `count` days of the zone (an IANA name), oldest first; the last one is today and not over."""
    today = now.astimezone(ZoneInfo(time_zone)).date()
    dates = [today - timedelta(days=back) for back in range(count - 1, -2, -1)]
    midnights = [midnight(day, time_zone).astimezone(UTC) for day in dates]
    return [Day(*row) for row in zip(dates, midnights, midnights[1:], strict=False)]
