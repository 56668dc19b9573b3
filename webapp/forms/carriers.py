"""Fields that ask for a carrier and a tracking number: the choices, and what was entered."""

from flask_babel import gettext as _
from wtforms.fields.choices import SelectChoice

from webapp.domain import shipping
from webapp.domain.carrier_names import with_name
from webapp.domain.tracking_numbers import Classification
from webapp.forms.choices import choices

OTHER = "other"


def carriers(country: str, none: str, chosen: str = "") -> list[SelectChoice]:
    """`none` for no choice, those usual in the country, the other well-known ones by name, and one of another name.

    `chosen`: the key of a carrier that is offered in any case.
    """
    usual = shipping.usual(country)
    others = [row for row in shipping.CARRIERS if row in shipping.WELL_KNOWN or row.key == chosen]
    rest = sorted((row for row in others if row not in usual), key=lambda row: row.name.casefold())
    named = {row.key: row.name for row in (*usual, *rest)}
    return choices({"": none, **named, OTHER: _("Another carrier")})


def entered(key: str, title: str) -> tuple[str, str]:
    """Return Amazon's code and the carrier's name of what was chosen, OTHER with a name or a key of a carrier.

    A name that was typed is looked up: it may be one that Amazon has a code for. Both are empty for no choice.
    """
    carrier = shipping.BY_KEY.get(key) or (with_name(title) if key == OTHER else None)
    if carrier is not None:
        return carrier.code, carrier.name
    return (shipping.OTHER, " ".join(title.split())) if key == OTHER else ("", "")


def is_confirmed(found: Classification, number: str | None) -> bool:
    """Return whether the number that was confirmed on the page is the one that is entered there."""
    return bool(number) and number == found.number
