"""Retention of data."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    "retention_unknown": _l("There is no data %(name)s to be kept."),
    "retention_out_of_range": _l("Enter %(least)s to %(most)s days, or 0 to keep it forever."),
    "retention_changed": _l("Retention of %(data)s changed from %(before)s to %(after)s days"),
    "retained_events": _l("History and audit log"),
    "retained_sign_in_attempts": _l("Sign-in attempts"),
    "retained_versions": _l("Earlier versions of Amazon orders"),
    "retained_quarantine": _l("Unreadable orders"),
    "retained_sync_runs": _l("Sync history"),
    "retained_order_reads": _l("Missing orders and orders read one by one"),
    "retained_submissions": _l("Submissions without effect"),
    "retained_feeds": _l("Feeds"),
    "retained_mails": _l("Messages"),
    "retained_bulk_actions": _l("Bulk actions"),
    "retained_refund_transactions": _l("Refunds in Amazon's payments"),
    "retained_upgrade_copies": _l("Copies from before upgrades"),
    "retention_of_events": _l("Who did what and when, on orders, accounts and users. Amazon asks for twelve months."),
    "retention_of_sign_in_attempts": _l("Keyed hashes of accounts and addresses. Amazon asks for twelve months."),
    "retention_of_versions": _l("What Amazon sent, encrypted. The latest version of an order is always kept."),
    "retention_of_quarantine": _l("Entries of orders that were read later. Unreadable orders are kept."),
    "retention_of_sync_runs": _l("The latest run of each account is always kept."),
    "retention_of_order_reads": _l("The orders themselves are kept, and so are entries that are not repaired yet."),
    "retention_of_submissions": _l("Rejected or undone. Submissions that had an effect are kept with their orders."),
    "retention_of_feeds": _l("Ended feeds. Keep them for at least 90 days, as long as Amazon lists them."),
    "retention_of_mails": _l("Messages that have ended, with their encrypted texts."),
    "retention_of_bulk_actions": _l("Ended bulk actions with the result of each row."),
    "retention_of_refund_transactions": _l("Only reviewed ones. Findings that need a review are kept."),
    "retention_of_upgrade_copies": _l("Files in the folder backups. The latest is always kept."),
}
