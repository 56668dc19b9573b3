"""The filters of the refund check."""

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.forms.fields import build_choices
from webapp.forms.filters import AccountFilters, ChoiceField, NumberField, SwitchField
from webapp.messages.status_labels import LABELS

_KINDS = {"": _l("All")} | {kind: row.text for kind, row in LABELS["refund_finding"].items()}


class RefundFindingFilters(AccountFilters):
    number = NumberField(_l("Amazon order number"))
    kind = ChoiceField(_l("Finding"), choices=build_choices(_KINDS))
    account = ChoiceField(_l("Account"))
    unresolved = SwitchField(_l("Not checked yet"))
