"""How values look in templates: every filter and global the house adds to Jinja, in the reader's language."""

from functools import lru_cache
from typing import Any

from flask import Flask, g, request, url_for
from jinja2 import StrictUndefined

from webapp.core.i18n import locale
from webapp.messages import status_labels, text_for
from webapp.web import charts, links
from webapp.web.formatting import html as html_format
from webapp.web.formatting import row_cache
from webapp.web.formatting.addresses import (
    address_lines,
    country_name,
    has_flag,
    masked,
)
from webapp.web.formatting.amounts import (
    money,
    money_of,
    money_short,
    number,
    percent,
)
from webapp.web.formatting.dates import (
    age,
    day,
    moment,
    now,
    urgency,
)

__all__ = ("THEMES", "address_lines", "age", "country_name", "day", "masked", "moment", "money", "now", "number")

THEMES = ("light", "dark")


def init_app(app: Flask) -> None:
    """Teach Jinja the house's words. A name a template mistypes is an error, not an empty place."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        address_lines=address_lines,
        age=age,
        amount=html_format.amount_of,
        badge=html_format.badge,
        day=day,
        due=html_format.due,
        flag=html_format.flag,
        icon=html_format.icon,
        linked=html_format.linked,
        masked=masked,
        moment=moment,
        money=money,
        money_short=money_short,
        number=number,
        percent=percent,
        person=html_format.person,
        quoted=html_format.quoted,
        sentence=text_for,
        status=html_format.status,
        tickbox=html_format.tickbox,
        time=html_format.moment,
    )
    app.jinja_env.globals.update(
        country_name=country_name,
        drawn_rows=row_cache.RowCache,
        get_locale=locale.current,
        has_flag=has_flag,
        label=status_labels.label,
        languages=locale.available,
        now=now,
        money_of=money_of,
        order_link=links.order_link,
        pieces=html_format,
        urgency=urgency,
        url_for=address,
        revenue_chart=charts.revenue_chart,
        sparkline_points=charts.sparkline,
        theme=theme,
    )


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
    known: str | None = g.get("theme")
    if known is None:
        chosen = request.cookies.get("theme", "")
        known = g.theme = chosen if chosen in THEMES else ""
    return known
