"""What happened, in the history of an order."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    "amazon_order_arrived": _l("Arrived from Amazon as %(status)s"),
    "amazon_order_changed": _l("Changed at Amazon"),
    "amazon_order_resent": _l("Amazon sent the order again, with other details"),
    "address_corrected": _l("Delivery address corrected here"),
    "address_restored": _l("Delivery address set back to Amazon's"),
    "billing_address_corrected": _l("Billing address corrected here"),
    "billing_address_restored": _l("Billing address set back to Amazon's"),
    "shipping_address_corrected": _l("Shipping address corrected here"),
    "shipping_address_restored": _l("Shipping address set back to Amazon's"),
    "version_revealed": _l("Looked at what Amazon sent, with personal data"),
    "order_created": _l("Order %(number)s created"),
    "order_invoiced_at_import": _l("Invoiced at import: Amazon has taken the payment"),
    "order_new": _l("Order is new"),
    "order_processing": _l("Order is processing"),
    "order_complete": _l("Order is complete: nothing is left to invoice or to ship"),
    "order_closed": _l("Order is closed: everything was refunded"),
    "order_canceled": _l("Order cancelled, since Amazon cancelled it"),
    "cancelled_at_amazon_but": _l("Amazon cancelled it, but the Order is %(state)s and stays so. Look at it."),
    "credited_offline": _l("Credit memo %(number)s written offline: Amazon returns the money itself"),
    "shipped_at_amazon": _l("Amazon counts %(quantity)s more as shipped"),
    "cancellation_requested": _l("Cancellation requested: %(reason)s"),
    "cancellation_undone": _l("Cancellation undone before Amazon was told"),
    "cancellation_accepted": _l("Amazon accepted the cancellation; it is not proved yet"),
    "cancellation_rejected": _l("Cancellation refused"),
    "cancellation_unproved": _l("Cancellation accepted, but the order never showed it"),
    "cancellation_verified": _l("Cancellation proved: Amazon shows the order as Cancelled"),
    "cancellation_not_needed": _l("The order was cancelled before Amazon was told, so it was not told"),
}
