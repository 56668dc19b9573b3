"""Canceling an order at Amazon: the dialog, and the panel that polls until the cancellation is verified."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask_login import current_user

from webapp.core.extensions import db, settings
from webapp.domain.errors import InvalidError, NotFoundError, RefusedError
from webapp.domain.submissions import cancellation
from webapp.forms.amazon_orders import CancellationForm
from webapp.messages import text_for
from webapp.queries.sync import amazon_orders as queries
from webapp.services.submissions import cancellations
from webapp.views.sync.amazon_orders import (
    TABS,
    AmazonOrderSummary,
    head,
    load,
)
from webapp.web.auth import find_local_target, requires
from webapp.web.form_errors import add_error
from webapp.web.responses import (
    render_fragment_or_page,
    render_invalid,
    see_other,
    stop_polling,
)
from webapp.web.worker_notification import enqueue_submissions

bp = Blueprint("cancellations", __name__, url_prefix="/amazon-orders/<number>")

DIALOG = ("cancellations/_new.html", "cancellations/new.html")


@bp.get("/cancellations/new")
@requires("orders.cancel")
def new(number: str) -> Response:
    summary = load(number)
    return render_fragment_or_page(
        request, *DIALOG, **_build_dialog_context(summary, CancellationForm(formdata=None), summary.refused)
    )


@bp.post("/cancellations")
@requires("orders.cancel")
def create(number: str) -> Response:
    """Queue the cancellation and go back. Errors are shown in the dialog."""
    form = CancellationForm()
    session = db.session()
    id_ = queries.get_id(session, number)
    account_id = 0
    refused: str | None = None
    if form.validate():
        try:
            submission = cancellations.request(
                session,
                id_,
                form.reason.data,
                undo_seconds=settings().undo_seconds,
                now=datetime.now(UTC),
                actor=current_user.actor,
            )
            account_id = submission.account_id
        except InvalidError as error:
            add_error(form, error)
        except RefusedError as error:
            refused = error.code
    session.rollback()
    if account_id:
        enqueue_submissions(account_id)
        return see_other(request, _build_back_url(number))
    summary = load(number)
    return render_invalid(request, *DIALOG, **_build_dialog_context(summary, form, refused or summary.refused))


@bp.get("/submissions/<int:submission_id>")
@requires("orders.read")
def follow(number: str, submission_id: int) -> Response:
    """Render the panel while it polls. The last response reloads the page."""
    summary = load(number)
    if summary.submission is None or summary.submission.id != submission_id:
        raise NotFoundError("submission_unknown", name=submission_id)
    tab = request.args.get("tab", "")
    tab = tab if tab in TABS else ""
    if summary.submission.open:
        return render_fragment_or_page(
            request, "cancellations/_submission.html", "amazon_orders/panel.html", **head(summary), tab=tab
        )
    return stop_polling("cancellations/_done.html", **head(summary), tab=tab)


def _build_dialog_context(summary: AmazonOrderSummary, form: CancellationForm, refused: str | None) -> dict[str, Any]:
    buyer_asked = summary.order.cancel_requested
    hints = {row.code: _build_hint(row.code, buyer_asked=buyer_asked) for row in cancellation.REASONS}
    back = _build_back_url(summary.order.number)
    return {"summary": summary, "order": summary.order, "form": form, "hints": hints, "refused": refused, "back": back}


def _build_back_url(number: str) -> str:
    """Return the page to go back to: `next`, or the Amazon order."""
    target = request.values.get("next")
    return find_local_target(target) if target else url_for("amazon_orders.show", number=number)


def _build_hint(code: str, *, buyer_asked: bool) -> str:
    if not cancellation.hurts_rate(code, buyer_asked=buyer_asked):
        return text_for("reason_hurts_not")
    hurts_without = not cancellation.hurts_rate(code, buyer_asked=True)
    return text_for("reason_hurts_unasked" if hurts_without else "reason_hurts")
