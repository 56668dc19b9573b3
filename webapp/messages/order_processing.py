"""Processing an order: input errors, unavailable actions and history."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    "order_changed": _l(
        "This order has changed since you opened the page, so nothing was saved. Check the remaining "
        "quantities, then submit again."
    ),
    "cannot_invoice": _l("An order with the status %(state)s cannot be invoiced."),
    "cannot_ship": _l("An order with the status %(state)s cannot be shipped."),
    "cannot_refund": _l("An order with the status %(state)s cannot be refunded."),
    "cannot_hold": _l("An order with the status %(state)s cannot be put on hold."),
    "cannot_unhold": _l("An order with the status %(state)s is not on hold."),
    "cannot_ship_cancelling": _l(
        "A cancellation of this order was requested at Amazon, so it cannot be shipped. Undo the "
        "cancellation under Sent to Amazon, or wait for Amazon's response."
    ),
    "nothing_to_invoice": _l("This order has nothing left to invoice."),
    "nothing_to_ship": _l("This order has nothing left to ship."),
    "nothing_to_refund": _l("This order has nothing left to refund."),
    "line_unknown": _l("This order has no line %(line)s."),
    "quantity_none": _l("Enter a quantity of at least 1."),
    "quantity_malformed": _l("%(item)s: %(text)s is not a quantity."),
    "quantity_negative": _l("%(item)s: the quantity cannot be negative."),
    "quantity_over": _l("%(item)s: %(asked)s is too many, %(left)s left."),
    "amount_malformed": _l("%(text)s is not an amount. Enter it as 12.34."),
    "amount_negative": _l("An amount cannot be negative."),
    "amount_decimals": _l("Amounts in %(currency)s have at most %(digits)s decimals."),
    "shipping_over": _l("At most %(left)s %(currency)s of the shipping can still be refunded."),
    "refund_over": _l("At most %(left)s %(currency)s of the invoiced amount can still be refunded."),
    "credit_memo_empty": _l("This credit memo refunds nothing. Enter quantities, shipping or an adjustment."),
    "credit_memo_negative": _l("The adjustment fee is higher than the refunded amount."),
    "refund_way_required": _l("Choose whether Amazon refunds the buyer or the refund is only recorded."),
    "refund_reason_required": _l("Choose a reason. Amazon requires one."),
    "parcel_none": _l("A shipment needs at least one package."),
    "transparency_codes_required": _l(
        "Enter the Transparency code of each unit: %(quantity)s are needed, %(entered)s entered."
    ),
    "transparency_code_twice": _l("Transparency code %(unit_code)s is entered twice. Each unit has its own."),
    "parcel_contents_required": _l("Enter the contents of each package."),
    "tracking_twice": _l("Tracking number %(number)s is on two packages."),
    "tracking_used": _l("Tracking number %(number)s is already used for order %(order)s."),
    "tracking_shared": _l(
        "Tracking number %(number)s is already used for order %(order)s, whose recipient may be "
        "different. Confirm that both orders are in one package, or correct the number."
    ),
    "tracking_malformed": _l("A tracking number can have only ASCII letters, digits and punctuation."),
    "carrier_required": _l("Choose the carrier of this tracking number."),
    "carrier_title_required": _l("Enter the name of the carrier."),
    "hold_reason_required": _l("Enter a reason for the hold."),
    "held_past_ship_by": _l(
        "The hold lasts beyond the ship-by time, so Amazon counts the order as late unless it is released and shipped "
        "before."
    ),
    "hold_until_past": _l("This time is in the past. Choose a later time, or leave this empty."),
    "hold_until_far": _l("Choose a time before the end of %(year)s, or leave this empty."),
    "hold_until_unreadable": _l("%(text)s is not a date and time."),
    "comment_required": _l("Enter a comment."),
    "status_unknown": _l("An order with the status %(state)s cannot be set to the status %(word)s."),
    "transparency_code_unreadable": _l("%(text)s is not SKU=CODE, with a SKU of this order: %(known)s."),
    "carrier_not_listed": _l(
        "Amazon accepts only carriers of its list in this marketplace, and %(carrier)s is not one of them."
    ),
    "item_unreadable": _l(
        "%(text)s is not SKU=QUANTITY, with a SKU of this order and a whole number. "
        "Each of its lines can be named once: %(known)s."
    ),
    "time_unreadable": _l("%(text)s is not a time. Use the form 2026-12-24T18:00+01:00."),
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
