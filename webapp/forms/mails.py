"""Writing a mail or a message to a buyer, and the filters of what was written."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, StringField, TextAreaField

from webapp.domain import mails
from webapp.domain.buyer_messages import LIMITS
from webapp.forms.choices import choices
from webapp.forms.filters import ChoiceField, ChoicesField, Filters, NumberField
from webapp.labels import LABELS
from webapp.locales import lazy_gettext as _l
from webapp.models.stores import StoreName

_ALL = {"": _l("All")}
_STATES = {state: LABELS["mail_state"][state].text for state in mails.STATES}
_KINDS = {kind: row.text for kind, row in LABELS["mail_kind"].items()}


class MailForm(FlaskForm):
    """`what` is a kind of mail, with the id of its document behind a dash: `order`, `invoice-12`.

    `anyway` is asked where the text leads away from Amazon.
    """

    what = HiddenField()
    once = HiddenField()
    subject = StringField(_l("Subject"))
    body = TextAreaField(_l("Text"))
    attach = BooleanField(_l("Attach the document as PDF"))
    anyway = BooleanField(_l("Send it all the same"))


class MessageForm(FlaskForm):
    """`kind` offers what Amazon allows for the order."""

    once = HiddenField()
    kind = RadioField(_l("What it is about"))
    text = TextAreaField(_l("Text"))

    def __init__(self, *args: Any, kinds: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = [
            (kind, _("%(kind)s (at most %(most)s characters)", kind=_KINDS[kind], most=LIMITS[kind])) for kind in kinds
        ]


class MailFilters(Filters):
    number = NumberField(_l("Order number"))
    state = ChoicesField(_l("State"), choices=choices(_STATES))
    kind = ChoiceField(_l("Kind"), choices=choices(_ALL | _KINDS))
    store = ChoiceField(_l("Store"))

    def __init__(self, *args: Any, stores: Sequence[StoreName], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.store.choices = choices(_ALL | {store.slug: store.name for store in stores})
