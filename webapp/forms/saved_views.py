"""Forms to choose a list's columns and to save a view."""

from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.queries.listing import fetch as grid_fetch


class SizeForm(FlaskForm):
    # Ids of their own: the dialog is on the list's page, whose filter form has a field `name` too.
    size = SelectField(_l("Rows on a page"), id="rows-on-a-page")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        usual = SelectChoice("", _("Default (%(size)s)", size=grid_fetch.SIZE))
        self.size.choices = [usual, *(SelectChoice(str(size), str(size)) for size in grid_fetch.SIZES)]


class ViewForm(FlaskForm):
    name = StringField(_l("Name"), [InputRequired(_l("Enter a name for the view."))], id="view-name")
    shared = BooleanField(_l("Share with team"), id="view-shared")


class ChangedViewForm(ViewForm):
    opens = BooleanField(_l("Use as my default"))
