"""How values look in templates: every filter and global the house adds to Jinja, in the reader's language."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers
from flask import Flask, request, url_for
from jinja2 import StrictUndefined

from webapp import charts, labels, links, locales
from webapp.domain import addresses
from webapp.domain.amazon_orders import Address
from webapp.domain.marketplaces import BY_COUNTRY
from webapp.domain.money import Money
from webapp.locales import current as get_locale
from webapp.sentences import sentence

THEMES = ("light", "dark")
# Babel calls 45 minutes an hour by default; an operator counts minutes.
_ROUND_UP_FROM = 1.0


def init_app(app: Flask) -> None:
    """Teach Jinja the house's words. A name a template mistypes is an error, not an empty place."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        address_lines=address_lines,
        age=age,
        day=day,
        masked=masked,
        moment=moment,
        money=money,
        money_short=money_short,
        number=number,
        percent=percent,
        sentence=sentence,
    )
    app.jinja_env.globals.update(
        country_name=country_name,
        get_locale=get_locale,
        has_flag=has_flag,
        label=labels.label,
        languages=locales.available,
        now=now,
        money_of=money_of,
        order_link=links.order_link,
        urgency=urgency,
        url_for=address,
        revenue_chart=charts.revenue_chart,
        sparkline_points=charts.sparkline,
        theme=theme,
    )


def now() -> datetime:
    return datetime.now(UTC)


def address(endpoint: str, **values: Any) -> str:
    """Flask's `url_for`, remembered: a list has a link in every cell, and builds half of them anew on each page."""
    simple = not endpoint.startswith(".") and not any(name.startswith("_") for name in values)
    if simple and all(type(value) in (str, int) for value in values.values()):
        return _address(request.script_root, endpoint, tuple(values.items()))
    return url_for(endpoint, **values)


@lru_cache(maxsize=8192)
def _address(_script_root: str, endpoint: str, values: tuple[tuple[str, Any], ...]) -> str:
    return url_for(endpoint, **dict(values))


def theme() -> str:
    """`light` or `dark` when the person chose one, else empty: the page then follows the system."""
    chosen = request.cookies.get("theme", "")
    return chosen if chosen in THEMES else ""


def money(value: Money) -> str:
    """`€1,234.50` as the reader's language writes it, with exactly the currency's digits."""
    text: str = numbers.format_currency(value.decimal, value.currency, locale=get_locale())
    return text


def money_of(minor: int | None, currency: str | None) -> Money | None:
    """The Money of two columns, None where Amazon has not said it."""
    return None if minor is None or currency is None else Money(minor, currency)


def money_short(value: Money) -> str:
    """An amount for a chart's axis: `€1.5K`."""
    text: str = numbers.format_compact_currency(
        value.decimal, value.currency, locale=get_locale(), fraction_digits=1 if value.minor else 0
    )
    return text


def number(value: int | Decimal) -> str:
    text: str = numbers.format_decimal(value, locale=get_locale())
    return text


def percent(share: float) -> str:
    """A share as a signed change: 0.123 is `+12%`."""
    text: str = numbers.format_percent(share, format="+#,##0%;-#,##0%", locale=get_locale())
    return text


def moment(instant: datetime, zone: str = "UTC", form: Literal["short", "zoned", "full"] = "short") -> str:
    """An instant on the clock of `zone` (an IANA name).

    `short` for tables: `Nov 21, 2:03 PM`, with the year when it is another one. `zoned`: with year and zone.
    `full`: with seconds too.
    """
    local, locale = instant.astimezone(ZoneInfo(zone)), get_locale()
    if form == "full":
        said = _together(
            _date(local.date(), "medium", locale), _clock(local.time(), "medium", locale), "medium", locale
        )
        return f"{said} {zone_name(local)}"
    clock = _clock(local.time().replace(second=0, microsecond=0), "short", locale)
    if form == "zoned":
        return _together(_date(local.date(), "medium", locale), f"{clock} {zone_name(local)}", "medium", locale)
    return _together(day(local), clock, "short", locale)


# A table says a hundred instants, of few days and minutes; Babel would take longer than the database for all of them.
@lru_cache(maxsize=4096)
def _date(value: date, form: Literal["medium", "MMMd", "yMMMd"], locale: Locale) -> str:
    if form == "medium":
        return str(dates.format_date(value, form, locale=locale))
    return str(dates.format_skeleton(form, value, locale=locale))


@lru_cache(maxsize=8192)
def _clock(value: time, form: Literal["short", "medium"], locale: Locale) -> str:
    return str(dates.format_time(value, form, locale=locale))


def _together(the_day: str, the_time: str, length: Literal["short", "medium"], locale: Locale) -> str:
    """Day and time as the language puts them together: Babel's pattern may quote words of its own."""
    pattern = str(dates.get_datetime_format(length, locale=locale))
    return pattern.replace("{0}", the_time).replace("{1}", the_day).replace("'", "")


def zone_name(local: datetime) -> str:
    """`CET`, `PST`; `UTC-03` where the zone has no letters."""
    name = local.tzname() or "UTC"
    return f"UTC{name}" if name[0] in "+-" else name


def day(value: date) -> str:
    """`Nov 21`, with the year when it is not this one."""
    plain = value.date() if isinstance(value, datetime) else value
    return _date(plain, "MMMd" if plain.year == now().year else "yMMMd", get_locale())


def age(instant: datetime) -> str:
    """How far from now: `3 minutes ago`, `in 2 hours`."""
    distance = instant - now()
    if abs(distance) < timedelta(seconds=1):
        distance = timedelta(seconds=-1)
    text: str = dates.format_timedelta(
        distance, add_direction=True, threshold=_ROUND_UP_FROM, granularity="second", locale=get_locale()
    )
    return text


def urgency(due: datetime) -> str:
    """The tone of what is due then: bad when it is late, warn within a day, else quiet."""
    left = due - now()
    return "bad" if left < timedelta() else "warn" if left < timedelta(days=1) else "quiet"


def masked(text: str) -> str:
    """Enough to recognise what one knows, too little to learn it: `Hans Muster` is `H••• M•••`."""
    return " ".join(f"{word[0]}•••" for word in text.split())


def country_name(country_code: str) -> str:
    return get_locale().territories.get(country_code.upper(), country_code)


def address_lines(address: Address) -> list[str]:
    """The lines of an address in the order its country writes them; the country's name last, no empty line."""
    country = (address.country_code or "").upper()
    return [*addresses.lines(address), *([country_name(country)] if country else [])]


def has_flag(country_code: str) -> bool:
    return country_code.upper() in BY_COUNTRY
