"""Forms for Amazon orders: the filters of the grid, the delivery address, the cancellation reason."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import RadioField, SelectChoice, StringField
from wtforms.validators import InputRequired

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.domain.amazon import statuses
from webapp.domain.common import addresses
from webapp.domain.submissions import cancellation
from webapp.forms.filters import (
    HANDLING,
    AmountField,
    ChoiceField,
    ChoicesField,
    DayField,
    KeywordField,
    NameField,
    NumberField,
    StoreFilters,
    SwitchField,
)
from webapp.messages import text_for
from webapp.messages.status_labels import LABELS

_STATUSES = [SelectChoice(status, LABELS["amazon_status"][status].text) for status in statuses.KNOWN]


class AmazonOrderFilters(StoreFilters):
    q = KeywordField(_l("Keyword"))
    number = NumberField(_l("Order number"))
    buyer = NameField(_l("Buyer"))
    status = ChoicesField(_l("Status"), choices=_STATUSES)
    store = ChoiceField(_l("Store"))
    purchased_from = DayField(_l("Purchased from"))
    purchased_to = DayField(_l("Purchased until"))
    total_min = AmountField(_l("Total from"))
    total_max = AmountField(_l("Total up to"))
    channel = ChoiceField(
        _l("Channel"),
        choices=[
            SelectChoice("", _l("All")),
            SelectChoice(statuses.MERCHANT, "FBM"),
            SelectChoice(statuses.AMAZON, "FBA"),
        ],
    )
    prime = SwitchField(_l("Prime"))
    business = SwitchField(_l("Business"))
    blocked = SwitchField(_l("Not imported"))
    handling = ChoiceField(_l("Special handling"), choices=HANDLING)


class AddressForm(FlaskForm):
    """The editable fields of `domain/common/addresses`, which validates them."""

    name = StringField(_l("Recipient's name"))
    company = StringField(_l("Company"))
    line1 = StringField(_l("Address line 1"))
    line2 = StringField(_l("Address line 2"))
    line3 = StringField(_l("Address line 3"))
    postal_code = StringField(_l("Postal code"))
    city = StringField(_l("City"))
    district = StringField(_l("District or county"))
    region = StringField(_l("State or region"))
    country_code = StringField(_l("Country (two letters)"))
    phone = StringField(_l("Telephone"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in addresses.REQUIRED:
            self[name].flags.required = True

    def entered(self) -> dict[str, str]:
        return {name: self[name].data or "" for name in addresses.EDITABLE}


class CancellationForm(FlaskForm):
    reason = RadioField(
        _l("Reason for cancellation"),
        [InputRequired(_l("Choose a reason. Amazon requires one."))],
        choices=[],
        validate_choice=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reason.choices = [SelectChoice(row.code, text_for(f"reason_{row.code}")) for row in cancellation.REASONS]
