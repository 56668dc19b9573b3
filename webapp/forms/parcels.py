"""Correcting a parcel: who carries it, and by which number."""

from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField

from webapp.domain import shipping
from webapp.forms.carriers import OTHER, carriers
from webapp.locales import lazy_gettext as _l
from webapp.models.shipments import Parcel


class ParcelForm(FlaskForm):
    """Of a parcel that left in `country`."""

    carrier = SelectField(_l("Carrier"), validate_choice=False)
    title = StringField(_l("Name of another carrier"))
    tracking_number = StringField(_l("Tracking number"))

    def __init__(self, *args: Any, country: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.carrier.choices = carriers(country, _("Not known"))

    @classmethod
    def of(cls, parcel: Parcel, country: str) -> "ParcelForm":
        """The form as the parcel stands."""
        known = shipping.carrier_of(parcel.carrier, parcel.title)
        key = known.key if known else OTHER if parcel.carrier else ""
        return cls(
            formdata=None,
            country=country,
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
