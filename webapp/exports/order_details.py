"""The cells of an order's details: one for each, for all lines of the order."""

from collections.abc import Callable
from typing import Any

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.exports.fields import Cell, Field, Heading
from webapp.messages.order_details import VALUES, Details, load_details


def heading() -> Heading:
    """Return the column, with a cell for each detail."""

    def field(name: Any, read: Callable[[Details], str]) -> Field:
        def value(row: Any, _store: object) -> Cell:
            return read(load_details(row.details)) or None

        return Field(name, value)

    return Heading(_l("Details"), tuple(field(name, read) for name, read in VALUES))
