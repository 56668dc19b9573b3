"""Filters and globals for templates: values formatted for the locale of the request."""

from flask import Flask
from jinja2 import StrictUndefined

from webapp.core.i18n import locale
from webapp.messages import status_labels, text_for
from webapp.messages.returns import describe_reason
from webapp.web import charts, links, preferences
from webapp.web.formatting import html as html_format
from webapp.web.formatting import render_cache
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
    share,
)
from webapp.web.formatting.dates import (
    age,
    day,
    moment,
    now,
    urgency,
)

__all__ = ("address_lines", "age", "country_name", "day", "masked", "moment", "money", "now", "number")


def init_app(app: Flask) -> None:
    """Register the filters and globals of templates. An undefined name in a template is an error."""
    render_cache.init_app(app)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        address_lines=address_lines,
        age=age,
        amount=html_format.amount_of,
        badge=html_format.badge,
        day=day,
        due_badge=html_format.due_badge,
        flag=html_format.flag,
        handling_badge=html_format.handling_badge,
        icon=html_format.icon,
        order_lines=html_format.order_lines,
        order_link=html_format.order_link,
        masked=masked,
        moment=moment,
        money=money,
        money_short=money_short,
        number=number,
        percent=percent,
        buyer_name=html_format.buyer_name,
        urlquote=html_format.urlquote,
        sentence=text_for,
        share=share,
        status=html_format.status,
        tickbox=html_format.tickbox,
        time=html_format.moment,
    )
    app.jinja_env.globals.update(
        country_name=country_name,
        get_locale=locale.current,
        language_tag=locale.language_tag,
        has_flag=has_flag,
        label=status_labels.label,
        languages=locale.available,
        return_reason=describe_reason,
        now=now,
        money_of=money_of,
        order_url=links.order_url,
        html=html_format,
        names_zones=html_format.names_zones,
        urgency=urgency,
        bar_rows=charts.build_bar_rows,
        column_bars=charts.build_columns,
        revenue_chart=charts.build_revenue_chart,
        sparkline_points=charts.build_sparkline,
        theme=theme,
        density=density,
    )


def theme() -> str:
    """Return `light` or `dark` if the user chose one, else an empty string: the page follows the system."""
    return preferences.current().theme


def density() -> str:
    """Return `compact` if the user chose it, else an empty string."""
    return preferences.current().density
