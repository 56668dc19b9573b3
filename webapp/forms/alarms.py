"""Settings of alarms."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, StringField, TextAreaField

from webapp.core.i18n.locale import lazy_gettext as _l


class AlarmForm(FlaskForm):
    recipients = TextAreaField(_l("E-mail addresses"))
    webhook_url = StringField(_l("Webhook"))
    webhook_secret = StringField(_l("Secret of the webhook"))
    ping_url = StringField(_l("Dead man's switch"))
    quiet_from = StringField(_l("Quiet from"))
    quiet_until = StringField(_l("Quiet until"))
    time_zone = StringField(_l("Time zone"))
    quiet_holds_failures = BooleanField(_l("Hold back failures as well"))
