"""Finding orders, creating them manually, and the reasons there is none yet."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    # Finding orders.
    "amazon_order_unknown": _l("There is no Amazon order %(number)s."),
    "order_unknown": _l("There is no order %(number)s."),
    "invoice_unknown": _l("There is no invoice %(number)s."),
    "shipment_unknown": _l("There is no shipment %(number)s."),
    "credit_memo_unknown": _l("There is no credit memo %(number)s."),
    "version_unknown": _l("This order has no version %(version)s."),
    # Manual creation of an order, and the delivery address.
    "order_only_reported": _l("This order is known from a report only. Read it from Amazon first."),
    "order_exists": _l("This Amazon order was already imported as order %(number)s."),
    "order_read_only": _l("Import of Amazon orders is disabled for this store. Enable it in the order settings."),
    "order_waits_unshipped": _l("Amazon is still checking this order. It is imported once its status is Unshipped."),
    "order_waits_shipped": _l("Amazon ships this order. It is imported once Amazon has shipped it."),
    "order_not_for_cancelled": _l("This order is cancelled, so it is not imported."),
    "order_not_for_status": _l("An Amazon order with the status %(status)s is not imported."),
    "address_required": _l("This field is required."),
    "address_too_long": _l("Enter at most %(most)s characters."),
    "country_unknown": _l("Enter a two-letter country code, such as DE."),
    "address_same": _l("The address is unchanged."),
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
    "odd_not_object": _l("has an unexpected format; it was left out"),
    "odd_not_list": _l("is not a list; it was left out"),
    "odd_not_amount": _l("is not an amount; it was left out"),
    "odd_not_currency": _l("is not a currency; the amount was left out"),
    "odd_rounded": _l("has more decimals than its currency; it was rounded"),
    "odd_too_large": _l("is too large; it was left out"),
    "odd_not_time": _l("is not a time; it was left out"),
    "odd_no_time_zone": _l("has no time zone; UTC was assumed"),
    "odd_impossible_time": _l("is outside the valid range of dates; it was left out"),
    "odd_not_quantity": _l("is not a whole number"),
    "odd_duplicate": _l("appears twice; the first was used"),
    # What does not exist.
    "customer_unknown": _l("There is no customer %(name)s."),
}
