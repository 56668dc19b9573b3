"""The filters of the sync runs and of the quarantine."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.forms.fields import choices
from webapp.forms.filters import ChoiceField, DayField, Filters, NumberField, SwitchField, in_order
from webapp.messages.status_labels import LABELS
from webapp.models.accounts import Account

_ALL = {"": _l("All")}
_OUTCOMES = {state: LABELS["run_state"][state].text for state in ("running", "done", "failed", "lost")}


class _OfAccounts(Filters):
    account = ChoiceField(_l("Account"))

    def __init__(self, *args: Any, accounts: Sequence[Account], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account.choices = choices(_ALL | {str(account.id): account.name for account in accounts})


class SyncRunFilters(_OfAccounts):
    outcome = ChoiceField(_l("Outcome"), choices=choices(_ALL | _OUTCOMES))
    started_from = DayField(_l("Started from"))
    started_to = DayField(_l("Started until"))

    def validate(self, extra_validators: Any = None) -> bool:
        right = super().validate(extra_validators)
        in_order(self, "started_from", "started_to", _("This day is before the first one."))
        return right and not self.errors


class QuarantineFilters(_OfAccounts):
    number = NumberField(_l("Amazon order number"))
    waiting = SwitchField(_l("Not read so far"))
