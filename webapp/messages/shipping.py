"""Telling Amazon of shipments."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    # What is asked, in a line.
    "submission_shipment": _l("Parcel %(reference)s: %(parcel)s"),
    "parcel_untracked": _l("without a tracking number"),
    # Why Amazon is not told, or not yet.
    "ship_fba": _l("Amazon ships this order itself, so there is no parcel of yours to tell of."),
    "ship_plus": _l("This is a Ship+ order: Amazon knows its parcel from the label and takes no word of it."),
    "ship_read_only": _l(
        "Import of Amazon orders is disabled for this store, so its orders are read-only. Enable it in the order "
        "settings, or use Seller Central."
    ),
    "ship_untracked": _l(
        "Amazon takes no parcel without its tracking number, so it was not told. Enter the number, or confirm the "
        "parcel in Seller Central."
    ),
    "ship_cancelled": _l("Amazon says the order is cancelled. Keep the parcel, or have the carrier return it."),
    "ship_cancel_requested": _l("The buyer has asked to cancel. Once Amazon is told of the parcel, it is too late."),
    "ship_anyway_required": _l(
        "The buyer has asked to cancel this order. Cancel it at Amazon, or confirm that you want to ship it anyway."
    ),
    "ship_shipped_there": _l("Amazon says all of the order is shipped already, and does not know this parcel."),
    "ship_not_ready": _l("Amazon does not let this order be shipped with its present status."),
    "ship_more_than_left": _l("The parcel holds more than Amazon says is left to ship."),
    "ship_not_shown": _l("Amazon took the parcel, but the order does not show it. Look in Seller Central."),
    "shipped_meanwhile": _l("Amazon showed the parcel before it was told."),
    "parcel_being_told": _l("Amazon is being told of this parcel. Wait for its answer."),
    "parcel_at_amazon": _l("Amazon knows this parcel, so it cannot be taken back. Correct it, or use Seller Central."),
    "parcel_gone": _l("This parcel was taken back."),
    "parcel_unknown": _l("There is no parcel %(name)s."),
    # What happened.
    "shipment_requested": _l("Amazon is to be told of parcel %(reference)s: %(parcel)s"),
    "shipment_undone": _l("Parcel %(reference)s: Amazon was not told"),
    "shipment_accepted": _l("Amazon took parcel %(reference)s; the order does not show it yet"),
    "shipment_rejected": _l("Parcel %(reference)s was not confirmed"),
    "shipment_conflict": _l("Parcel %(reference)s waits for a decision"),
    "shipment_insisted": _l("Parcel %(reference)s: go on all the same"),
    "shipment_unproved": _l("Amazon took parcel %(reference)s, but the order never showed it"),
    "shipment_verified": _l("Parcel %(reference)s proved: Amazon shows it"),
    "shipment_not_needed": _l("Amazon showed parcel %(reference)s before it was told"),
    "parcel_edited": _l("Parcel of shipment %(number)s corrected: %(parcel)s"),
    "tracking_confirmed_by_person": _l(
        "Tracking number of shipment %(number)s confirmed by a person: %(parcel)s (%(question)s)"
    ),
    "parcel_taken_back": _l("Parcel of shipment %(number)s taken back with its %(quantity)s pieces"),
    # The same as notes of the Amazon order.
    "note_ship_requested": _l("Parcel to be told: %(parcel)s"),
    "note_ship_undone": _l("Parcel not told to Amazon"),
    "note_ship_rejected": _l("Parcel not confirmed: %(why)s"),
    "note_ship_conflict": _l("Parcel waits for a decision: %(why)s"),
    "note_ship_unproved": _l("Amazon took the parcel, but the order does not show it"),
}
