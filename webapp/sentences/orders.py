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
    "total_missing": _l("Not imported: Amazon has not said what the order costs yet. It is retried at each sync."),
    "no_items": _l("Not imported: Amazon lists no items for this order yet. It is retried at each sync."),
    "currencies_differ": _l("Not imported: its items are priced in different currencies."),
    # What does not exist.
    "customer_unknown": _l("There is no customer %(name)s here."),
    "pattern_unknown": _l("The pattern book has no page %(page)s."),
}
