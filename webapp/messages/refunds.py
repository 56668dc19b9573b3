"""Refunds at Amazon."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    "submission_refund": _l("Credit memo %(number)s: %(amount)s %(currency)s"),
    # The reasons Amazon takes for a refund, in the seller's words; those it shares with a cancellation stand there.
    "reason_CustomerReturn": _l("The buyer returned it"),
    "reason_CouldNotShip": _l("It could not be shipped"),
    "reason_CustomerCancel": _l("The buyer cancelled"),
    "reason_DifferentItem": _l("The buyer got another item"),
    "reason_PriceError": _l("The price was wrong"),
    "reason_Undeliverable": _l("It could not be delivered"),
    "reason_RefusedDelivery": _l("The buyer refused the delivery"),
    "reason_Exchange": _l("It is exchanged for another"),
    "reason_Other": _l("Another reason"),
    "reason_Abandoned": _l("It was abandoned"),
    "reason_ProductOutofStock": _l("The product is out of stock"),
    "reason_CustomerAddressIncorrect": _l("The buyer's address is wrong"),
    "reason_CarrierCreditDecision": _l("The carrier refused credit"),
    "reason_RiskAssessmentInformationNotValid": _l("The risk assessment was not valid"),
    "reason_CarrierCoverageFailure": _l("The carrier does not deliver there"),
    "reason_TransactionRecord": _l("A correction of the books"),
    # Why Amazon cannot be asked.
    "refund_fba": _l("Amazon ships this order, so Amazon refunds it."),
    "refund_cancelled": _l("This order is cancelled at Amazon, which charged nothing for it."),
    "refund_pending": _l("Amazon is still checking this order and has charged nothing for it."),
    "refund_unfulfillable": _l("Amazon says this order cannot be fulfilled, and has charged nothing for it."),
    "refund_unknown_status": _l("Amazon gives this order a status that Channeldesk does not know. Use Seller Central."),
    "refund_read_only": _l(
        "Import of Amazon orders is disabled for this store, so its orders are read-only. Enable it in the order "
        "settings, or use Seller Central."
    ),
    "refund_paid_unknown": _l("Amazon has not said what the buyer paid for the items, so it cannot be refunded here."),
    "refund_unshipped": _l(
        "Amazon knows of no shipment of this order and has charged nothing for it. Cancel the order instead."
    ),
    "refund_cancel_instead": _l("Nothing of this order has been shipped. Cancel it at Amazon instead of refunding it."),
    "refund_not_shipped": _l(
        "%(item)s: Amazon does not know yet that it was shipped, so it has charged nothing for it. Try again when the "
        "shipment is verified."
    ),
    "refund_over_at_amazon": _l(
        "Amazon can refund %(left)s %(currency)s of this. %(over)s %(currency)s are more than it says the buyer paid "
        "for the items and has left: give these back offline."
    ),
    "refund_nothing_at_amazon": _l("Nothing of this would reach the buyer, so Amazon cannot be asked for it."),
    # What became of it.
    "refund_requested": _l("Refund of %(amount)s %(currency)s asked of Amazon (credit memo %(number)s)"),
    "refund_undone": _l("Refund of %(amount)s %(currency)s undone before Amazon was told"),
    "refund_accepted": _l("Amazon took the refund of credit memo %(number)s"),
    "refund_verified": _l("Refunded at Amazon: %(amount)s %(currency)s (credit memo %(number)s)"),
    "refund_rejected": _l("Refund of %(amount)s %(currency)s refused (credit memo %(number)s)"),
    "refunded_in_part": _l("Refunded at Amazon in part: %(amount)s %(currency)s (credit memo %(number)s)"),
    "refund_unproved": _l("Refund of %(amount)s %(currency)s in doubt (credit memo %(number)s)"),
    "refund_conflict": _l("Refund of credit memo %(number)s needs a decision"),
    "refund_insisted": _l("Refund of credit memo %(number)s goes to Amazon all the same"),
    "refund_resent": _l("Refund of %(amount)s %(currency)s to be sent again (credit memo %(number)s)"),
    "refund_not_needed": _l("Refunded at Amazon before it was told (credit memo %(number)s)"),
    "note_refund_requested": _l("Refund asked of Amazon: %(amount)s %(currency)s"),
    "note_refund_undone": _l("Refund undone before Amazon was told"),
    "note_refund_rejected": _l("Refund refused: %(why)s"),
    "note_refund_unproved": _l("Whether Amazon refunded it is in doubt"),
    "note_refund_conflict": _l("Refund needs a decision"),
    "refund_partly_refused": _l("Amazon refunded part of it and refused the rest."),
    "refund_shipped_meanwhile": _l(
        "Amazon was not told: pieces that would not have been shipped any more have been shipped. Write a new credit "
        "memo."
    ),
    "refund_over_now": _l("Amazon was not told: it says now that the buyer paid less for the items."),
    "refund_without_report": _l(
        "Amazon says it is done with the refund but wrote no report. Look in Seller Central whether the buyer was "
        "refunded, then say so here."
    ),
    "refund_report_contradicts": _l(
        "Amazon's report contradicts itself, so it proves nothing. Look in Seller Central whether the buyer was "
        "refunded, then say so here."
    ),
    "refund_missed": _l("It did not happen at Amazon. What was held for it can be refunded again."),
    "refund_arrived": _l("It was refunded before Amazon was told."),
    "refund_not_in_doubt": _l("There is nothing to decide about this refund: Amazon has answered, or is being asked."),
    "refund_in_doubt": _l("First say whether the buyer was refunded."),
    "refund_again_closed": _l("Everything of this Order has been given back."),
    "refund_again_done": _l("This was asked for again already."),
    "refund_again_gone": _l("What was refused has been refunded since."),
}
