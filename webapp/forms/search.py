"""The one box over everything."""

from webapp.forms.filters import Filters, NameField
from webapp.locales import lazy_gettext as _l


class SearchForm(Filters):
    q = NameField(_l("Search"))
