"""The one box over everything."""

from flask_babel import lazy_gettext as _l

from webapp.forms.filters import Filters, NameField


class SearchForm(Filters):
    q = NameField(_l("Search"))
