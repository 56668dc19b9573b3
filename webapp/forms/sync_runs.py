"""The filters of the sync runs and of the quarantine."""

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.forms.fields import build_choices
from webapp.forms.filters import AccountFilters, ChoiceField, DayField, NumberField, SwitchField
from webapp.messages.status_labels import LABELS

_ALL = {"": _l("All")}
_OUTCOMES = {state: LABELS["run_state"][state].text for state in ("running", "done", "failed", "lost")}


class SyncRunFilters(AccountFilters):
    account = ChoiceField(_l("Account"))
    outcome = ChoiceField(_l("Outcome"), choices=build_choices(_ALL | _OUTCOMES))
    started_from = DayField(_l("Started from"))
    started_to = DayField(_l("Started until"))


class QuarantineFilters(AccountFilters):
    account = ChoiceField(_l("Account"))
    number = NumberField(_l("Amazon order number"))
    waiting = SwitchField(_l("Not readable yet"))
