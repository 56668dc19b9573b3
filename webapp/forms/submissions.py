"""The filters of the submissions."""

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.domain.submissions import state_machine as submission_states
from webapp.forms.fields import build_choices
from webapp.forms.filters import AccountFilters, ChoiceField, NumberField, SwitchField
from webapp.messages.status_labels import LABELS

_ALL = {"": _l("All")}
_STATES = {state: LABELS["submission_state"][state].text for state in submission_states.STATES}
_KINDS = {kind: row.text for kind, row in LABELS["submission_kind"].items()}


class SubmissionFilters(AccountFilters):
    number = NumberField(_l("Amazon order number"))
    state = ChoiceField(_l("State"), choices=build_choices(_ALL | _STATES))
    kind = ChoiceField(_l("Kind"), choices=build_choices(_ALL | _KINDS))
    account = ChoiceField(_l("Account"))
    open = SwitchField(_l("Open only"))
