"""Forms of filters, filled and checked once: the same addresses of lists are asked for again and again.

A form is kept by everything it was filled with. One with somebody's name in it is not kept.
"""

from collections.abc import Sequence

from flask import current_app
from werkzeug.datastructures import MultiDict

from webapp.forms.filters import Filters
from webapp.models.stores import StoreName
from webapp.views.listing.registry import Listing
from webapp.web.auth import has_permission
from webapp.web.formatting import now
from webapp.web.formatting.memory import LRUCache
from webapp.web.formatting.readers import reader

# Of each generation; a form is some twenty kilobytes.
_MOST = 50
# What an address of a list says that is no filter.
_NO_FILTERS = frozenset(("after", "before", "columns", "page", "size", "sort", "view"))


def filled(listing: Listing, arguments: "MultiDict[str, str]", every: Sequence[StoreName]) -> Filters:
    """The listing's filters as an address says them, checked; `every`: all stores."""
    memory: LRUCache[Filters] = current_app.extensions.setdefault("filled_forms", LRUCache[Filters](_MOST))
    said = tuple((name, tuple(values)) for name, values in arguments.lists() if name not in _NO_FILTERS)
    # Days are said without their year where it is this one.
    key = (listing.name, reader(), now().date(), said, tuple(every), has_permission("pii.read"))
    form = memory.get(key)
    if form is None:
        form = listing.filters(arguments, every)
        form.check()
        if not form.personal:
            form.kept_by = key
            memory.put(key, form)
    return form
