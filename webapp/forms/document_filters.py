"""The filters of the lists of invoices, shipments, credit memos, returns and customers."""

from wtforms import SelectChoice

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.forms.filters import (
    AmountField,
    ChoiceField,
    ChoicesField,
    DayField,
    KeywordField,
    NameField,
    NumberField,
    StoreFilters,
)
from webapp.messages.status_labels import LABELS

_MEMO_STATES = [SelectChoice(state, label.text) for state, label in LABELS["credit_memo_state"].items()]

_RETURN_STATES = [SelectChoice(state, label.text) for state, label in LABELS["return_state"].items()]


class DocumentFilters(StoreFilters):
    store = ChoiceField(_l("Store"))
    q = KeywordField(_l("Keyword"))
    name = NameField(_l("Name"))
    created_from = DayField(_l("Created from"))
    created_to = DayField(_l("Created until"))


class InvoiceFilters(DocumentFilters):
    total_min = AmountField(_l("Total from"))
    total_max = AmountField(_l("Total up to"))


class CreditMemoFilters(InvoiceFilters):
    memo_state = ChoicesField(_l("Status"), choices=_MEMO_STATES)


class ShipmentFilters(DocumentFilters):
    tracking = NumberField(_l("Tracking number"))


class ReturnFilters(StoreFilters):
    q = NumberField(_l("Keyword"))
    state = ChoicesField(_l("Status"), choices=_RETURN_STATES)
    store = ChoiceField(_l("Store"))
    requested_from = DayField(_l("Requested from"))
    requested_to = DayField(_l("Requested until"))


class CustomerFilters(StoreFilters):
    store = ChoiceField(_l("Store"))
    email = NameField(_l("E-mail"))
    name = NameField(_l("Name"))
    since_from = DayField(_l("Customer since"))
    since_to = DayField(_l("Customer until"))
