"""What became of what Amazon was told."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    "undo_too_late": _l("It is too late to undo this: it is %(state)s."),
    "look_too_soon": _l("There is nothing to look for at Amazon yet. Try again in a moment."),
    "insist_no_conflict": _l("There is nothing to decide: it is %(state)s."),
    "again_still_open": _l("It has not ended yet, so it cannot be asked for again. Follow it under Submissions."),
    "submission_unknown": _l("There is no submission %(name)s."),
    "submission_broke": _l("Something broke on our side. It has been written to the log, and is tried again."),
    "feed_lost": _l(
        "Amazon's answer was lost, and Amazon does not list what was sent. It was not sent again, since it could be "
        "carried out twice. Look in Seller Central."
    ),
    "feed_ambiguous": _l(
        "Amazon's answer was lost, and Amazon lists several documents that could be this one. Look in Seller Central."
    ),
    "feed_aborted": _l("Amazon broke off in the middle of it: some of it may have been done. Look in Seller Central."),
    "cancelled_meanwhile": _l("The order was cancelled before Amazon was told."),
    "feed_failed": _l("Amazon could not process the feed that carried the request. Nothing was done; try again."),
    "feed_never_ended": _l("Amazon took the request but never said what became of it. Look in Seller Central."),
    "cancel_not_shown": _l(
        "Amazon accepted the request, but the order has not become Cancelled. Look in Seller Central."
    ),
}
