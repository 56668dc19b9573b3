"""The last thing that happened to an Amazon order, as grids show it."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    "note_status": _l("Status updated to %(status)s"),
    "note_reported": _l("Known from a report; not read from Amazon yet"),
    "note_blocked": _l("%(why)s"),
    "note_reserved": _l("Stock reserved while Amazon checks the payment"),
    "note_order_created": _l("Order %(number)s created"),
    "note_cancel_requested": _l("Cancellation requested: %(reason)s"),
    "note_cancel_undone": _l("Cancellation undone before it was sent"),
    "note_cancel_rejected": _l("Cancellation refused: %(why)s"),
    "note_cancel_conflict": _l("Cancellation needs a decision: %(why)s"),
    "note_cancel_unproved": _l("Amazon accepted the cancellation, but the order does not show it"),
}
