"""Forms of shipments and parcels: carrier, tracking number and contents."""

from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, FieldList, Form, FormField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.domain.amazon import order_details
from webapp.domain.errors import AppError, InvalidError
from webapp.domain.orders import state_machine as order_states
from webapp.domain.shipping import carriers as shipping_carriers
from webapp.domain.shipping import parcels
from webapp.domain.shipping.carrier_names import find_by_exact_name
from webapp.domain.shipping.tracking.numbers import CARRIER_QUESTIONS, Classification
from webapp.domain.submissions import shipment_confirmation
from webapp.forms.documents import DocumentForm, build_line_form, parse_quantities
from webapp.forms.fields import build_choices
from webapp.models.orders import Order, OrderItem
from webapp.models.shipments import Parcel

OTHER = "other"


def build_carrier_choices(country: str, none: str, chosen: str = "") -> list[SelectChoice]:
    """Build the choices: `none`, the usual ones of the country, the other well-known ones by name, and "other".

    `chosen`: the key of a carrier that is offered in any case.
    """
    usual = shipping_carriers.list_usual_carriers(country)
    others = [row for row in shipping_carriers.CARRIERS if row in shipping_carriers.WELL_KNOWN or row.key == chosen]
    rest = sorted((row for row in others if row not in usual), key=lambda row: row.name.casefold())
    names = {row.key: row.name for row in (*usual, *rest)}
    return build_choices({"": none, **names, OTHER: _("Other carrier")})


def parse_carrier(key: str, title: str) -> tuple[str, str]:
    """Return Amazon's code and the carrier's name of a choice: OTHER with a name, or a carrier's key.

    A name that was typed is looked up: it may be one that Amazon has a code for. Both are empty for no choice.
    """
    carrier = shipping_carriers.BY_KEY.get(key) or (find_by_exact_name(title) if key == OTHER else None)
    if carrier is not None:
        return carrier.code, carrier.name
    return (shipping_carriers.OTHER, " ".join(title.split())) if key == OTHER else ("", "")


def is_confirmed(classification: Classification, number: str | None) -> bool:
    """Return whether the number confirmed on the page equals the entered one."""
    return bool(number) and number == classification.number


class ParcelCorrectionForm(FlaskForm):
    """Correct a parcel that was shipped from `country`.

    `asked_shared`: the number of which a person has to say whether another order is in the parcel too.
    """

    asked_shared = ""

    carrier = SelectField(_l("Carrier"), validate_choice=False)
    title = StringField(_l("Name of the other carrier"))
    shipping_method = StringField(_l("Shipping service"))
    tracking_number = StringField(_l("Tracking number"))
    # A number shared with another order, confirmed by the user.
    shared = StringField(_l("Number of a shared package"))
    # A doubtful number confirmed by the user. A changed one needs a new confirmation.
    confirmed = StringField(_l("Confirmed tracking number"))

    def __init__(self, *args: Any, country: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.country = country
        self.carrier.choices = build_carrier_choices(country, _("Not known"), self.carrier.data or "")

    @classmethod
    def from_parcel(cls, parcel: Parcel, country: str) -> "ParcelCorrectionForm":
        """Create the form from the parcel."""
        carrier = shipping_carriers.find_carrier(parcel.carrier, parcel.title)
        # The list of carriers has one code each; another one of Amazon's is entered by its name.
        is_listed = carrier is not None and shipping_carriers.BY_KEY[carrier.key].code == carrier.code
        title = carrier.code if carrier and carrier.code != shipping_carriers.OTHER else parcel.title
        key = carrier.key if carrier and is_listed else OTHER if parcel.carrier else ""
        data = {"carrier": key, "title": "" if is_listed else title, "tracking_number": parcel.tracking_number}
        data["confirmed"] = parcel.tracking_number if parcel.tracking_warning else ""
        data["shipping_method"] = parcel.shipping_method
        return cls(formdata=None, country=country, data=data)

    def entered(self) -> dict[str, Any]:
        """Return the entered values as arguments of the parcel service's `edit`."""
        code, title = self._carrier()
        number = self.tracking_number.data or ""
        about = {"carrier": code, "title": title, "tracking_number": number}
        about["shipping_method"] = self.shipping_method.data or ""
        is_shared, is_right = (is_confirmed(self.number(), field.data) for field in (self.shared, self.confirmed))
        return about | {"shared": is_shared, "confirmed": is_right}

    def number(self) -> Classification:
        """Classify the entered number."""
        code, title = self._carrier()
        number = self.tracking_number.data or ""
        return parcels.classify_parcel_number(
            parcels.Parcel(carrier=code, title=title, tracking_number=number), self.country
        )

    def _carrier(self) -> tuple[str, str]:
        title = self.title.data or ""
        return parse_carrier(self.carrier.data or (OTHER if title.strip() else ""), title)

    def shared_number(self) -> str:
        """Return the number that is confirmed, or to be confirmed, as shared with another order, if any."""
        number = self.number().number
        return number if number and number in {self.asked_shared, self.shared.data} else ""


# Errors about a tracking number that another parcel has.
_NUMBER_CONFLICTS = frozenset(("tracking_used", "tracking_shared"))
# More parcels than anybody packs for one order.
MAX_PARCELS = 50


class ParcelForm(Form):
    """`carrier` is a key of `shipping.BY_KEY`, OTHER for an unlisted one, or empty to detect it by the number."""

    tracking_number = StringField(_l("Tracking number"))
    carrier = SelectField(_l("Carrier"), validate_choice=False)
    title = StringField(_l("Name of the carrier"))
    shipping_method = StringField(_l("Shipping service"))
    # A number shared with another order, confirmed by the user.
    shared = StringField(_l("Number of a shared package"))
    # A doubtful number confirmed by the user. A changed one needs a new confirmation.
    confirmed = StringField(_l("Confirmed tracking number"))


class ShipmentForm(DocumentForm):
    """`ship_anyway` is required if the buyer has requested cancellation.

    `asked_shared`: the tracking number of which a person has to say whether another order is in the parcel too.
    """

    parcels: FieldList
    ship_anyway = BooleanField(_l("Ship anyway, although the buyer has requested to cancel"))
    asked_shared: str = ""

    def __init__(self, *args: Any, order: Order, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order = order
        self.country = order.store.marketplace.country_code

    def bind_order(self, order: Order) -> None:
        super().bind_order(order)
        carriers = build_carrier_choices(self.country, _("Auto-detect"))
        for entry in self.parcels:
            entry.form.carrier.choices = carriers

    def add(self) -> None:
        """Add an empty parcel."""
        if len(self.parcels.entries) < MAX_PARCELS:
            default_method = shipment_confirmation.default_shipping_method(self.order.amazon_order.service_level)
            self.parcels.append_entry({"shipping_method": default_method})

    def remove(self, place: int) -> None:
        if len(self.parcels.entries) > 1 and 0 <= place < len(self.parcels.entries):
            self.parcels.entries.pop(place)

    def build_parcels(self, *, unknown: str = "") -> list[parcels.Parcel]:
        """Return the entered parcels. `unknown`: the carrier for unrecognized numbers. Raises InvalidError."""
        return [self._parcel(place, unknown) for place in range(len(self.parcels.entries))]

    def classify_numbers(self) -> list[Classification]:
        """Classify the number of each parcel."""
        return [self._classify(entry.form) for entry in self.parcels]

    def show_error(self, error: AppError) -> bool:
        """Show the error at its field; below a number that another order has, offer to confirm the shared parcel."""
        if error.code == "tracking_shared":
            self.asked_shared = error.arguments["number"]
        return super().show_error(error)

    def shared_number(self, place: int) -> str:
        """Return a parcel's number that is confirmed, or to be confirmed, as shared with another order, if any."""
        form = self.parcels.entries[place].form
        number = self._classify(form).number
        return number if number and number in {self.asked_shared, form.shared.data} else ""

    def clear_errors(self) -> None:
        super().clear_errors()
        for entry in self.parcels:
            for field in entry.form:
                field.errors = []

    def find_field(self, error: AppError) -> Field | None:
        if error.code in _NUMBER_CONFLICTS:
            number = error.arguments["number"]
            written = (entry.form for entry in self.parcels)
            return next((form.tracking_number for form in written if self._classify(form).number == number), None)
        name = getattr(error, "field", "")
        if not name.startswith("parcels-"):
            return super().find_field(error)
        _parcels, place, name = name.split("-", 2)
        form = self.parcels.entries[int(place)].form
        if name == "quantities":
            name = f"quantity-{self.order.items[0].id}"
        field: Field | None = form._fields.get(name)
        return field

    def _parcel(self, place: int, unknown: str) -> parcels.Parcel:
        form = self.parcels.entries[place].form
        try:
            quantities = parse_quantities(form, self.order.items)
        except InvalidError as error:
            error.field = f"parcels-{place}-{error.field}"
            raise
        classification = self._classify(form)
        code, title = parse_carrier(form.carrier.data or "", form.title.data or unknown)
        if not code and classification.carrier is not None:
            code, title = classification.carrier.code, classification.carrier.name
        elif not code and classification.number and unknown:
            code, title = shipping_carriers.OTHER, unknown
        elif not code and classification.code in CARRIER_QUESTIONS:
            raise InvalidError(classification.code, field=f"parcels-{place}-carrier", **classification.args)
        is_shared, is_right = (is_confirmed(classification, field.data) for field in (form.shared, form.confirmed))
        return parcels.Parcel(
            quantities,
            code,
            title,
            form.tracking_number.data or "",
            shared=is_shared,
            confirmed=is_right,
            shipping_method=form.shipping_method.data or "",
            transparency_codes={
                line.id: (form[f"transparency-{line.id}"].data or "").split()
                for line in self.order.items
                if f"transparency-{line.id}" in form
            },
        )

    def _classify(self, form: ParcelForm) -> Classification:
        """Classify the number, given the chosen carrier."""
        code, title = parse_carrier(form.carrier.data or "", form.title.data or "")
        draft = parcels.Parcel(carrier=code, title=title, tracking_number=form.tracking_number.data or "")
        return parcels.classify_parcel_number(draft, self.country)


def build_shipment_form(order: Order, **options: Any) -> ShipmentForm:
    """Build the form with one parcel of all remaining units, unless it was submitted."""
    item_details = order_details.load_items(order.amazon_order.details)

    def add_codes_field(line: OrderItem) -> dict[str, Any]:
        details = item_details.get(line.order_item_id, order_details.NO_ITEM_DETAILS)
        needs_codes = order_details.TRANSPARENCY in details.programs
        return {f"transparency-{line.id}": TextAreaField(_l("Transparency codes"))} if needs_codes else {}

    parcel = build_line_form(ParcelForm, order.items, add_codes_field)
    fields = {"parcels": FieldList(FormField(parcel), min_entries=1)}
    form: ShipmentForm = type("ShipmentForm", (ShipmentForm,), fields)(order=order, **options)
    if not form.is_submitted():
        for line in order.items:
            form.parcels.entries[0].form[f"quantity-{line.id}"].data = str(order_states.count_left_to_ship(line))
        default_method = shipment_confirmation.default_shipping_method(order.amazon_order.service_level)
        form.parcels.entries[0].form.shipping_method.data = default_method
    return form
