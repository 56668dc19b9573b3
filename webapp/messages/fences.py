"""Fences: the reasons nothing is sent, and the outcome of waiting rows."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    "fence_restored": _l("A backup was restored."),
    "fence_older_database": _l("The database is older than what was already sent."),
    "fence_mark_missing": _l("The file that shows what was already sent is missing from the data folder."),
    "fence_unknown_feeds": _l("Amazon has refund feeds that this database does not know."),
    "fence_started": _l("Sending is paused: %(why)s"),
    "fence_ended": _l("Sending was resumed."),
    "fence_none": _l("Sending is not paused."),
    "fence_not_waiting": _l("It is no longer waiting. Reload the page."),
    "fence_not_compared": _l(
        "Amazon's list of refund feeds has not been read yet for: %(accounts)s. Try again in a minute; if it stays, "
        "look at the account's page."
    ),
    "submission_released": _l("Released to be sent to Amazon"),
    "mail_released": _l("Message to the buyer released: %(mail_kind)s"),
    "mail_before_restore": _l("It was queued before the restore: it may have arrived."),
    "feed_unknown": _l(
        "Amazon has a refund feed that this database does not know, and this refund may be in it. It was not sent "
        "again. Check in Seller Central."
    ),
}
