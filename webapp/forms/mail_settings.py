"""How mails leave the house: server, sender, a test; and the templates."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, RadioField, StringField, TextAreaField

from webapp.forms.choices import choices
from webapp.locales import lazy_gettext as _l

SECURITIES = {
    "starttls": _l("STARTTLS"),
    "tls": _l("TLS"),
    "none": _l("None"),
}


class ServerForm(FlaskForm):
    host = StringField(_l("Server"))
    port = StringField(_l("Port"))
    security = RadioField(_l("Encryption"), choices=choices(SECURITIES))
    username = StringField(_l("User name"))
    password = PasswordField(_l("Password"))
    plain_sign_in = BooleanField(_l("Allow to send the password without encryption"))
    address = StringField(_l("Sender's address"))
    name = StringField(_l("Sender's name"))
    reply_to = StringField(_l("Answers go to"))


class SenderForm(FlaskForm):
    address = StringField(_l("Sender's address"))
    name = StringField(_l("Sender's name"))
    reply_to = StringField(_l("Answers go to"))


class TestMailForm(FlaskForm):
    # pytest would take it for a test.
    __test__ = False

    to = StringField(_l("Send a test mail to"))


class TemplateForm(FlaskForm):
    """`order` is the number of an Order to preview with; empty for the sample."""

    subject = StringField(_l("Subject"))
    body = TextAreaField(_l("Text"))
    order = StringField(_l("Preview with Order"))
