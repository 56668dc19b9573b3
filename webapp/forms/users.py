"""Forms to sign in and to set a password."""

from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField, RadioField, SelectField
from wtforms.validators import DataRequired, EqualTo

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.domain.users.permissions import ACCOUNTANT, MANAGER, OWNER, PACKER, SUPPORT, VIEWER
from webapp.forms.fields import build_choices

_FILL_IN = _l("Please fill this in.")
CLOCK_NAMES = {"": _l("As usual in the language"), "24": _l("24 hours (14:30)"), "12": _l("12 hours (2:30 PM)")}
THEME_NAMES = {"": _l("System"), "light": _l("Light"), "dark": _l("Dark")}
DENSITY_NAMES = {"": _l("Comfortable"), "compact": _l("Compact")}
ROLE_NAMES = {
    OWNER: _l("Owner"),
    MANAGER: _l("Manager"),
    SUPPORT: _l("Support"),
    PACKER: _l("Packer"),
    ACCOUNTANT: _l("Accountant"),
    VIEWER: _l("Viewer"),
}
ROLE_HINTS = {
    OWNER: _l("Can do everything, including managing users and credentials."),
    MANAGER: _l("Can do everything except managing users, credentials, the mail server and alarms."),
    SUPPORT: _l("Answers buyers: holds, comments, cancels and refunds. Cannot ship or invoice."),
    PACKER: _l("Ships orders and prints documents. Cannot cancel, invoice or refund."),
    ACCOUNTANT: _l("Invoices, and prints and exports documents. Cannot change orders."),
    VIEWER: _l("Can view orders and products, but not buyers' data. Cannot change anything."),
}


class SignInForm(FlaskForm):
    email = EmailField(_l("E-mail address"), [DataRequired(_FILL_IN)])
    password = PasswordField(_l("Password"), [DataRequired(_FILL_IN)])
    next = HiddenField()


class DemoForm(FlaskForm):
    """A form with only a button."""


class PasswordForm(FlaskForm):
    password = PasswordField(_l("New password"), [DataRequired(_FILL_IN)])


class FirstOwnerForm(PasswordForm):
    email = EmailField(_l("E-mail address"), [DataRequired(_FILL_IN)])


class InviteForm(FlaskForm):
    email = EmailField(_l("E-mail address"), [DataRequired(_FILL_IN)])
    role = RadioField(_l("Role"), choices=build_choices(ROLE_NAMES), default=VIEWER)
    hints = ROLE_HINTS


class RoleForm(FlaskForm):
    role = RadioField(_l("Role"), choices=build_choices(ROLE_NAMES))
    hints = ROLE_HINTS


class ChangePasswordForm(FlaskForm):
    current = PasswordField(_l("Current password"), [DataRequired(_FILL_IN)])
    password = PasswordField(_l("New password"), [DataRequired(_FILL_IN)])
    repeated = PasswordField(
        _l("New password again"), [DataRequired(_FILL_IN), EqualTo("password", _l("The two passwords are different."))]
    )


class PreferencesForm(FlaskForm):
    """The view sets the choices of languages and time zones."""

    language = SelectField(_l("Language"))
    time_zone = SelectField(_l("Time zone"))
    clock = SelectField(_l("Clock"), choices=build_choices(CLOCK_NAMES))
    theme = SelectField(_l("Appearance"), choices=build_choices(THEME_NAMES))
    density = SelectField(_l("Rows of lists"), choices=build_choices(DENSITY_NAMES))

    @property
    def entered(self) -> dict[str, str]:
        return {name: field.data or "" for name, field in self._fields.items() if name != "csrf_token"}


# What each kind of link asks for.
BY_LINK: dict[str, type[FlaskForm]] = {"first": FirstOwnerForm, "password": PasswordForm, "demo": DemoForm}
