"""Printing documents."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    "document_unknown": _l("This document is not here any more."),
    "bulk_printed": _l("Documents printed: %(count)s"),
    "bulk_nothing_to_print": _l("There is nothing to print"),
    "printed_file_gone": _l("This file is not kept any more: printed files go after a day. Print it again."),
    "nothing_to_pack": _l("Nothing of order %(number)s is left to ship, so there is no packing slip to print."),
    "nothing_to_print": _l("Order %(number)s has no invoice, shipment or credit memo to print."),
}
