"""Forms of shipping labels: the package, the sender address, presets, and the choice for many orders."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectField, StringField

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.domain.errors import InvalidError
from webapp.domain.shipping import labels as domain
from webapp.domain.shipping.labels import Package, SenderAddress
from webapp.forms.fields import build_choices
from webapp.models.shipping_labels import LabelSender, PackagePreset

UNITS = build_choices({domain.CENTIMETERS: _l("cm"), domain.INCHES: _l("in")})
WEIGHT_UNITS = build_choices({domain.GRAMS: _l("g"), domain.OUNCES: _l("oz")})
FORMATS = build_choices({domain.PDF: _l("PDF"), domain.ZPL: _l("ZPL (label printer)")})
RULES = build_choices(
    {
        domain.CHEAPEST_IN_TIME: _l("Cheapest service that arrives in time"),
        domain.CHEAPEST: _l("Cheapest service"),
    }
)
NO_PRESET = ""


class PackageForm(FlaskForm):
    """A package, entered or by preset, and the format of its label."""

    preset = SelectField(_l("Package"), validate_choice=False)
    length = StringField(_l("Length"))
    width = StringField(_l("Width"))
    height = StringField(_l("Height"))
    unit = SelectField(_l("Unit"), choices=UNITS, validate_choice=False)
    weight = StringField(_l("Weight"))
    weight_unit = SelectField(_l("Unit of weight"), choices=WEIGHT_UNITS, validate_choice=False)
    label_format = RadioField(_l("Label format"), choices=FORMATS, validate_choice=False, default=domain.PDF)
    ship_anyway = BooleanField(_l("Buy anyway, although the buyer has requested to cancel"))

    def __init__(self, *args: Any, presets: Sequence[PackagePreset] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.presets = {str(preset.id): preset for preset in presets}
        names = {id_: describe_preset(preset) for id_, preset in self.presets.items()}
        self.preset.choices = build_choices({NO_PRESET: _("Other size"), **names})

    def read_package(self) -> Package:
        """Return the package of the preset, or the entered one. Raises InvalidError naming the field."""
        if self.preset.data:
            preset = self.presets.get(self.preset.data)
            if preset is None:
                raise InvalidError("label_preset_unknown", field="preset")
            return preset.size
        return read_package(self)


class PresetForm(FlaskForm):
    """A new package preset."""

    name = StringField(_l("Name"))
    length = StringField(_l("Length"))
    width = StringField(_l("Width"))
    height = StringField(_l("Height"))
    unit = SelectField(_l("Unit"), choices=UNITS, validate_choice=False)
    weight = StringField(_l("Weight"))
    weight_unit = SelectField(_l("Unit of weight"), choices=WEIGHT_UNITS, validate_choice=False)


class SenderForm(FlaskForm):
    """The address that labels are sent from."""

    name = StringField(_l("Name or company"))
    line1 = StringField(_l("Street and number"))
    line2 = StringField(_l("Address line 2"))
    postal_code = StringField(_l("Postal code"))
    city = StringField(_l("City"))
    region = StringField(_l("State or county"))
    country_code = StringField(_l("Country code"))
    email = StringField(_l("E-mail"))
    phone = StringField(_l("Phone"))

    @classmethod
    def from_sender(cls, sender: LabelSender | None, country: str) -> "SenderForm":
        """Create the form from the stored address; `country` is that of the store."""
        names = SenderAddress.__slots__
        data = {name: getattr(sender, name) for name in names} if sender is not None else {"country_code": country}
        return cls(formdata=None, data=data)

    def read_address(self) -> SenderAddress:
        return SenderAddress(**{name: self[name].data or "" for name in SenderAddress.__slots__})


class BuyLabelsForm(FlaskForm):
    """Labels for many orders: one package and a rule."""

    preset = SelectField(_l("Package"), validate_choice=False)
    rule = RadioField(_l("Service"), choices=RULES, validate_choice=False, default=domain.CHEAPEST_IN_TIME)
    label_format = RadioField(_l("Label format"), choices=FORMATS, validate_choice=False, default=domain.PDF)

    def fill_presets(self, presets: Sequence[PackagePreset]) -> None:
        """Offer these presets, with the names of their stores."""
        names = {str(preset.id): f"{preset.store.name}: {describe_preset(preset)}" for preset in presets}
        self.preset.choices = build_choices({NO_PRESET: _("Choose a package"), **names})

    def validate(self, extra_validators: Any = None) -> bool:
        is_valid = bool(super().validate(extra_validators))
        if not (self.preset.data or "").isdecimal():
            self.preset.errors = [_("Choose a package. Add presets in the store's label settings.")]
            is_valid = False
        if self.rule.data not in domain.RULES or self.label_format.data not in domain.FORMATS:
            self.rule.errors = [_("Choose a rule and a format.")]
            is_valid = False
        return is_valid

    def args(self) -> dict[str, Any]:
        return {"preset": int(self.preset.data), "rule": self.rule.data, "label_format": self.label_format.data}


def read_package(form: Any) -> Package:
    """Return the package whose size is in the fields of a form. Raises InvalidError naming the field."""
    sizes = {name: _read_number(form, name) for name in ("length", "width", "height", "weight")}
    package = Package(unit=form.unit.data or "", weight_unit=form.weight_unit.data or "", **sizes)
    return domain.check_package(package)


def describe_preset(preset: PackagePreset) -> str:
    """Return the name, size and weight of a preset in one line."""
    return f"{preset.name} ({describe_package(preset.size)})"


def describe_package(package: Package) -> str:
    unit = {domain.CENTIMETERS: _("cm"), domain.INCHES: _("in")}.get(package.unit, package.unit)
    size = " × ".join(f"{value:g}" for value in (package.length, package.width, package.height))
    return f"{size} {unit}, {package.weight:g} {package.weight_unit}"


def _read_number(form: Any, name: str) -> float:
    text = (form[name].data or "").strip().replace(",", ".")
    try:
        return float(text)
    except ValueError:
        most = domain.MAX_WEIGHT if name == "weight" else domain.MAX_LENGTH
        raise InvalidError("label_size_invalid", field=name, most=most) from None
