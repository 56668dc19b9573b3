"""The filters of the submissions."""

from collections.abc import Sequence
from typing import Any

from webapp.domain import submissions
from webapp.forms.choices import choices
from webapp.forms.filters import ChoiceField, Filters, NumberField, SwitchField
from webapp.labels import LABELS
from webapp.locales import lazy_gettext as _l
from webapp.models.accounts import Account

_ALL = {"": _l("All")}
_STATES = {state: LABELS["submission_state"][state].text for state in submissions.STATES}
_KINDS = {kind: row.text for kind, row in LABELS["submission_kind"].items()}


class SubmissionFilters(Filters):
    number = NumberField(_l("Amazon order number"))
    state = ChoiceField(_l("State"), choices=choices(_ALL | _STATES))
    kind = ChoiceField(_l("Kind"), choices=choices(_ALL | _KINDS))
    account = ChoiceField(_l("Account"))
    open = SwitchField(_l("Open only"))

    def __init__(self, *args: Any, accounts: Sequence[Account], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account.choices = choices(_ALL | {str(account.id): account.name for account in accounts})
