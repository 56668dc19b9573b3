"""The one box over everything."""

from webapp.forms.filters import Filters, KeywordField
from webapp.locales import lazy_gettext as _l


class SearchForm(Filters):
    q = KeywordField(_l("Search"))
