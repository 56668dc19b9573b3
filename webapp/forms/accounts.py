"""Forms to connect a seller account, and to replace rotated credentials."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import IntegerField, PasswordField, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.forms.fields import build_choices

_FILL_IN = _l("Please fill this in.")
REGIONS = {
    "EU": _l("Europe, Middle East, Africa, India"),
    "NA": _l("Americas"),
    "FE": _l("Far East, Australia"),
}
BACKFILLS = {
    "0": _l("Only orders placed from now on"),
    "7": _l("The last 7 days"),
    "30": _l("The last 30 days"),
    "90": _l("The last 90 days"),
}
METHODS = {"report": _l("Reports"), "search": _l("Search")}
# What is never written into a page again.
SECRETS = ("client_secret", "refresh_token")


def _trim(text: str | None) -> str:
    return (text or "").strip()


class ConnectForm(FlaskForm):
    """`stored_secrets`: names of stored secrets, which are used again if their field is left empty."""

    name = StringField(_l("Name"), [DataRequired(_FILL_IN)], filters=[_trim])
    region = SelectField(_l("Region"), choices=build_choices(REGIONS))
    seller_id = StringField(_l("Seller ID"), [DataRequired(_FILL_IN)], filters=[_trim])
    client_id = StringField(_l("LWA client ID"), [DataRequired(_FILL_IN)], filters=[_trim])
    client_secret = PasswordField(_l("LWA client secret"))
    refresh_token = PasswordField(_l("Refresh token"))
    endpoint = StringField(_l("Endpoint"), filters=[_trim])
    token_url = StringField(_l("Token URL"), filters=[_trim])

    def __init__(self, *args: Any, stored_secrets: frozenset[str] = frozenset(), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored_secrets = stored_secrets
        for name in SECRETS:
            self[name].flags.required = name not in stored_secrets

    def validate(self, extra_validators: Any = None) -> bool:
        valid: bool = super().validate(extra_validators)
        for name in SECRETS:
            if not self[name].data and name not in self.stored_secrets:
                self[name].errors = [str(_FILL_IN)]
                valid = False
        return valid

    @property
    def entered(self) -> dict[str, str]:
        """Return the entered values by name, without empty secrets."""
        typed = {name: field.data or "" for name, field in self._fields.items() if name != "csrf_token"}
        return {name: value for name, value in typed.items() if value or name not in SECRETS}


class MarketplacesForm(FlaskForm):
    """The second step: `choices` of `marketplaces` are (id, label) from Amazon's response."""

    marketplaces = SelectMultipleField(
        _l("Marketplaces"), option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False)
    )
    backfill_days = RadioField(_l("Orders from before"), choices=build_choices(BACKFILLS), default="30")


class BackfillForm(FlaskForm):
    days = IntegerField(_l("Days back"), [InputRequired(_FILL_IN)], default=730)
    method = RadioField(_l("Read by"), choices=build_choices(METHODS), default="report")


class CredentialsForm(FlaskForm):
    client_secret = PasswordField(_l("New LWA client secret"))
    refresh_token = PasswordField(_l("New refresh token"))
