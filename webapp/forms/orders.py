"""Forms for orders, and the filters of their grid."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import LazyString
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.widgets import DateTimeLocalInput

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.domain.errors import InvalidError
from webapp.domain.orders import state_machine as order_states
from webapp.domain.orders import work
from webapp.forms.fields import build_choices
from webapp.forms.filters import (
    HANDLING,
    AmountField,
    ChoiceField,
    ChoicesField,
    DayField,
    IdField,
    KeywordField,
    NameField,
    StoreFilters,
    SwitchField,
    WordsField,
)
from webapp.messages.status_labels import LABELS

_STATES = [SelectChoice(state, LABELS["order_state"][state].text) for state in order_states.STATES]
_SHIP_BY = [SelectChoice("", _l("All")), *(SelectChoice(name, LABELS["ship_by"][name].text) for name in work.SHIP_BY)]


class OrderFilters(StoreFilters):
    q = KeywordField(_l("Keyword"))
    name = NameField(_l("Name"))
    sku = WordsField(_l("SKU"))
    state = ChoicesField(_l("Status"), choices=_STATES)
    store = ChoiceField(_l("Store"))
    ship_by = ChoiceField(_l("Ship by"), choices=_SHIP_BY)
    purchased_from = DayField(_l("Purchased from"))
    purchased_to = DayField(_l("Purchased until"))
    total_min = AmountField(_l("Total from"))
    total_max = AmountField(_l("Total up to"))
    customer = IdField(_l("Customer"))
    cancel_requested = SwitchField(_l("Buyer requested cancellation"))
    handling = ChoiceField(_l("Special handling"), choices=HANDLING)


class CommentForm(FlaskForm):
    comment = TextAreaField(_l("Comment"))
    notify = BooleanField(_l("Notify the customer by e-mail"))


class NoteForm(CommentForm):
    """A comment with a sub-status for the order. `words`: the possible ones, "" for the state's own."""

    status = SelectField(_l("Status"), validate_choice=False)

    def __init__(self, *args: Any, words: Mapping[str, str | LazyString], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.status.choices = build_choices(words)


class HoldForm(FlaskForm):
    """`zone`: the IANA name of the time zone of `until`."""

    reason = TextAreaField(_l("Reason"))
    until = StringField(_l("Until"), widget=DateTimeLocalInput())

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        self.reason.flags.required = True

    def instant(self) -> datetime | None:
        """Return the entered time, None if empty. Raises InvalidError."""
        text = (self.until.data or "").strip()
        if not text:
            return None
        try:
            local = datetime.fromisoformat(text)
        except ValueError:
            raise InvalidError("hold_until_unreadable", field="until", text=text[:40]) from None
        return local if local.tzinfo else local.replace(tzinfo=ZoneInfo(self.zone))
