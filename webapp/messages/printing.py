"""Printing documents."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    "document_unknown": _l("This document no longer exists."),
    "bulk_printed": _l("Documents printed: %(count)s"),
    "bulk_nothing_to_print": _l("There is nothing to print"),
    "printed_file_gone": _l("This file has expired: printed files are kept for a day. Print it again."),
    "nothing_to_pack": _l("Order %(number)s has nothing left to ship, so there is no packing slip to print."),
    "nothing_to_print": _l("Order %(number)s has no invoice, shipment or credit memo to print."),
}
