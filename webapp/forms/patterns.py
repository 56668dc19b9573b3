"""The sample form of the pattern page: one field of each kind."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from webapp.core.i18n.locale import lazy_gettext as _l


class SampleForm(FlaskForm):
    name = StringField(_l("Name"), [DataRequired(_l("Enter a name.")), Length(max=40)])
    region = SelectField(
        _l("Region"), choices=[SelectChoice("EU", _l("Europe")), SelectChoice("NA", _l("North America"))]
    )
    customer = RadioField(
        _l("Customer creation"),
        choices=[SelectChoice("guest", _l("Guest")), SelectChoice("account", _l("Create a customer account"))],
        default="guest",
    )
    enabled = BooleanField(_l("Import Amazon orders"), default=True)
    comment = TextAreaField(_l("Comment"))
