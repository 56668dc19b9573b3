"""Printing documents."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    "document_unknown": _l("This document is not here any more."),
    "nothing_to_print": _l("Order %(number)s has no invoice, shipment or credit memo to print."),
}
