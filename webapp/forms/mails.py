"""Forms to write a mail or a message to a buyer, and the filters of their lists."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, PasswordField, RadioField, StringField, TextAreaField

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.domain.mail import state_machine as mail_states
from webapp.domain.mail.amazon_messages import LIMITS
from webapp.forms.fields import build_choices
from webapp.forms.filters import ChoiceField, ChoicesField, NumberField, StoreFilters
from webapp.messages.status_labels import LABELS

_ALL = {"": _l("All")}
_STATES = {state: LABELS["mail_state"][state].text for state in mail_states.STATES}
_KINDS = {kind: row.text for kind, row in LABELS["mail_kind"].items()}


class MailForm(FlaskForm):
    """`what` is a kind of mail, with the id of its document behind a dash: `order`, `invoice-12`.

    `force` is shown where the text has links that lead away from Amazon.
    """

    what = HiddenField()
    idempotency_key = HiddenField()
    subject = StringField(_l("Subject"))
    body = TextAreaField(_l("Text"))
    attach = BooleanField(_l("Attach the document as PDF"))
    force = BooleanField(_l("Send anyway"))


class MessageForm(FlaskForm):
    """`kind` offers the messages Amazon allows for the order."""

    idempotency_key = HiddenField()
    kind = RadioField(_l("Type"))
    text = TextAreaField(_l("Text"))

    def __init__(self, *args: Any, kinds: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = [
            (kind, _("%(kind)s (at most %(most)s characters)", kind=_KINDS[kind], most=LIMITS[kind])) for kind in kinds
        ]


class MailFilters(StoreFilters):
    number = NumberField(_l("Order number"))
    state = ChoicesField(_l("State"), choices=build_choices(_STATES))
    kind = ChoiceField(_l("Kind"), choices=build_choices(_ALL | _KINDS))
    store = ChoiceField(_l("Store"))


SECURITIES = {
    "starttls": _l("STARTTLS"),
    "tls": _l("TLS"),
    "none": _l("None"),
}


class ServerForm(FlaskForm):
    host = StringField(_l("Server"))
    port = StringField(_l("Port"))
    security = RadioField(_l("Encryption"), choices=build_choices(SECURITIES))
    username = StringField(_l("User name"))
    password = PasswordField(_l("Password"))
    plain_sign_in = BooleanField(_l("Allow to send the password without encryption"))
    address = StringField(_l("Sender's address"))
    name = StringField(_l("Sender's name"))
    reply_to = StringField(_l("Reply-to address"))


class SenderForm(FlaskForm):
    address = StringField(_l("Sender's address"))
    name = StringField(_l("Sender's name"))
    reply_to = StringField(_l("Reply-to address"))


class TestMailForm(FlaskForm):
    # pytest would take it for a test.
    __test__ = False

    to = StringField(_l("Send a test e-mail to"))


class TemplateForm(FlaskForm):
    """`order` is the number of an order for the preview; empty for the sample."""

    subject = StringField(_l("Subject"))
    body = TextAreaField(_l("Text"))
    order = StringField(_l("Preview with order"))
