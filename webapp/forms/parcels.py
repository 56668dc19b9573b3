"""Correcting a parcel: who carries it, and by which number."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import SelectField, StringField

from webapp.domain import shipping
from webapp.forms.choices import choices
from webapp.locales import lazy_gettext as _l
from webapp.models.shipments import Parcel

_OTHER = "other"
_CARRIERS = {"": _l("Not known")} | {row.key: row.name for row in shipping.CARRIERS} | {_OTHER: _l("Another carrier")}


class ParcelForm(FlaskForm):
    carrier = SelectField(_l("Carrier"), choices=choices(_CARRIERS), validate_choice=False)
    title = StringField(_l("Name of another carrier"))
    tracking_number = StringField(_l("Tracking number"))

    @classmethod
    def of(cls, parcel: Parcel) -> "ParcelForm":
        """The form as the parcel stands."""
        known = shipping.carrier_of(parcel.carrier, parcel.title)
        key = known.key if known else _OTHER if parcel.carrier else ""
        return cls(
            formdata=None,
            data={
                "carrier": key,
                "title": "" if known else parcel.title,
                "tracking_number": parcel.tracking_number,
            },
        )

    def entered(self) -> dict[str, Any]:
        """Amazon's code, the carrier's name and the number, as `actions.parcels.edit` takes them."""
        known = shipping.BY_KEY.get(self.carrier.data or "")
        title = (self.title.data or "").strip()
        if known is not None:
            code, title = known.code, known.name
        else:
            code = shipping.OTHER if title or self.carrier.data else ""
        return {"carrier": code, "title": title, "tracking_number": self.tracking_number.data or ""}
