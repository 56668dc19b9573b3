"""What became of what Amazon was told."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    "cancelled_meanwhile": _l("The order was cancelled before Amazon was told."),
    "feed_failed": _l("Amazon could not process the feed that carried the request. Nothing was cancelled; try again."),
    "feed_never_ended": _l("Amazon took the request but never said what became of it. Look in Seller Central."),
    "cancel_not_shown": _l(
        "Amazon accepted the request, but the order has not become Cancelled. Look in Seller Central."
    ),
}
