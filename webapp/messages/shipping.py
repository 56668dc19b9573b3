"""Confirming shipments at Amazon."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    # A submission in one line.
    "submission_shipment": _l("Package %(reference)s: %(parcel)s"),
    "parcel_untracked": _l("without a tracking number"),
    # Why a package is not sent to Amazon, or not yet.
    "ship_fba": _l("Amazon ships this order itself, so there is no package to confirm."),
    "ship_plus": _l("This is a Ship+ order: Amazon has the package from its label and needs no confirmation."),
    "ship_easy_ship": _l(
        "This is an Easy Ship order: schedule the pickup in Seller Central. Amazon's carrier then confirms the package."
    ),
    "ship_delivery_by_amazon": _l("Amazon delivers this order: hand the package over as Seller Central says."),
    "ship_in_store_pickup": _l(
        "The buyer collects this order in a store: mark it as ready for pickup and as picked up in Seller Central."
    ),
    "ship_read_only": _l(
        "Import of Amazon orders is disabled for this store, so its orders are read-only. Enable it in the order "
        "settings, or use Seller Central."
    ),
    "ship_untracked": _l(
        "Amazon requires a tracking number, so the package was not sent. Enter the number, or confirm the package "
        "in Seller Central."
    ),
    "ship_cancelled": _l("The order is cancelled at Amazon. Remove the package, or have the carrier return it."),
    "ship_cancel_requested": _l(
        "The buyer has requested to cancel. Once the package is confirmed, the order cannot be cancelled."
    ),
    "ship_anyway_required": _l(
        "The buyer has requested to cancel this order. Cancel it at Amazon, or confirm that you want to ship it anyway."
    ),
    "ship_shipped_there": _l("Amazon shows the whole order as shipped, without this package."),
    "ship_not_ready": _l("Amazon does not accept shipments for the order's current status."),
    "ship_more_than_left": _l("The package has more units than Amazon says are left to ship."),
    "ship_not_shown": _l("Amazon accepted the package, but the order does not show it. Check in Seller Central."),
    "shipped_meanwhile": _l("Amazon already shows this package."),
    "parcel_being_told": _l("This package is being sent to Amazon. Wait for the result."),
    "parcel_at_amazon": _l(
        "Amazon has this package, so it cannot be removed. Edit its tracking, or use Seller Central."
    ),
    "parcel_gone": _l("This package was removed."),
    "parcel_unknown": _l("There is no package %(name)s."),
    # What happened.
    "shipment_requested": _l("Package %(reference)s to be sent to Amazon: %(parcel)s"),
    "shipment_undone": _l("Package %(reference)s: undone before it was sent"),
    "shipment_accepted": _l("Amazon accepted package %(reference)s; not verified yet"),
    "shipment_rejected": _l("Package %(reference)s was not confirmed"),
    "shipment_conflict": _l("Package %(reference)s needs a decision"),
    "shipment_insisted": _l("Package %(reference)s sent anyway"),
    "shipment_unproved": _l("Amazon accepted package %(reference)s, but the order never showed it"),
    "shipment_verified": _l("Package %(reference)s verified: Amazon shows it"),
    "shipment_not_needed": _l("Package %(reference)s not sent: Amazon already shows it"),
    "parcel_edited": _l("Package of shipment %(number)s edited: %(parcel)s"),
    "tracking_confirmed_by_person": _l(
        "Tracking number of shipment %(number)s confirmed manually: %(parcel)s (%(question)s)"
    ),
    "parcel_taken_back": _l("Package of shipment %(number)s removed (units: %(quantity)s)"),
    # Notes of the Amazon order.
    "note_ship_requested": _l("Package to be sent: %(parcel)s"),
    "note_ship_undone": _l("Package undone before it was sent"),
    "note_ship_rejected": _l("Package not confirmed: %(why)s"),
    "note_ship_conflict": _l("Package needs a decision: %(why)s"),
    "note_ship_unproved": _l("Amazon accepted the package, but the order does not show it"),
}
