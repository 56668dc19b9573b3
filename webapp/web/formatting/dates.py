"""Instants, days and how far off they are, exactly as Babel writes them.

A table says a hundred instants, each of them twice; Babel would take longer than the database for all of them. Days are
remembered as they are; of a clock an hour is remembered, into which minutes and seconds are put.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from babel import dates

from webapp.web.formatting.readers import Reader, reader

# Babel calls 45 minutes an hour by default; an operator counts minutes.
_ROUND_UP_FROM = 1.0
# Of what is due: late, within a day, later.
TONES = ("bad", "warn", "quiet")
Length = Literal["short", "medium"]
Form = Literal["medium", "MMMd", "yMMMd"]


def now() -> datetime:
    return datetime.now(UTC)


def moment(instant: datetime, zone: str = "UTC", form: Literal["short", "zoned", "full"] = "short") -> str:
    """An instant on the clock of `zone` (an IANA name).

    `short` for tables: `Nov 21, 2:03 PM`, with the year when it is another one. `zoned`: with year and zone.
    `full`: with seconds too.
    """
    who, local = reader(), instant.astimezone(_zone(zone))
    return short(who, local) if form == "short" else zoned(who, local) if form == "zoned" else full(who, local)


def short(who: Reader, local: datetime) -> str:
    """An instant that is on its zone's clock already, as `moment` writes it. The other two likewise."""
    form: Form = "MMMd" if local.year == now().year else "yMMMd"
    return _hour(who, local.date(), local.hour, form, "short", "short") % local.minute


def zoned(who: Reader, local: datetime) -> str:
    clock = _clock(who, local.hour, "short") % local.minute
    return _together(who, "medium").format(f"{clock} {zone_name(local)}", _date(who, local.date(), "medium"))


def full(who: Reader, local: datetime) -> str:
    said = _hour(who, local.date(), local.hour, "medium", "medium", "medium") % (local.minute, local.second)
    return f"{said} {zone_name(local)}"


def localise(instant: datetime, zone: str) -> datetime:
    return instant.astimezone(_zone(zone))


def zone_name(local: datetime) -> str:
    """`CET`, `PST`; `UTC-03` where the zone has no letters."""
    name = local.tzname() or "UTC"
    return f"UTC{name}" if name[0] in "+-" else name


def day(value: date) -> str:
    """`Nov 21`, with the year when it is not this one."""
    plain = value.date() if isinstance(value, datetime) else value
    return _date(reader(), plain, "MMMd" if plain.year == now().year else "yMMMd")


def age(instant: datetime) -> str:
    """How far from now: `3 minutes ago`, `in 2 hours`."""
    distance = instant - now()
    seconds = distance.days * 86400 + distance.seconds
    if abs(distance) < timedelta(seconds=1):
        seconds = -1
    past, seconds = seconds < 0, abs(seconds)
    above, unit = next((above, unit) for above, unit in _UNITS if seconds >= unit or unit == 1)
    # As many of the unit as Babel counts; as many seconds stand for all that are counted alike.
    alike = min(round(seconds / unit) * unit, above - 1)
    return _age(reader(), -alike if past else alike)


def urgency(due: datetime) -> str:
    """The tone of what is due then, one of `TONES`."""
    left = due - now()
    return TONES[0] if left < timedelta() else TONES[1] if left < timedelta(days=1) else TONES[2]


# (seconds of the next unit above, seconds of the unit), the largest first.
_SIZES = [seconds for _name, seconds in dates.TIMEDELTA_UNITS]
_UNITS = tuple(zip([10**12, *_SIZES], _SIZES, strict=False))


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@lru_cache(maxsize=8192)
def _date(who: Reader, value: date, form: Form) -> str:
    if form == "medium":
        return str(dates.format_date(value, form, locale=who.locale))
    return str(dates.format_skeleton(form, value, locale=who.locale))


@lru_cache(maxsize=4096)
def _clock(who: Reader, hour: int, length: Length) -> str:
    """A pattern with a `%02d` for the minutes, and for the seconds where `length` is medium."""
    text = str(dates.format_time(time(hour, 34, 56), length, locale=who.locale))
    return text.replace("%", "%%").replace("34", "%02d").replace("56", "%02d")


@lru_cache(maxsize=16384)
def _hour(who: Reader, day: date, hour: int, form: Form, clock: Length, together: Length) -> str:
    """The same with the day before or behind it."""
    return _together(who, together).format(_clock(who, hour, clock), _date(who, day, form).replace("%", "%%"))


@lru_cache(maxsize=1024)
def _together(who: Reader, length: Length) -> str:
    """How the language puts day `{1}` and time `{0}` together; its pattern may quote words of its own."""
    return str(dates.get_datetime_format(length, locale=who.locale)).replace("'", "")


@lru_cache(maxsize=8192)
def _age(who: Reader, seconds: int) -> str:
    return str(
        dates.format_timedelta(
            timedelta(seconds=seconds),
            add_direction=True,
            threshold=_ROUND_UP_FROM,
            granularity="second",
            locale=who.locale,
        )
    )
