"""Errors of Amazon's APIs and of syncing. Pages show Amazon's own text with them."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    # Errors of Amazon's APIs.
    "amazon_error": _l("Amazon could not be reached."),
    "bad_credentials": _l(
        "Amazon refuses the credentials. Authorize the application again in Seller Central, and enter the new refresh "
        "token or client secret."
    ),
    "forbidden": _l(
        "Amazon does not allow it: the application lacks the role, or the seller account belongs to another region."
    ),
    "resource_not_found": _l("Amazon did not find what was requested."),
    "invalid_request": _l("Amazon rejected the request."),
    "throttled": _l("Amazon's rate limit was reached. Channeldesk retries automatically."),
    "unavailable": _l("Amazon does not respond. Channeldesk retries automatically."),
    "redis_unavailable": _l("Redis does not respond, so Amazon is not called. Channeldesk retries automatically."),
    "outcome_unknown": _l("Amazon's response was lost. Channeldesk checks the result at Amazon before it sends again."),
    "invalid_response": _l(
        "The response is not one of Amazon's. If the account has its own endpoint, check that address."
    ),
    "unreadable_report": _l("Amazon's processing report cannot be read. Channeldesk tries once more."),
    # Syncing and submissions.
    "submissions_running": _l("This account's submissions are being processed. Try again in a moment."),
    "sync_running": _l("A sync of this account is already running. Wait until it has finished."),
    "sync_run_unknown": _l("There is no sync run %(name)s."),
    "sync_lost": _l(
        "The sync process stopped early. Saved orders are kept, and the next sync started at the same point."
    ),
    "order_number_malformed": _l("%(number)s is not an Amazon order number, such as 302-1234567-1234567."),
    "fetched_order_quarantined": _l(
        "Order %(number)s was read, but cannot be stored. It is under Unreadable orders, with the reason."
    ),
    "quarantined_unknown": _l("There is no quarantined order %(name)s."),
    "quarantine_without_number": _l(
        "The data from Amazon has no order number, so this order cannot be fetched again. It is read "
        "when Amazon sends it again."
    ),
    "quarantine_revealed": _l("Raw data of quarantined order %(number)s viewed, with personal data"),
}
