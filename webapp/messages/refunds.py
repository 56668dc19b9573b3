"""Refunds at Amazon."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    "submission_refund": _l("Credit memo %(number)s: %(amount)s %(currency)s"),
    # The reasons Amazon accepts for a refund; those shared with cancellations are in `cancellations`.
    "reason_CustomerReturn": _l("The buyer returned it"),
    "reason_CouldNotShip": _l("It could not be shipped"),
    "reason_CustomerCancel": _l("The buyer cancelled"),
    "reason_DifferentItem": _l("The buyer got another item"),
    "reason_PriceError": _l("The price was wrong"),
    "reason_Undeliverable": _l("It could not be delivered"),
    "reason_RefusedDelivery": _l("The buyer refused the delivery"),
    "reason_Exchange": _l("It is exchanged for another item"),
    "reason_Other": _l("Other"),
    "reason_Abandoned": _l("The delivery was abandoned"),
    "reason_ProductOutofStock": _l("The product is out of stock"),
    "reason_CustomerAddressIncorrect": _l("The buyer's address is wrong"),
    "reason_CarrierCreditDecision": _l("The carrier refused credit"),
    "reason_RiskAssessmentInformationNotValid": _l("The risk assessment was not valid"),
    "reason_CarrierCoverageFailure": _l("The carrier does not deliver there"),
    "reason_TransactionRecord": _l("Accounting correction"),
    # Why a refund cannot be sent to Amazon.
    "refund_fba": _l("Amazon ships this order, so Amazon refunds it."),
    "refund_cancelled": _l("This order is cancelled at Amazon, which charged nothing for it."),
    "refund_pending": _l("Amazon is still checking this order and has charged nothing for it."),
    "refund_unfulfillable": _l("Amazon says this order cannot be fulfilled, and has charged nothing for it."),
    "refund_unknown_status": _l("Amazon gives this order a status that Channeldesk does not know. Use Seller Central."),
    "refund_read_only": _l(
        "Import of Amazon orders is disabled for this store, so its orders are read-only. Enable it in the order "
        "settings, or use Seller Central."
    ),
    "refund_paid_unknown": _l(
        "Amazon has not reported what the buyer paid for the items, so this order cannot be refunded here."
    ),
    "refund_unshipped": _l(
        "Amazon shows no shipment of this order and has charged nothing for it. Cancel the order instead."
    ),
    "refund_cancel_instead": _l("Nothing of this order has been shipped. Cancel it at Amazon instead of refunding it."),
    "refund_not_shipped": _l(
        "%(item)s: Amazon does not show it as shipped yet, so it has charged nothing for it. Try again "
        "when the shipment is verified."
    ),
    "refund_reason_cancels": _l(
        "This refund includes units that will not be shipped. Amazon accepts that only with one of the reasons “The "
        "item is out of stock” and “The buyer asked to cancel”."
    ),
    "refund_reason_only_cancels": _l(
        "Amazon accepts this reason only for units that will not be shipped. Choose another one."
    ),
    "refund_over_at_amazon": _l(
        "Amazon can refund %(left)s %(currency)s of this. The other %(over)s %(currency)s exceed what "
        "Amazon shows as paid and not refunded: refund them offline."
    ),
    "refund_nothing_at_amazon": _l("The refund to the buyer would be zero, so it cannot be sent to Amazon."),
    # Results.
    "refund_requested": _l("Refund of %(amount)s %(currency)s requested (credit memo %(number)s)"),
    "refund_undone": _l("Refund of %(amount)s %(currency)s undone before it was sent"),
    "refund_accepted": _l("Amazon accepted the refund of credit memo %(number)s"),
    "refund_verified": _l("Refunded at Amazon: %(amount)s %(currency)s (credit memo %(number)s)"),
    "refund_rejected": _l("Refund of %(amount)s %(currency)s refused (credit memo %(number)s)"),
    "refunded_in_part": _l("Refunded at Amazon in part: %(amount)s %(currency)s (credit memo %(number)s)"),
    "refund_unproved": _l("Refund of %(amount)s %(currency)s unconfirmed (credit memo %(number)s)"),
    "refund_conflict": _l("Refund of credit memo %(number)s needs a decision"),
    "refund_insisted": _l("Refund of credit memo %(number)s sent anyway"),
    "refund_resent": _l("Refund of %(amount)s %(currency)s to be sent again (credit memo %(number)s)"),
    "refund_not_needed": _l("Refund not sent: already refunded at Amazon (credit memo %(number)s)"),
    "note_refund_requested": _l("Refund requested: %(amount)s %(currency)s"),
    "note_refund_undone": _l("Refund undone before it was sent"),
    "note_refund_rejected": _l("Refund refused: %(why)s"),
    "note_refund_unproved": _l("Refund unconfirmed by Amazon"),
    "note_refund_conflict": _l("Refund needs a decision"),
    "refund_partly_refused": _l("Amazon refunded part of it and refused the rest."),
    "refund_shipped_meanwhile": _l(
        "The refund was not sent: units that were not to be shipped have been shipped. Create a new credit memo."
    ),
    "refund_over_now": _l("The refund was not sent: it is more than Amazon now says the buyer paid for the items."),
    "refund_without_report": _l(
        "Amazon finished the refund but gave no report. Check in Seller Central whether the buyer was refunded, "
        "then record it here."
    ),
    "refund_report_contradicts": _l(
        "Amazon's report contradicts itself. Check in Seller Central whether the buyer was refunded, then record "
        "it here."
    ),
    "refund_missed": _l("Amazon did not make this refund. Its amount can be refunded again."),
    "refund_arrived": _l("It was already refunded at Amazon."),
    "refund_not_in_doubt": _l(
        "There is nothing to decide about this refund: Amazon has responded, or the request is still open."
    ),
    "refund_in_doubt": _l("First record whether the buyer was refunded."),
    "refund_again_closed": _l("Everything in this order has been refunded."),
    "refund_again_done": _l("This refund was already requested again."),
    "refund_again_gone": _l("The refused amount has been refunded since."),
    # What Amazon's payments show.
    "refund_confirmed": _l(
        "Amazon's payments show the refund: %(amount)s %(currency)s on %(day)s (credit memo %(number)s)"
    ),
    "refund_posted": _l("Amazon's payments show a refund of %(amount)s %(currency)s on %(day)s"),
    "refund_tax_corrected": _l(
        "Amazon refunded %(after)s %(currency)s of tax instead of %(before)s %(currency)s. Credit memo %(number)s was "
        "corrected."
    ),
    "refund_missing": _l(
        "Amazon's payments do not show the refund of %(expected)s %(currency)s (credit memo %(number)s)"
    ),
    "refund_differs": _l(
        "Amazon's payments show a refund of %(amount)s instead of %(expected)s %(currency)s (credit memo %(number)s)"
    ),
    "refund_doubled": _l("Refunded twice: Amazon's payments show %(amount)s %(currency)s once more on %(day)s"),
    "refund_elsewhere": _l("Refunded outside Channeldesk: %(amount)s %(currency)s on %(day)s"),
    "finding_missing": _l(
        "Amazon accepted this refund, but its payments do not show it after 48 hours. Check in Seller Central."
    ),
    "finding_differs": _l("The buyer got another amount than the credit memo says. Check in Seller Central."),
    "finding_doubled": _l("The same amount went back to the buyer once more than the credit memos say."),
    "finding_elsewhere": _l(
        "Somebody refunded this outside Channeldesk. Create an offline credit memo of the same amount for it."
    ),
    "refund_finding_checked": _l("Refund check marked as done"),
    "refund_finding_unknown": _l("There is no entry %(name)s in the refund check."),
    "finances_refused": _l("Amazon does not show this account its payments: %(words)s"),
}
