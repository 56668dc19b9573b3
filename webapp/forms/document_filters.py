"""The filters of the lists of invoices, shipments, credit memos and customers."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from wtforms import SelectChoice

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.forms.filters import (
    AmountField,
    ChoiceField,
    ChoicesField,
    DayField,
    Filters,
    KeywordField,
    NameField,
    NumberField,
    in_order,
)
from webapp.messages.status_labels import LABELS
from webapp.models.stores import StoreName

_MEMO_STATES = [SelectChoice(state, label.text) for state, label in LABELS["credit_memo_state"].items()]


class _OfStores(Filters):
    """What belongs to a store and was made on a day."""

    store = ChoiceField(_l("Store"))

    def __init__(self, *args: Any, stores: Sequence[StoreName], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.store.choices = [SelectChoice("", _("All")), *(SelectChoice(store.slug, store.name) for store in stores)]


class DocumentFilters(_OfStores):
    q = KeywordField(_l("Keyword"))
    name = NameField(_l("Name"))
    created_from = DayField(_l("Made from"))
    created_to = DayField(_l("Made until"))

    def validate(self, extra_validators: Any = None) -> bool:
        right = super().validate(extra_validators)
        in_order(self, "created_from", "created_to", _("This day is before the first one."))
        if "total_min" in self:
            in_order(self, "total_min", "total_max", _("This is less than the least total."))
        return right and not self.errors


class InvoiceFilters(DocumentFilters):
    total_min = AmountField(_l("Total from"))
    total_max = AmountField(_l("Total up to"))


class CreditMemoFilters(InvoiceFilters):
    memo_state = ChoicesField(_l("Status"), choices=_MEMO_STATES)


class ShipmentFilters(DocumentFilters):
    tracking = NumberField(_l("Tracking number"))


class CustomerFilters(_OfStores):
    email = NameField(_l("E-mail"))
    name = NameField(_l("Name"))
    since_from = DayField(_l("Customer since"))
    since_to = DayField(_l("Customer until"))

    def validate(self, extra_validators: Any = None) -> bool:
        right = super().validate(extra_validators)
        in_order(self, "since_from", "since_to", _("This day is before the first one."))
        return right and not self.errors
