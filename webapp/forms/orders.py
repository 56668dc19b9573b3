"""The filters of the grid of Orders."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from wtforms import SelectChoice

from webapp.domain import order_states
from webapp.forms.filters import (
    AmountField,
    ChoiceField,
    ChoicesField,
    DayField,
    Filters,
    IdField,
    KeywordField,
    NameField,
    in_order,
)
from webapp.labels import LABELS
from webapp.locales import lazy_gettext as _l
from webapp.models.stores import StoreName

_STATES = [SelectChoice(state, LABELS["order_state"][state].text) for state in order_states.STATES]


class OrderFilters(Filters):
    q = KeywordField(_l("Keyword"))
    name = NameField(_l("Name"))
    state = ChoicesField(_l("Status"), choices=_STATES)
    store = ChoiceField(_l("Store"))
    purchased_from = DayField(_l("Purchased from"))
    purchased_to = DayField(_l("Purchased until"))
    total_min = AmountField(_l("Total from"))
    total_max = AmountField(_l("Total up to"))
    customer = IdField(_l("Customer"))

    def __init__(self, *args: Any, stores: Sequence[StoreName], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.store.choices = [SelectChoice("", _("All")), *(SelectChoice(store.slug, store.name) for store in stores)]

    def validate(self, extra_validators: Any = None) -> bool:
        right = super().validate(extra_validators)
        in_order(self, "purchased_from", "purchased_to", _("This day is before the first one."))
        in_order(self, "total_min", "total_max", _("This is less than the least total."))
        return right and not self.errors
