"""Past orders and reports."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    "backfill_days_out_of_range": _l("A backfill covers 1 to %(most)s days."),
    "backfill_unfinished": _l("A backfill of this account has not ended. Wait for it, or resume it if it is paused."),
    "backfill_running": _l("The backfill of this account is reading a page. Try again in a moment."),
    "backfill_not_running": _l("There is no backfill to pause."),
    "backfill_not_paused": _l("There is no paused backfill."),
    "backfill_started": _l("Backfill of %(from)s to %(to)s started."),
    "backfill_paused": _l("Backfill paused."),
    "backfill_resumed": _l("Backfill resumed."),
    "backfill_report_failed": _l("Amazon could not create the report. It is requested again."),
    "backfill_report_unreadable": _l("Amazon's report has no readable header. It is requested again."),
    "backfill_method_unknown": _l("There is no method %(method)s. Use report or search."),
    "completeness_running": _l("The check of this account is running. Try again in a moment."),
    "order_reads_running": _l("The orders of this account are being read. Try again in a moment."),
    "report_columns_missing": _l("%(name)s has no header with these columns: %(columns)s."),
    "report_encoding_unknown": _l("%(name)s is no text in a known encoding."),
    "report_lines_unreadable": _l(
        "Lines of Amazon's report cannot be read, so their orders were not compared. The log names them."
    ),
    "report_number_malformed": _l("There is no Amazon order number in column %(column)s."),
    "report_quantity_malformed": _l("Column %(column)s is not a quantity."),
    "report_amount_malformed": _l("Column %(column)s is not an amount."),
    "report_time_malformed": _l("Column %(column)s is not a time."),
    "backfill_done": _l("Backfill finished: %(count)s orders read, %(new)s of them new."),
}
