"""Instants and ages are written as Babel writes them."""

from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import time_machine
from babel import Locale, dates
from flask import Flask
from flask_babel import force_locale
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from webapp.domain.common.marketplaces import MARKETPLACES
from webapp.web.formatting import dates as date_format

LOCALES = ["en", "en_GB", "en_150", "de", "de_AT", "nl", "nl_BE", "sv", "it", "zh_Hans_CN", "zh_Hant_TW"]
ZONES = sorted({place.time_zone for place in MARKETPLACES} | {"UTC", "Asia/Kathmandu", "America/St_Johns"})
INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2050, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is an argument
NOON = datetime(2026, 7, 1, 12, 0, 30, tzinfo=UTC)
FEW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def by_babel(local: datetime, form: str, locale: Locale) -> str:
    """What Babel makes of the whole instant in the form."""
    if form == "short":
        this_year = local.year == NOON.year
        day = dates.format_skeleton("MMMd" if this_year else "yMMMd", local.date(), locale=locale)
        clock = dates.format_time(local.time(), "short", locale=locale)
        return dates.get_datetime_format("short", locale).replace("'", "").replace("{0}", clock).replace("{1}", day)
    day = dates.format_date(local.date(), "medium", locale=locale)
    clock = dates.format_time(local.time(), "short" if form == "zoned" else "medium", locale=locale)
    pattern = dates.get_datetime_format("medium", locale).replace("'", "").replace("{1}", day)
    zone = date_format.zone_name(local)
    return pattern.replace("{0}", f"{clock} {zone}") if form == "zoned" else f"{pattern.replace('{0}', clock)} {zone}"


@FEW
@given(st.sampled_from(LOCALES), st.sampled_from(ZONES), INSTANTS, st.sampled_from(["short", "zoned", "full"]))
@example("en", "UTC", datetime(2026, 3, 4, 0, 34, 56, tzinfo=UTC), "full")
@example("en", "UTC", datetime(2026, 3, 4, 12, 0, tzinfo=UTC), "short")
def test_an_instant_is_what_babel_writes(
    app: Flask, tag: str, zone: str, instant: datetime, form: Literal["short", "zoned", "full"]
) -> None:
    with app.app_context(), force_locale(tag), time_machine.travel(NOON, tick=False):
        expected = by_babel(instant.astimezone(ZoneInfo(zone)), form, Locale.parse(tag))
        assert date_format.moment(instant, zone, form) == expected


AGES = [timedelta(seconds=seconds) for _name, unit in dates.TIMEDELTA_UNITS for seconds in (unit - 1, unit, 1.5 * unit)]


@FEW
@given(
    st.sampled_from(LOCALES),
    st.timedeltas(timedelta(days=-4000), timedelta(days=4000)) | st.timedeltas(timedelta(days=-2), timedelta(days=2)),
)
def test_an_age_is_what_babel_writes(app: Flask, tag: str, distance: timedelta) -> None:
    assert age(app, tag, distance) == age_by_babel(tag, distance)


def test_an_age_at_the_edge_of_a_unit_is_too(app: Flask) -> None:
    for tag in LOCALES:
        for distance in AGES:
            assert age(app, tag, distance) == age_by_babel(tag, distance), tag
            assert age(app, tag, -distance) == age_by_babel(tag, -distance), tag


def age(app: Flask, tag: str, distance: timedelta) -> str:
    with app.app_context(), force_locale(tag), time_machine.travel(NOON, tick=False):
        return date_format.age(NOON + distance)


def age_by_babel(tag: str, distance: timedelta) -> str:
    if abs(distance) < timedelta(seconds=1):
        distance = timedelta(seconds=-1)
    return dates.format_timedelta(distance, add_direction=True, threshold=1.0, granularity="second", locale=tag)
