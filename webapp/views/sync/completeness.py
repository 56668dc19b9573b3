"""The completeness ledger: Amazon's counts and ours, and missing or differing orders."""

from datetime import UTC, datetime, timedelta

from flask import Response, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.core.extensions import db
from webapp.queries.sync import completeness
from webapp.services.sync import completeness as service
from webapp.views.sync.runs import bp
from webapp.web.auth import requires
from webapp.web.formatting import number
from webapp.web.input_validation import parse_id
from webapp.web.responses import render_fragment_or_page, see_other

# Days kept in view: a little more than the weekly check covers. Complete days are listed for a week unless asked for.
DAYS = 35
COMPLETE_DAYS = 7


@bp.get("/completeness")
@requires("logs.read")
def completeness_ledger() -> Response:
    session = db.session()
    today = datetime.now(UTC).date()
    since, week = today - timedelta(days=DAYS), today - timedelta(days=COMPLETE_DAYS)
    all_days = request.args.get("days") == "all"
    return render_fragment_or_page(
        request,
        "sync_runs/_completeness.html",
        "sync_runs/completeness.html",
        checks=completeness.list_checks(session),
        days=completeness.list_days(session, since, since if all_days else week),
        all_days=all_days,
        day_count=DAYS,
        gaps=completeness.list_gaps(session),
        unrepaired=completeness.count_unrepaired(session),
    )


@bp.post("/completeness/checks")
@requires("schedule.write")
def check_now() -> Response:
    """Check the last 30 days of an account; the scheduler starts it within a second."""
    service.request(db.session(), request.form.get("account", 0, type=parse_id), now=datetime.now(UTC))
    flash(_("The last 30 days are being compared with Amazon's report. This takes some minutes."), "good")
    return see_other(request, url_for("syncs.completeness_ledger"))


@bp.post("/completeness/repairs")
@requires("schedule.write")
def repair_now() -> Response:
    """Read all orders that were missing or differing again."""
    count = service.repair(db.session(), now=datetime.now(UTC))
    text = ngettext("%(count)s order is being read.", "%(count)s orders are being read.", count, count=number(count))
    flash(text, "good")
    return see_other(request, url_for("syncs.completeness_ledger"))
