"""The ways Amazon says no, and what goes on with it. They stand beside Amazon's own words."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    # The ways Amazon says no. They stand beside Amazon's own words.
    "amazon_error": _l("Amazon could not be spoken to."),
    "bad_credentials": _l(
        "Amazon refuses the credentials. Authorise the application again in Seller Central, and enter the new refresh "
        "token or client secret."
    ),
    "forbidden": _l(
        "Amazon does not allow it: the application lacks the role, or the seller account belongs to another region."
    ),
    "resource_not_found": _l("Amazon does not know what was asked for."),
    "invalid_request": _l("Amazon did not take what was sent."),
    "throttled": _l("Amazon asks for patience: too many calls in a short time. It is tried again by itself."),
    "unavailable": _l("Amazon does not answer. It is tried again by itself."),
    "redis_unavailable": _l("Redis does not answer, so Amazon is not called. It is tried again by itself."),
    "outcome_unknown": _l("Amazon's answer was lost. Channeldesk looks what became of it before it acts again."),
    "invalid_response": _l(
        "What answered does not speak as Amazon does. If the account has an endpoint of its own, check that address."
    ),
    # Syncing, and telling Amazon.
    "submissions_running": _l("This account's submissions are being worked on. Try again in a moment."),
    "sync_running": _l("A sync of this account is running already. Wait until it has ended."),
    "sync_run_unknown": _l("There is no sync run %(name)s."),
    "sync_lost": _l(
        "Its process ended in the middle. What it had written stays, and the next sync began where this one did."
    ),
    "quarantined_unknown": _l("There is no quarantined order %(name)s."),
    "quarantine_without_number": _l(
        "What Amazon sent holds no order number, so this order cannot be asked for. It is read again when Amazon "
        "sends it again."
    ),
    "quarantine_revealed": _l("Looked at what Amazon sent for quarantined order %(number)s, with personal data"),
}
