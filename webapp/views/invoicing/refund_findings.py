"""The refund check: differences between credit memos and Amazon's payments."""

from datetime import UTC, datetime

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user

from webapp.core.extensions import db
from webapp.domain.common import marketplaces
from webapp.domain.common.money import Money
from webapp.forms.refund_findings import RefundFindingFilters
from webapp.queries.accounts import stores
from webapp.queries.invoicing import refund_findings
from webapp.services.invoicing import refund_check
from webapp.views.listing import grid_page
from webapp.web.auth import find_local_target, requires
from webapp.web.formatting import number
from webapp.web.formatting.actors import names
from webapp.web.responses import render_fragment_or_page, see_other

bp = Blueprint("refund_findings", __name__, url_prefix="/refund-check")

# Unreadable transactions named on the page.
UNREADABLE_LIMIT = 5

HEADS = {
    "found": (_l("Found"), False),
    "kind": (_l("Finding"), False),
    "number": (_l("Order"), False),
    "expected": (_l("Credit memo"), True),
    "amount": (_l("Amazon's payments"), True),
    "posted": (_l("Refunded"), False),
    "state": (_l("State"), False),
}


@bp.get("")
@requires("orders.read")
def index() -> Response:
    session = db.session()
    accounts = stores.list_accounts(session)
    form = RefundFindingFilters(request.args, accounts=accounts)
    shown = grid_page.show(session, refund_findings.GRID, form, HEADS, request, _counted)
    rows = shown.page.rows if shown.page else []
    return render_fragment_or_page(
        request,
        "refund_findings/_list.html",
        "refund_findings/index.html",
        shown=shown,
        rows=rows,
        list_url=grid_page.build_grid_url("refund_findings.index", form, request.args),
        people=names(session, [row.RefundFinding.resolved_by for row in rows if row.RefundFinding.resolved_by]),
        zone_of=marketplaces.get_time_zone,
        accounts=accounts,
        money=Money,
        unreadable_count=refund_findings.count_unreadable(session),
        unreadable=refund_findings.list_unreadable(session, UNREADABLE_LIMIT),
    )


@bp.post("/<int:finding_id>/checks")
@requires("refunds.write")
def resolve(finding_id: int) -> Response:
    """Mark a finding as checked; then go to `next` or to the list."""
    refund_check.resolve(db.session(), finding_id, now=datetime.now(UTC), actor=current_user.actor)
    flash(_("Marked as checked."), "good")
    target = request.form.get("next")
    return see_other(request, find_local_target(target) if target else url_for("refund_findings.index", unresolved=1))


def _counted(count: int) -> str:
    return str(ngettext("%(count)s finding", "%(count)s findings", count, count=number(count)))
