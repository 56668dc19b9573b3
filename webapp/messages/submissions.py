"""Results of submissions."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    "undo_too_late": _l("It is too late to undo this. Its state is: %(state)s."),
    "look_too_soon": _l("There is nothing to check at Amazon yet. Try again in a moment."),
    "force_no_conflict": _l("There is nothing to decide. Its state is: %(state)s."),
    "again_still_open": _l("It has not finished yet, so it cannot be sent again. Follow it under Sent to Amazon."),
    "submission_unknown": _l("There is no submission %(name)s."),
    "submission_broke": _l("An internal error occurred. See the log. Channeldesk retries automatically."),
    "feed_lost": _l(
        "Amazon's response was lost, and Amazon does not list what was sent. It was not sent again, since it could be "
        "carried out twice. Check in Seller Central."
    ),
    "feed_ambiguous": _l(
        "Amazon's response was lost, and Amazon lists several documents that could be it. Check in Seller Central."
    ),
    "feed_report_unreadable": _l(
        "Amazon finished processing, but its report cannot be read. Check the result in Seller Central."
    ),
    "feed_aborted": _l("Amazon stopped processing early: some of it may have been done. Check in Seller Central."),
    "cancelled_meanwhile": _l("The order was already cancelled at Amazon."),
    "feed_failed": _l("Amazon could not process the feed that carried the request. Nothing was done; try again."),
    "feed_never_ended": _l("Amazon accepted the request but never reported a result. Check in Seller Central."),
    "cancel_not_shown": _l(
        "Amazon accepted the request, but the order has not become Cancelled. Check in Seller Central."
    ),
}
