"""Submissions: list, page of one, undo, check now, retry."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user

from webapp.core.extensions import db, settings
from webapp.domain.common import marketplaces
from webapp.domain.common.money import Money
from webapp.domain.submissions import shipment_confirmation
from webapp.domain.submissions import state_machine as submission_states
from webapp.forms.submissions import SubmissionFilters
from webapp.messages.status_labels import label
from webapp.models.submissions import Submission
from webapp.queries import submissions
from webapp.queries.accounts import stores
from webapp.services.submissions import shipment_confirmations, user_actions
from webapp.views.listing import grid_page
from webapp.views.orders.event_lines import list_entries
from webapp.views.submissions import subject as submission_subject
from webapp.web.auth import find_local_target, has_permission, requires
from webapp.web.formatting import money, number
from webapp.web.formatting.actors import names
from webapp.web.responses import render_fragment_or_page, see_other
from webapp.web.worker_notification import enqueue_submissions

bp = Blueprint("submissions", __name__, url_prefix="/submissions")

RETRYABLE = frozenset({submission_states.REJECTED, submission_states.UNPROVED})
HEADS = {
    "requested": (_l("Requested"), False),
    "kind": (_l("Kind"), False),
    "number": (_l("Amazon order number"), False),
    "state": (_l("State"), False),
    "said": (_l("Server response"), False),
}


@bp.get("")
@requires("submissions.read")
def index() -> Response:
    session = db.session()
    form = SubmissionFilters(request.args, accounts=stores.list_accounts(session))
    shown = grid_page.show(session, submissions.GRID, form, HEADS, request, _format_count)
    rows = shown.page.rows if shown.page else []
    return render_fragment_or_page(
        request,
        "submissions/_list.html",
        "submissions/index.html",
        shown=shown,
        rows=rows,
        list_url=grid_page.build_grid_url("submissions.index", form, request.args),
        people=names(session, [row.Submission.requested_by for row in rows]),
        # Only the first page polls; later pages show old submissions.
        pace=0 if shown.pager.previous else _poll_interval([row.Submission for row in rows]),
        zone_of=marketplaces.get_time_zone,
        is_possible=_is_possible,
    )


@bp.get("/<int:submission_id>")
@requires("submissions.read")
def show(submission_id: int) -> Response:
    session = db.session()
    submission = submissions.find(session, submission_id)
    zone = submission.amazon_order.store.marketplace.time_zone
    is_retryable = submission.state in RETRYABLE
    parcel = (
        shipment_confirmations.find_parcel(session, submission)
        if submission.kind == shipment_confirmation.KIND
        else None
    )
    return render_fragment_or_page(
        request,
        "submissions/_submission.html",
        "submissions/show.html",
        submission=submission,
        zone=zone,
        actor=names(session, [submission.requested_by])[submission.requested_by],
        history=list_entries(session, submissions.list_events(session, submission), zone),
        pace=_poll_interval([submission]),
        is_possible=_is_possible,
        refused=user_actions.resubmit_error(session, submission) if is_retryable else None,
        is_retryable=is_retryable,
        shipment=_find_shipment(submission),
        parcel=parcel,
        parcel_submission=shipment_confirmations.find_latest(session, parcel) if parcel else None,
        changes=_list_changes(submission) if submission.state == submission_states.CONFLICT else [],
        about=submission_subject.build_context(session, submission),
    )


@bp.post("/<int:submission_id>/undo")
@requires("submissions.write")
def undo(submission_id: int) -> Response:
    """Undo the submission before it is sent; then go to `next` or to its page."""
    user_actions.undo(db.session(), submission_id, now=datetime.now(UTC), actor=current_user.actor)
    flash(_("Undone. Nothing was sent to Amazon."), "good")
    return _redirect_back(submission_id)


@bp.post("/<int:submission_id>/looks")
@requires("submissions.write")
def check_now(submission_id: int) -> Response:
    """Check the state at Amazon now."""
    submission = user_actions.check_now(db.session(), submission_id, now=datetime.now(UTC))
    enqueue_submissions(submission.account_id)
    return _redirect_back(submission_id)


@bp.post("/<int:submission_id>/again")
@requires("submissions.write")
def resubmit(submission_id: int) -> Response:
    """Retry as a new submission; then go to `next` or to its page."""
    retry = user_actions.resubmit(
        db.session(),
        submission_id,
        undo_seconds=settings().undo_seconds,
        now=datetime.now(UTC),
        actor=current_user.actor,
    )
    enqueue_submissions(retry.account_id)
    return _redirect_back(retry.id)


@bp.post("/<int:submission_id>/force")
@requires("submissions.write")
def override_conflict(submission_id: int) -> Response:
    """Send the submission in spite of the conflict."""
    submission = user_actions.override_conflict(
        db.session(), submission_id, now=datetime.now(UTC), actor=current_user.actor
    )
    enqueue_submissions(submission.account_id)
    return _redirect_back(submission_id)


def _redirect_back(submission_id: int) -> Response:
    target = request.form.get("next")
    url = find_local_target(target) if target else url_for("submissions.show", submission_id=submission_id)
    return see_other(request, url)


class FieldChange(NamedTuple):
    """A field of the order: its value when the submission was requested, and now."""

    name: str
    before: str
    now: str

    @property
    def changed(self) -> bool:
        return self.before != self.now


def _list_changes(submission: Submission) -> list[FieldChange]:
    now = {name: getattr(submission.amazon_order, name) for name in user_actions.SNAPSHOT_FIELDS}
    # The reason is personal data and only stored with the Amazon order, encrypted.
    reason = submission.amazon_order.cancel_reason if has_permission("pii.read") else None
    before, after = _label_values(submission.snapshot), _label_values(now, reason=reason)
    return [FieldChange(name, before[name], after[name]) for name in after]


def _label_values(values: dict[str, Any], *, reason: str | None = None) -> dict[str, str]:
    """Return label → text of each field. `reason`: the buyer's reason to cancel, if the user may read it."""
    shipped, ordered = values.get("quantity_shipped", 0), values.get("quantity", 0)
    total, currency = values.get("total"), values.get("currency")
    asks = _("Yes") if values.get("cancel_requested") else _("No")
    return {
        _("Amazon status"): str(label("amazon_status", values.get("status", "")).text),
        _("Units shipped"): _("%(shipped)s of %(ordered)s", shipped=shipped, ordered=ordered),
        _("Buyer requested cancellation"): f"{asks}: {reason}" if reason and values.get("cancel_requested") else asks,
        _("Total"): money(Money(total, currency)) if total is not None and currency else "–",
    }


def _find_shipment(submission: Submission) -> tuple[str, str] | None:
    """Return (number, URL) of the submission's shipment, or None."""
    if submission.kind != shipment_confirmation.KIND:
        return None
    number = str(submission.details["shipment"])
    return number, url_for("shipments.show", number=number)


def _is_possible(action: str, submission: Submission) -> bool:
    """Return whether `undo` or `look` is possible now."""
    if action == "undo":
        return submission_states.is_allowed("undo", submission.state)
    return submission_states.may_check_early(submission.state, submission.undo_until, datetime.now(UTC))


def _format_count(count: int) -> str:
    return str(ngettext("%(count)s submission", "%(count)s submissions", count, count=number(count)))


def _poll_interval(submissions: list[Submission]) -> int:
    """Return the poll interval in seconds; 0 when nothing will change."""
    pending = [
        submission for submission in submissions if submission.open and submission.state != submission_states.CONFLICT
    ]
    if not pending:
        return 0
    return 2 if any(submission.state != submission_states.SENT for submission in pending) else 5
