"""Finding orders, making them by hand, and why there is none yet."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    # Finding orders.
    "amazon_order_unknown": _l("There is no Amazon order %(number)s here."),
    "order_unknown": _l("There is no Order %(number)s here."),
    "invoice_unknown": _l("There is no invoice %(number)s here."),
    "shipment_unknown": _l("There is no shipment %(number)s here."),
    "credit_memo_unknown": _l("There is no credit memo %(number)s here."),
    "version_unknown": _l("This order has no version %(version)s."),
    # Making an Order by hand, and the delivery address.
    "order_exists": _l("There is an Order of this Amazon order already: %(number)s."),
    "order_read_only": _l(
        "Import of Amazon orders is disabled for this store, so no Order is made. Enable it in the order settings."
    ),
    "order_waits_unshipped": _l("Amazon is still checking this order. Its Order is made once Amazon says Unshipped."),
    "order_waits_shipped": _l("Amazon ships this order. Its Order is made once Amazon has shipped it."),
    "order_not_for_cancelled": _l("This order is cancelled, so no Order is made of it."),
    "order_not_for_status": _l("No Order is made of an Amazon order with the status %(status)s."),
    "address_required": _l("An address needs this."),
    "address_too_long": _l("This can have at most %(most)s characters."),
    "country_unknown": _l("Enter the two letters of a country, such as DE."),
    "address_same": _l("This is the address already; nothing was changed."),
    # Why there is no Order yet.
    "store_inactive": _l("Not imported: the store is inactive. Activate it, then retry."),
    "total_missing": _l(
        "Not imported: Amazon refused the amounts when the order was read. It is read again once Amazon gives them."
    ),
    "no_items": _l("Not imported: Amazon lists no items for this order yet. It is retried at each sync."),
    "currencies_differ": _l("Not imported: its items are priced in different currencies."),
    # Optional fields of an order that are not as Amazon's model promises.
    "odd_missing": _l("is missing"),
    "odd_not_text": _l("is not text"),
    "odd_bad_characters": _l("contained characters that cannot be stored; they were left out"),
    "odd_too_long": _l("is too long; it was shortened or left out"),
    "odd_not_object": _l("has another form than expected; it was left out"),
    "odd_not_list": _l("is not a list; it was left out"),
    "odd_not_amount": _l("is not an amount; it was left out"),
    "odd_not_currency": _l("is not a currency; the amount was left out"),
    "odd_rounded": _l("has more decimals than its currency; it was rounded"),
    "odd_too_large": _l("is too large; it was left out"),
    "odd_not_time": _l("is not a time; it was left out"),
    "odd_no_time_zone": _l("has no time zone; it was taken for UTC"),
    "odd_impossible_time": _l("is not a time an order can have; it was left out"),
    "odd_not_quantity": _l("is not a whole number"),
    "odd_duplicate": _l("is there twice; the first counts"),
    # What does not exist.
    "customer_unknown": _l("There is no customer %(name)s here."),
}
