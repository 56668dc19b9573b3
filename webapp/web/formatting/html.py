"""Pieces of pages that stand on them hundreds of times, as filters: Jinja calls those straight away.

How a piece looks says a macro. One of few arguments is drawn once for each of them and remembered; one that holds what
differs from row to row is drawn once with gaps, into which the values are put, escaped.
"""

from datetime import datetime
from functools import lru_cache
from urllib.parse import quote

from flask import current_app
from markupsafe import Markup, escape

from webapp.domain.common.money import Money
from webapp.web.formatting import amounts as amount_format
from webapp.web.formatting import dates as date_format
from webapp.web.formatting.addresses import masked
from webapp.web.formatting.readers import Reader, reader

_GAPS = "macros/gaps.html"
# A character of nobody's: it stands where a value will.
_GAP = Markup("\ue000")


def icon(name: str, title: str = "", more: str = "") -> Markup:
    """A symbol of static/icons.svg; `more` is a class besides."""
    if title:
        return _filled(reader(), ("macros/icons.html", "symbol", name, _GAP, more), title)
    return render_macro(reader(), "macros/icons.html", "symbol", name, "", more)


def flag(country_code: str) -> Markup:
    """The flag of a marketplace's country; the code where there is none."""
    return render_macro(reader(), "macros/icons.html", "country", country_code)


def status(kind: str, value: str, detail: str | None = None) -> Markup:
    """Where something stands: `value` is a word of the vocabulary `kind` of webapp/messages/status_labels.py."""
    return render_macro(reader(), "macros/status.html", "standing", kind, value, detail or "")


def badge(text: str, tone: str = "quiet", picture: str = "") -> Markup:
    return render_macro(reader(), "macros/status.html", "small", text, tone, picture)


def nothing() -> Markup:
    return render_macro(reader(), _GAPS, "nothing")


def amount(value: Money | None) -> Markup:
    return nothing() if value is None else amount_of(value.minor, value.currency)


def amount_of(minor: int | None, currency: str | None) -> Markup:
    """An amount of minor units; both None where Amazon has not said it."""
    if minor is None or currency is None:
        return nothing()
    return _filled(reader(), _AMOUNT, amount_format.amount(minor, currency))


def moment(instant: datetime | None, zone: str = "UTC", zoned: bool = False) -> Markup:
    """An instant on the clock of `zone`, short or with the zone beside it; with everything in its title."""
    if instant is None:
        return nothing()
    who, local = reader(), date_format.localise(instant, zone)
    text = date_format.zoned(who, local) if zoned else date_format.short(who, local)
    return _filled(who, _MOMENT, instant.isoformat(), date_format.full(who, local), text)


def age(instant: datetime | None, zone: str = "UTC") -> Markup:
    """How far off an instant is, with everything in its title."""
    if instant is None:
        return nothing()
    who = reader()
    return _filled(
        who,
        _AGE,
        instant.isoformat(),
        date_format.full(who, date_format.localise(instant, zone)),
        date_format.age(instant),
    )


def person(text: str | None, allowed: bool) -> Markup:
    """A name of a buyer or recipient; masked unless reading it is allowed."""
    if not text:
        return nothing()
    return _filled(reader(), _PERSON, text) if allowed else secret(text)


def secret(text: str | None) -> Markup:
    return _filled(reader(), _SECRET, masked(text)) if text else nothing()


def linked(number: str, beginning: str, leads_to: str = "") -> Markup:
    """A number that leads to its page, or to that of another one: `beginning` is the address without it."""
    return _filled(reader(), _LINKED, beginning + quoted(leads_to or number), number)


def quoted(number: str) -> str:
    """The number as an address says it: nearly always as it is."""
    return number if number.isascii() and number.replace("-", "").isalnum() else quote(number, safe="")


def waits(fulfilled_by: str, status: str) -> bool:
    """Whether the order still has to leave, so that it says how far off that is."""
    return fulfilled_by == "MERCHANT" and status in ("UNSHIPPED", "PARTIALLY_SHIPPED")


def due(instant: datetime | None, fulfilled_by: str, status: str, zone: str) -> Markup:
    """When an order has to leave: how far off that is while it waits for the merchant, else the plain time."""
    if instant is None:
        return nothing()
    who = reader()
    if waits(fulfilled_by, status):
        return _filled(who, _DUE[date_format.urgency(instant)], age(instant, zone))
    return _filled(who, _MUTED, moment(instant, zone))


def tickbox(id_: int, number: str, listing: str) -> Markup:
    """The cell with which a row of a list is chosen."""
    return _filled(reader(), (_GAPS, "tickbox", _GAP, listing, _GAP), str(id_), number)


_AMOUNT = (_GAPS, "amount", _GAP)
_MOMENT = (_GAPS, "moment", _GAP, _GAP, _GAP)
_AGE = (_GAPS, "age", _GAP, _GAP, _GAP)
_PERSON = (_GAPS, "person", _GAP)
_SECRET = (_GAPS, "secret", _GAP)
_LINKED = (_GAPS, "linked", _GAP, _GAP)
_MUTED = (_GAPS, "muted", _GAP)
_DUE = {tone: (_GAPS, "due", tone, "alert-triangle" if tone == "bad" else "clock", _GAP) for tone in date_format.TONES}


# By type too: the same letters are another thing when they are markup already.
@lru_cache(maxsize=4096, typed=True)
def render_macro(_who: Reader, template: str, macro: str, *args: str) -> Markup:
    """What the macro makes of the arguments, which say all that it depends on beside the reader."""
    piece: Markup = getattr(current_app.jinja_env.get_template(template).module, macro)(*args)
    return piece


def _filled(who: Reader, piece: tuple[str, ...], *values: str) -> Markup:
    # Markup's own way of filling in takes ten times as long.
    return str.__new__(Markup, _with_gaps(who, piece) % tuple([escape(value) for value in values]))


@lru_cache(maxsize=4096)
def _with_gaps(who: Reader, piece: tuple[str, ...]) -> str:
    """A pattern with a `%s` for each gap. Raises LookupError for a macro that does not say each of them once."""
    text = str(render_macro(who, *piece))
    if text.count(_GAP) != piece.count(_GAP):
        raise LookupError(f"{piece[1]} of {piece[0]} has to say each of its arguments once.")
    return text.replace("%", "%%").replace(_GAP, "%s")
