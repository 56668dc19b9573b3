"""Uploading an invoice or credit note to Amazon."""

from datetime import UTC, datetime

from flask import Blueprint, Response, request, url_for
from flask_login import current_user

from webapp.core.extensions import db, settings
from webapp.queries.invoicing import documents
from webapp.queries.invoicing.vat_invoices import Document
from webapp.services.submissions import vat_invoices
from webapp.web.auth import requires
from webapp.web.responses import see_other
from webapp.web.worker_notification import enqueue_submissions

bp = Blueprint("vat_invoices", __name__)


@bp.post("/invoices/<number>/uploads")
@requires("orders.write")
def upload_invoice(number: str) -> Response:
    return _upload(documents.get_invoice(db.session(), number), url_for("invoices.show", number=number))


@bp.post("/credit-memos/<number>/uploads")
@requires("orders.write")
def upload_credit_memo(number: str) -> Response:
    return _upload(documents.get_credit_memo(db.session(), number), url_for("credit_memos.show", number=number))


def _upload(document: Document, url: str) -> Response:
    submission = vat_invoices.upload(
        db.session(), document, undo_seconds=settings().undo_seconds, now=datetime.now(UTC), actor=current_user.actor
    )
    enqueue_submissions(submission.account_id)
    return see_other(request, url)
