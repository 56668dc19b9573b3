"""Bulk actions."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    "bulk_unknown": _l("There is no bulk action %(name)s."),
    "bulk_kind_unknown": _l("There is no bulk action called %(name)s."),
    "bulk_none": _l("No rows are selected. Select at least one."),
    "bulk_too_many": _l("%(count)s rows are too many; the limit is %(most)s. Narrow the filters."),
    "bulk_begun": _l("This bulk action has already started."),
    "bulk_not_begun": _l("This bulk action has not started yet."),
    "bulk_ended": _l("This bulk action has already finished."),
    "bulk_nothing_failed": _l("No row of this bulk action failed."),
    "bulk_stopped": _l("Not processed: the bulk action was stopped"),
    "bulk_row_broke": _l("An internal error occurred. See the log."),
    "bulk_submission_retried": _l("Requested again"),
    "bulk_invoiced": _l("Invoice %(number)s created"),
    "reason_hurts_unless_asked": _l("Counts in your cancellation rate unless the buyer asked through Amazon."),
    "bulk_started": _l("Bulk action %(bulk)s started for %(count)s rows"),
    "bulk_retried": _l("Bulk action %(bulk)s: retrying failed rows: %(count)s"),
    "bulk_finished": _l("Bulk action %(bulk)s ended: %(done)s done, %(failed)s failed, %(skipped)s skipped"),
}
