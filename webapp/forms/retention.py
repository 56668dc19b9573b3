"""Form of a retention rule."""

from flask_wtf import FlaskForm
from wtforms import IntegerField
from wtforms.validators import InputRequired

from webapp.core.i18n.locale import lazy_gettext as _l


class RetentionForm(FlaskForm):
    days = IntegerField(_l("Days"), [InputRequired(_l("Enter a whole number."))])
