"""Unconfirmed refunds: a person who has checked Seller Central enters the outcome."""

from datetime import UTC, datetime

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from webapp.core.extensions import db
from webapp.services.submissions import refunds
from webapp.web.auth import requires
from webapp.web.responses import see_other
from webapp.web.worker_notification import enqueue_submissions

bp = Blueprint("refunds", __name__, url_prefix="/submissions/<int:submission_id>")


@bp.post("/arrival")
@requires("submissions.write")
def mark_refunded(submission_id: int) -> Response:
    """Mark the refund as made."""
    refunds.mark_refunded(db.session(), submission_id, now=datetime.now(UTC), actor=current_user.actor)
    flash(_("Recorded as refunded."), "good")
    return _redirect_back(submission_id)


@bp.post("/miss")
@requires("submissions.write")
def mark_not_refunded(submission_id: int) -> Response:
    """Mark the refund as not made and release its amounts."""
    refunds.mark_not_refunded(db.session(), submission_id, now=datetime.now(UTC), actor=current_user.actor)
    flash(_("Recorded as not refunded. The amount can be refunded again."), "good")
    return _redirect_back(submission_id)


@bp.post("/resends")
@requires("submissions.write")
def resend(submission_id: int) -> Response:
    """Mark the refund as not made and send it again."""
    submission = refunds.resend(db.session(), submission_id, now=datetime.now(UTC), actor=current_user.actor)
    enqueue_submissions(submission.account_id)
    return _redirect_back(submission_id)


def _redirect_back(submission_id: int) -> Response:
    return see_other(request, url_for("submissions.show", submission_id=submission_id))
