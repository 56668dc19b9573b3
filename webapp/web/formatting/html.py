"""HTML fragments of values, for templates. Markup's `%` escapes what is put into them."""

from collections import Counter
from collections.abc import Container, Iterable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from webapp.domain.amazon.order_details import remove_personal
from webapp.domain.common.money import Money
from webapp.messages import order_details as detail_values
from webapp.messages import status_labels
from webapp.models.stores import StoreName
from webapp.queries.orders.lines import read_lines
from webapp.web import preferences
from webapp.web.formatting import amounts, dates
from webapp.web.formatting.addresses import country_name, has_flag, masked
from webapp.web.formatting.amounts import number
from webapp.web.static_files import asset

# A row shows no more lines of an order than these.
MOST_LINES = 3

_ICON = Markup('<svg class="icon %s" aria-hidden="true"><use href="%s#%s"/></svg>')
_ICON_WITH_TITLE = Markup('<svg class="icon %s" role="img" aria-label="%s"><use href="%s#%s"/></svg>')
_FLAG = Markup('<img class="flag" src="%s" width="20" height="15" alt="" title="%s">')
_COUNTRY_CODE = Markup('<span class="flag-code" title="%s">%s</span>')
_STATUS = Markup('<span class="state tone-%s">%s<span>%s</span></span>')
_BADGE = Markup('<span class="mark tone-%s">%s%s</span>')
_BADGE_WITH_TITLE = Markup('<span class="mark tone-%s" title="%s">%s%s%s</span>')
_NOTHING = Markup('<span class="nothing" title="%s">–</span>')
_AMOUNT = Markup('<span class="amount">%s</span>')
_MOMENT = Markup('<time class="moment" datetime="%s" title="%s">%s</time>')
_AGE = Markup('<time datetime="%s" title="%s">%s</time>')
_NAME = Markup("<bdi>%s</bdi>")
_SECRET = Markup('<span class="secret" title="%s">%s</span>')
_ORDER_LINK = Markup('<span class="order-number"><a href="%s">%s</a></span>')
_DUE = Markup('<span class="due tone-%s">%s%s</span>')
_LINE = Markup('<span class="line-sku"><bdi>%s</bdi> × %s</span>')
_LINES = Markup('<span class="line-skus" title="%s">%s</span>')
_STORE_NAME = Markup("%s <bdi>%s</bdi>")
_STORE_CODE = Markup('%s <span aria-hidden="true">%s</span><span class="visually-hidden">%s</span>')
_MUTED = Markup('<span class="muted">%s</span>')
_TICKBOX = Markup(
    '<td class="tickbox"><input class="form-check-input" type="checkbox" name="id" value="%s" form="choose-%s" '
    'data-choose aria-label="%s"></td>'
)


def icon(name: str, title: str = "", css_class: str = "") -> Markup:
    """Return a symbol of static/icons.svg. Without `title` it is hidden from screen readers."""
    if title:
        return _ICON_WITH_TITLE % (css_class, title, asset("icons.svg"), name)
    return _ICON % (css_class, asset("icons.svg"), name)


def flag(country_code: str) -> Markup:
    """Return the flag of a marketplace's country, or the code where there is none."""
    if has_flag(country_code):
        return _FLAG % (asset(f"flags/{country_code.lower()}.svg"), country_name(country_code))
    return _COUNTRY_CODE % (country_name(country_code), country_code)


def status(kind: str, value: str, detail: str | None = None) -> Markup:
    """Return the label of a stored state. `kind`: see webapp/messages/status_labels.py; `detail` replaces the text."""
    label = status_labels.label(kind, value)
    return _STATUS % (label.tone, icon(label.icon), detail or label.text)


def badge(text: str, tone: str = "quiet", icon_name: str = "") -> Markup:
    return _BADGE % (tone, icon(icon_name) if icon_name else "", text)


def handling_badge(codes: str | None) -> Markup:
    """Return the first of an order's handling codes as a badge, with the number of others; its title lists all."""
    labels = [status_labels.label("handling", code) for code in (codes or "").split()]
    if not labels:
        return Markup("")
    more = f" +{len(labels) - 1}" if len(labels) > 1 else ""
    title = ", ".join(str(label.text) for label in labels)
    return _BADGE_WITH_TITLE % (labels[0].tone, title, icon(labels[0].icon), labels[0].text, more)


def handling_badges(codes: str | None) -> Markup:
    """Return a badge for each handling code of an order."""
    labels = [status_labels.label("handling", code) for code in (codes or "").split()]
    return Markup(" ").join(badge(str(label.text), label.tone, label.icon) for label in labels)


def order_details(stored: dict[str, Any] | None, allowed: bool) -> Markup:
    """Return the details of an Amazon order on one line, without personal ones unless the user may read them."""
    values = list_order_details(stored, allowed)
    return _NAME % "; ".join(f"{name}: {value}" for name, value in values) if values else nothing()


def list_order_details(stored: dict[str, Any] | None, allowed: bool) -> list[tuple[str, str]]:
    """Return (name, value) of each detail of an Amazon order, without personal ones unless the user may read them."""
    return detail_values.list_values(stored if allowed else remove_personal(stored or {}))


def nothing() -> Markup:
    return _NOTHING % _("Not known")


def amount(value: Money | None) -> Markup:
    return nothing() if value is None else _AMOUNT % amounts.money(value)


def amount_of(minor: int | None, currency: str | None) -> Markup:
    """Return an amount of minor units; both are None when Amazon has not reported it."""
    return amount(amounts.money_of(minor, currency))


def moment(instant: datetime | None, zone: str = "UTC", zoned: bool = False, named: bool = False) -> Markup:
    """Return an instant in the time zone `zone`; the title has all of it.

    `zoned`: with the year and the zone's name; `named`: short, with the zone's name; else short.
    """
    if instant is None:
        return nothing()
    text = dates.moment(instant, zone, "zoned" if zoned else "named" if named else "short")
    return _MOMENT % (instant.isoformat(), dates.moment(instant, zone, "full"), text)


def age(instant: datetime | None, zone: str = "UTC") -> Markup:
    """Return the distance of an instant from now; the title has the instant."""
    if instant is None:
        return nothing()
    return _AGE % (instant.isoformat(), dates.moment(instant, zone, "full"), dates.age(instant))


def buyer_name(text: str | None, allowed: bool) -> Markup:
    """Return the name of a buyer or recipient, masked unless the user may read it."""
    if not text:
        return nothing()
    return _NAME % text if allowed else secret(text)


def secret(text: str | None) -> Markup:
    if not text:
        return nothing()
    return _SECRET % (_("Hidden: you do not have permission to see buyers' data."), masked(text))


def order_link(number: str, base_url: str, target_number: str = "") -> Markup:
    """Return a number that links to its page at `base_url`, or to the page of `target_number`."""
    return _ORDER_LINK % (base_url + urlquote(target_number or number), number)


def urlquote(number: str) -> str:
    """Percent-encode a number for a path."""
    return quote(number, safe="")


def waits(fulfilled_by: str, status: str) -> bool:
    """Return whether the merchant still has to ship the order."""
    return fulfilled_by == "MERCHANT" and status in ("UNSHIPPED", "PARTIALLY_SHIPPED")


def due_badge(instant: datetime | None, fulfilled_by: str, status: str, zone: str, named: bool = False) -> Markup:
    """Render an order's ship-by time: the distance from now while it waits for the merchant, else the time."""
    if instant is None:
        return nothing()
    if not waits(fulfilled_by, status):
        return _MUTED % moment(instant, zone, named=named)
    tone = dates.urgency(instant)
    return _DUE % (tone, icon("alert-triangle" if tone == "bad" else "clock"), age(instant, zone))


def order_lines(value: str | None) -> Markup:
    """Return `SKU × quantity` of an order's lines, at most MOST_LINES of them; the title has all, with their titles."""
    lines = read_lines(value)
    if not lines:
        return nothing()
    parts = [_LINE % (line.name, number(line.quantity)) for line in lines[:MOST_LINES]]
    if len(lines) > MOST_LINES:
        more = len(lines) - MOST_LINES
        parts.append(_MUTED % ngettext("%(num)s more item", "%(num)s more items", more))
    titles = "\n".join(f"{number(line.quantity)} × {line.title or line.name}" for line in lines)
    return _LINES % (titles, Markup("").join(parts))


def repeated_countries(stores: Iterable[StoreName]) -> frozenset[str]:
    """Return the country codes of which there is more than one store."""
    counts = Counter(store.marketplace.country_code for store in stores)
    return frozenset(code for code, count in counts.items() if count > 1)


def store_code(store: StoreName, repeated: Container[str]) -> Markup:
    """Return the flag and country code of a store, or its name where its country is one of `repeated`."""
    code = store.marketplace.country_code
    if code in repeated:
        return _STORE_NAME % (flag(code), store.name)
    return _STORE_CODE % (flag(code) if has_flag(code) else "", code, store.name)


def names_zones(stores: Iterable[StoreName]) -> bool:
    """Return whether times of these stores have to name their time zone, because they are of several."""
    return len(_list_zones(stores)) > 1


def describe_zones(stores: Iterable[StoreName]) -> str:
    """Return in which time zone a list of rows of these stores shows its times."""
    zones = _list_zones(stores)
    if len(zones) == 1:
        return str(_("Times are in the time zone %(zone)s.", zone=zones.pop()))
    return str(_("Each time is in the time zone of its store. Rows are sorted by the moment itself."))


def _list_zones(stores: Iterable[StoreName]) -> set[str]:
    chosen = preferences.current().time_zone
    return {chosen} if chosen else {store.marketplace.time_zone for store in stores}


def tickbox(id_: int, number: str, listing: str) -> Markup:
    """Return the table cell that selects a row of a list."""
    return _TICKBOX % (id_, listing, _("Select %(number)s", number=number))
