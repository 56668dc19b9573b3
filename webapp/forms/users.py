"""The forms by which people come in."""

from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField
from wtforms.validators import DataRequired

from webapp.locales import lazy_gettext as _l

_FILL_IN = _l("Please fill this in.")


class SignInForm(FlaskForm):
    email = EmailField(_l("E-mail address"), [DataRequired(_FILL_IN)])
    password = PasswordField(_l("Password"), [DataRequired(_FILL_IN)])
    next = HiddenField()


class DemoForm(FlaskForm):
    """Nothing but the button."""


class PasswordForm(FlaskForm):
    password = PasswordField(_l("New password"), [DataRequired(_FILL_IN)])


class FirstOwnerForm(PasswordForm):
    email = EmailField(_l("E-mail address"), [DataRequired(_FILL_IN)])


# What each kind of link asks for.
BY_LINK: dict[str, type[FlaskForm]] = {"first": FirstOwnerForm, "password": PasswordForm, "demo": DemoForm}
