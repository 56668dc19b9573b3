"""Forms to sign in and to set a password."""

from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField, RadioField
from wtforms.validators import DataRequired

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.domain.users.permissions import OWNER, VIEWER
from webapp.forms.fields import build_choices

_FILL_IN = _l("Please fill this in.")
ROLE_NAMES = {OWNER: _l("Owner"), VIEWER: _l("Viewer")}


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


class RoleForm(FlaskForm):
    role = RadioField(_l("Role"), choices=build_choices(ROLE_NAMES))


# What each kind of link asks for.
BY_LINK: dict[str, type[FlaskForm]] = {"first": FirstOwnerForm, "password": PasswordForm, "demo": DemoForm}
