"""Cancelling an order at Amazon."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    # Cancelling at Amazon.
    "submission_cancellation": _l("%(reason)s"),
    "cancel_fba": _l("Amazon ships this order, so only Amazon can cancel it."),
    "cancel_shipped": _l("This order has been shipped, so it cannot be cancelled. Refund it with a credit memo."),
    "cancel_partially_shipped": _l(
        "Part of this order has been shipped, so it cannot be cancelled here. Use Seller Central for the rest."
    ),
    "cancel_pending": _l(
        "Amazon is still checking this order. It can be cancelled once its status is Unshipped; until then, use "
        "Seller Central."
    ),
    "cancel_cancelled_already": _l("This order is cancelled already."),
    "cancel_unfulfillable": _l("Amazon says this order cannot be fulfilled, so there is nothing to cancel."),
    "cancel_unknown_status": _l("Amazon gives this order a status that Channeldesk does not know. Use Seller Central."),
    "cancel_requested_already": _l("This order is being cancelled already. Follow it under Sent to Amazon."),
    "cancel_read_only": _l(
        "Import of Amazon orders is disabled for this store, so its orders are read-only. Enable it in the order "
        "settings, or use Seller Central."
    ),
    "reason_unknown": _l("Amazon has no reason %(reason)s. Reasons are: %(known)s."),
    # The reasons Amazon accepts, with the hint shown below each.
    "reason_NoInventory": _l("The item is out of stock"),
    "reason_BuyerCanceled": _l("The buyer asked to cancel"),
    "reason_ShippingAddressUndeliverable": _l("Undeliverable address"),
    "reason_CustomerExchange": _l("The buyer wants another item instead"),
    "reason_PricingError": _l("The price was wrong"),
    "reason_GeneralAdjustment": _l("Another reason"),
    "reason_hurts": _l("Counts in your cancellation rate."),
    "reason_hurts_not": _l("Does not count in your cancellation rate: the buyer asked through Amazon."),
    "reason_hurts_unasked": _l(
        "Counts in your cancellation rate unless the buyer asks through Amazon, which this buyer has not."
    ),
}
