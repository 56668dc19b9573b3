"""Processing an Order: input errors, unavailable actions and history."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    "order_changed": _l(
        "This Order has changed since you opened the page, so nothing was saved. Check the remaining quantities, "
        "then send it again."
    ),
    "cannot_invoice": _l("An Order with the status %(state)s cannot be invoiced."),
    "cannot_ship": _l("An Order with the status %(state)s cannot be shipped."),
    "cannot_refund": _l("An Order with the status %(state)s cannot be refunded."),
    "cannot_hold": _l("An Order with the status %(state)s cannot be put on hold."),
    "cannot_unhold": _l("An Order with the status %(state)s is not on hold."),
    "cannot_ship_cancelling": _l(
        "Amazon is being asked to cancel this order, so it cannot be shipped. Undo the cancellation under Submissions, "
        "or wait for Amazon's answer."
    ),
    "nothing_to_invoice": _l("Nothing of this Order is left to invoice."),
    "nothing_to_ship": _l("Nothing of this Order is left to ship."),
    "nothing_to_refund": _l("Nothing of this Order is left to refund."),
    "line_unknown": _l("This Order has no line %(line)s."),
    "quantity_none": _l("Enter a quantity of at least 1."),
    "quantity_malformed": _l("%(item)s: %(text)s is not a quantity."),
    "quantity_negative": _l("%(item)s: the quantity cannot be negative."),
    "quantity_over": _l("%(item)s: %(asked)s is too many, %(left)s left."),
    "amount_malformed": _l("%(text)s is not an amount of money. Write it as 12.34."),
    "amount_negative": _l("An amount cannot be negative."),
    "amount_decimals": _l("This has more decimals than %(currency)s has: %(digits)s."),
    "shipping_over": _l("At most %(left)s %(currency)s of the shipping is left to refund."),
    "refund_over": _l("At most %(left)s %(currency)s of what was invoiced is left to refund."),
    "credit_memo_empty": _l("This credit memo refunds nothing. Enter quantities, shipping or an adjustment."),
    "credit_memo_negative": _l("The adjustment fee is higher than the refunded amount."),
    "refund_way_required": _l("Choose whether Amazon refunds the buyer or the refund is only recorded."),
    "refund_reason_required": _l("Choose a reason: Amazon asks for one."),
    "parcel_none": _l("A shipment needs at least one parcel."),
    "parcel_contents_required": _l("Say for each parcel what is in it."),
    "tracking_twice": _l("Tracking number %(number)s is on two packages."),
    "tracking_used": _l("Tracking number %(number)s was used already, for order %(order)s."),
    "tracking_shared": _l(
        "Tracking number %(number)s is used for order %(order)s, whose recipient is not known to be the same. Confirm "
        "that both orders are in one parcel, or correct the number."
    ),
    "tracking_malformed": _l("A tracking number can have only ASCII letters, digits and punctuation."),
    "carrier_required": _l("Choose the carrier of this tracking number."),
    "carrier_title_required": _l("Name the carrier that is not in the list."),
    "hold_reason_required": _l("Enter a reason for the hold."),
    "held_past_ship_by": _l(
        "The hold lasts beyond the ship-by time, so Amazon counts the order as late unless it is released and shipped "
        "before."
    ),
    "hold_until_past": _l("This time is in the past. Choose a later one, or none."),
    "hold_until_far": _l("Choose a time until the end of %(year)s, or none."),
    "hold_until_unreadable": _l("%(text)s is not a day and a time."),
    "comment_required": _l("Write a comment."),
    "status_unknown": _l("An Order with the status %(state)s cannot be given the status %(word)s."),
    "item_unreadable": _l(
        "%(text)s is not SKU=QUANTITY, with a SKU of this Order and a whole number. "
        "Each of its lines can be named once: %(known)s."
    ),
    "time_unreadable": _l("%(text)s is not a time. Write it as 2026-12-24T18:00+01:00."),
    "order_invoiced": _l("Invoice %(number)s created: %(amount)s %(currency)s"),
    "order_shipped": _l("Shipment %(number)s created (units: %(quantity)s, packages: %(parcels)s)"),
    "order_refunded": _l("Credit memo %(number)s created offline: %(amount)s %(currency)s"),
    "order_held": _l("Put on hold"),
    "order_held_past_ship_by": _l("Put on hold beyond its ship-by time"),
    "order_held_until": _l("Put on hold until %(until)s"),
    "order_unheld": _l("Hold released"),
    "order_status_chosen": _l("Status set to %(word)s"),
    "order_status_cleared": _l("Status set to %(state)s"),
    "order_commented": _l("Comment added"),
    "order_commented_notify": _l("Comment added, to be sent to the customer"),
}
