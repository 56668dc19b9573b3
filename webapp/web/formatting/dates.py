"""Instants, days and distances from now, formatted by Babel."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale, dates

from webapp.core.i18n.locale import current
from webapp.web import preferences

# Babel calls 45 minutes an hour by default.
_ROUND_UP_FROM = 1.0


def now() -> datetime:
    return datetime.now(UTC)


def moment(instant: datetime, zone: str = "UTC", form: Literal["short", "named", "zoned", "full"] = "short") -> str:
    """Format an instant in the time zone that the user chose, else in `zone` (an IANA name).

    `short` for tables: `Nov 21, 2:03 PM`, with the year unless it is this one. `named`: with the zone. `zoned`:
    with year and zone.
    `full`: with seconds too.
    """
    locale, chosen = current(), preferences.current()
    local = instant.astimezone(ZoneInfo(chosen.time_zone or zone))
    clock = _format_time(local.time(), "medium" if form == "full" else "short", locale, chosen.clock)
    if form in ("short", "named"):
        text = _join("short", day(local.date()), clock, locale)
        return text if form == "short" else f"{text} {zone_name(local)}"
    date_text = _format_date(local.date(), "medium", locale)
    if form == "zoned":
        return _join("medium", date_text, f"{clock} {zone_name(local)}", locale)
    return f"{_join('medium', date_text, clock, locale)} {zone_name(local)}"


def zone_name(local: datetime) -> str:
    """Return `CET`, `PST`; `UTC-03` for a zone without a name."""
    name = local.tzname() or "UTC"
    return f"UTC{name}" if name[0] in "+-" else name


def day(value: date) -> str:
    """Format a day as `Nov 21`, with the year unless it is this one."""
    plain = value.date() if isinstance(value, datetime) else value
    return _format_date(plain, "MMMd" if plain.year == now().year else "yMMMd", current())


def age(instant: datetime) -> str:
    """Format the distance from now: `3 minutes ago`, `in 2 hours`."""
    distance = instant - now()
    if abs(distance) < timedelta(seconds=1):
        distance = timedelta(seconds=-1)
    return dates.format_timedelta(
        distance, add_direction=True, threshold=_ROUND_UP_FROM, granularity="second", locale=current()
    )


def urgency(due: datetime) -> Literal["bad", "warn", "quiet"]:
    """Return the tone of a due time: `bad` when it has passed, `warn` within a day, else `quiet`."""
    remaining = due - now()
    return "bad" if remaining < timedelta() else "warn" if remaining < timedelta(days=1) else "quiet"


@lru_cache(maxsize=4096)
def _format_date(value: date, form: Literal["medium", "MMMd", "yMMMd"], locale: Locale) -> str:
    if form == "medium":
        return dates.format_date(value, form, locale=locale)
    return dates.format_skeleton(form, value, locale=locale)


@lru_cache(maxsize=4096)
def _format_time(value: time, length: Literal["short", "medium"], locale: Locale, clock: str) -> str:
    if clock:
        hours = "H" if clock == "24" else "h"
        return dates.format_skeleton(f"{hours}m" if length == "short" else f"{hours}ms", value, locale=locale)
    return dates.format_time(value, length, locale=locale)


def _join(length: Literal["short", "medium"], date_text: str, time_text: str, locale: Locale) -> str:
    # The pattern may quote words of its own.
    return str(dates.get_datetime_format(length, locale=locale)).replace("'", "").format(time_text, date_text)
