"""A new shipment: parcels, each with a carrier, a number and pieces of the Order's lines."""

from typing import Any

from flask_babel import gettext as _
from wtforms import BooleanField, Field, FieldList, Form, FormField, SelectField, StringField

from webapp.domain import order_states, parcels, shipping
from webapp.domain.errors import DeskError, InvalidError
from webapp.domain.tracking_numbers import CARRIER_QUESTIONS, Classification
from webapp.forms.carriers import carriers, entered, is_confirmed
from webapp.forms.documents import DocumentForm, no_more, pieces, with_lines
from webapp.locales import lazy_gettext as _l
from webapp.models.orders import Order

# Errors about a tracking number that another parcel has.
_OF_OTHERS = frozenset(("tracking_used", "tracking_shared"))
# More parcels than anybody packs for one order.
MOST = 50


class ParcelForm(Form):
    """`carrier` is a key of `shipping.BY_KEY`, OTHER for one that has none, or empty: the number says it."""

    tracking_number = StringField(_l("Tracking number"))
    carrier = SelectField(_l("Carrier"), validate_choice=False)
    title = StringField(_l("Name of the carrier"))
    # The number that another order has too, where a person says that both are in this parcel.
    shared = StringField(_l("Number of a shared parcel"))
    # The number that is taken although it is a question: one that is changed afterwards is asked about again.
    confirmed = StringField(_l("Confirmed tracking number"))


class ShipmentForm(DocumentForm):
    """`ship_anyway` is asked for where the buyer has asked to cancel the order.

    `asked_shared`: the tracking number of which a person has to say whether another order is in the parcel too.
    """

    parcels: FieldList
    ship_anyway = BooleanField(_l("Ship anyway, although the buyer has asked to cancel"))
    asked_shared: str = ""

    def __init__(self, *args: Any, order: Order, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order = order
        self.country = order.store.marketplace.country_code

    def fresh(self, order: Order) -> None:
        super().fresh(order)
        known = carriers(self.country, _("Recognise it from the number"))
        for entry in self.parcels:
            entry.form.carrier.choices = known

    def add(self) -> None:
        """One parcel more, with nothing in it yet."""
        if len(self.parcels.entries) < MOST:
            self.parcels.append_entry()

    def remove(self, place: int) -> None:
        if len(self.parcels.entries) > 1 and 0 <= place < len(self.parcels.entries):
            self.parcels.entries.pop(place)

    def packed(self, *, unknown: str = "") -> list[parcels.Parcel]:
        """What was entered. `unknown`: the carrier of a number nobody is known to give. Raises InvalidError."""
        return [self._parcel(place, unknown) for place in range(len(self.parcels.entries))]

    def numbers(self) -> list[Classification]:
        """Return what the text is that was entered as the number of each parcel."""
        return [self._classified(entry.form) for entry in self.parcels]

    def tell(self, error: DeskError) -> bool:
        """Show the error at its field; below a number that another order has, offer to confirm the shared parcel."""
        if error.code == "tracking_shared":
            self.asked_shared = error.arguments["number"]
        return super().tell(error)

    def shared_number(self, place: int) -> str:
        """Return the number of a parcel that is, or is to be, confirmed as shared with another order; else nothing."""
        form = self.parcels.entries[place].form
        number = self._classified(form).number
        return number if number and number in {self.asked_shared, form.shared.data} else ""

    def forgive(self) -> None:
        super().forgive()
        for entry in self.parcels:
            for field in entry.form:
                field.errors = []

    def culprit(self, error: DeskError) -> Field | None:
        if error.code in _OF_OTHERS:
            number = error.arguments["number"]
            written = (entry.form for entry in self.parcels)
            return next((form.tracking_number for form in written if self._classified(form).number == number), None)
        name = getattr(error, "field", "")
        if not name.startswith("parcels-"):
            return super().culprit(error)
        _parcels, place, name = name.split("-", 2)
        form = self.parcels.entries[int(place)].form
        if name == "quantities":
            name = f"quantity-{self.order.items[0].id}"
        found: Field | None = form._fields.get(name)
        return found

    def _parcel(self, place: int, unknown: str) -> parcels.Parcel:
        form = self.parcels.entries[place].form
        try:
            inside = pieces(form, self.order.items)
        except InvalidError as error:
            error.field = f"parcels-{place}-{error.field}"
            raise
        found = self._classified(form)
        code, title = entered(form.carrier.data or "", form.title.data or unknown)
        if not code and found.carrier is not None:
            code, title = found.carrier.code, found.carrier.name
        elif not code and found.number and unknown:
            code, title = shipping.OTHER, unknown
        elif not code and found.code in CARRIER_QUESTIONS:
            raise InvalidError(found.code, field=f"parcels-{place}-carrier", **found.args)
        is_shared, is_right = (is_confirmed(found, field.data) for field in (form.shared, form.confirmed))
        number = form.tracking_number.data or ""
        return parcels.Parcel(inside, code, title, number, shared=is_shared, confirmed=is_right)

    def _classified(self, form: ParcelForm) -> Classification:
        """Return what the number is, given the carrier that was chosen."""
        code, title = entered(form.carrier.data or "", form.title.data or "")
        draft = parcels.Parcel(carrier=code, title=title, tracking_number=form.tracking_number.data or "")
        return parcels.classified(draft, self.country)


def shipment_form(order: Order, **options: Any) -> ShipmentForm:
    """One parcel with all that is left, unless something was sent."""
    parcel = with_lines(ParcelForm, order.items, no_more)
    fields = {"parcels": FieldList(FormField(parcel), min_entries=1)}
    form: ShipmentForm = type("ShipmentForm", (ShipmentForm,), fields)(order=order, **options)
    if not form.is_submitted():
        for line in order.items:
            form.parcels.entries[0].form[f"quantity-{line.id}"].data = str(order_states.left_to_ship(line))
    return form
