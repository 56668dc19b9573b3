"""Correcting a parcel: who carries it, and by which number."""

from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField

from webapp.domain import parcels, shipping
from webapp.domain.tracking_numbers import Classification
from webapp.forms.carriers import OTHER, carriers, entered, is_confirmed
from webapp.locales import lazy_gettext as _l
from webapp.models.shipments import Parcel


class ParcelForm(FlaskForm):
    """Of a parcel that left in `country`.

    `asked_shared`: the number of which a person has to say whether another order is in the parcel too.
    """

    asked_shared = ""

    carrier = SelectField(_l("Carrier"), validate_choice=False)
    title = StringField(_l("Name of another carrier"))
    tracking_number = StringField(_l("Tracking number"))
    # The number that another order has too, where a person says that both are in this parcel.
    shared = StringField(_l("Number of a shared parcel"))
    # The number that is taken although it is a question: one that is changed afterwards is asked about again.
    confirmed = StringField(_l("Confirmed tracking number"))

    def __init__(self, *args: Any, country: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.country = country
        self.carrier.choices = carriers(country, _("Not known"), self.carrier.data or "")

    @classmethod
    def of(cls, parcel: Parcel, country: str) -> "ParcelForm":
        """The form as the parcel stands."""
        known = shipping.carrier_of(parcel.carrier, parcel.title)
        # The list of carriers has one code each; another one of Amazon's is entered by its name.
        is_listed = known is not None and shipping.BY_KEY[known.key].code == known.code
        title = known.code if known and known.code != shipping.OTHER else parcel.title
        key = known.key if known and is_listed else OTHER if parcel.carrier else ""
        data = {"carrier": key, "title": "" if is_listed else title, "tracking_number": parcel.tracking_number}
        data["confirmed"] = parcel.tracking_number if parcel.number_question else ""
        return cls(formdata=None, country=country, data=data)

    def entered(self) -> dict[str, Any]:
        """Amazon's code, the carrier's name and the number, as `actions.parcels.edit` takes them."""
        code, title = self._carrier()
        number = self.tracking_number.data or ""
        about = {"carrier": code, "title": title, "tracking_number": number}
        is_shared, is_right = (is_confirmed(self.number(), field.data) for field in (self.shared, self.confirmed))
        return about | {"shared": is_shared, "confirmed": is_right}

    def number(self) -> Classification:
        """Return what the text is that was entered as the number."""
        code, title = self._carrier()
        number = self.tracking_number.data or ""
        return parcels.classified(parcels.Parcel(carrier=code, title=title, tracking_number=number), self.country)

    def _carrier(self) -> tuple[str, str]:
        title = self.title.data or ""
        return entered(self.carrier.data or (OTHER if title.strip() else ""), title)

    def shared_number(self) -> str:
        """Return the number that is, or is to be, confirmed as shared with another order; else nothing."""
        number = self.number().number
        return number if number and number in {self.asked_shared, self.shared.data} else ""
