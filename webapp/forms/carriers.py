"""The choices of a field that asks for a carrier."""

from flask_babel import gettext as _
from wtforms.fields.choices import SelectChoice

from webapp.domain import shipping
from webapp.forms.choices import choices

OTHER = "other"


def carriers(country: str, none: str) -> list[SelectChoice]:
    """`none` for no choice, those usual in the country, all others by name, and one of another name."""
    usual = shipping.usual(country)
    rest = sorted((row for row in shipping.CARRIERS if row not in usual), key=lambda row: row.name.casefold())
    named = {row.key: row.name for row in (*usual, *rest)}
    return choices({"": none, **named, OTHER: _("Another carrier")})
