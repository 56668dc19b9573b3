"""Uploading an invoice or credit note to Amazon."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask_login import current_user

from webapp.core.extensions import db, settings
from webapp.domain.errors import InvalidError
from webapp.forms.vat_invoices import UploadForm
from webapp.models.orders import Order
from webapp.queries.invoicing import documents
from webapp.queries.invoicing import vat_invoices as queries
from webapp.queries.invoicing.vat_invoices import Document
from webapp.queries.orders import orders
from webapp.services.submissions import vat_invoices
from webapp.web.auth import requires
from webapp.web.form_errors import add_error
from webapp.web.responses import render_invalid, see_other
from webapp.web.worker_notification import enqueue_submissions

bp = Blueprint("vat_invoices", __name__)
_FORM = ("vat_invoices/_upload.html", "vat_invoices/upload.html")


@bp.post("/invoices/<number>/uploads")
@requires("invoices.write")
def upload_invoice(number: str) -> Response:
    url = url_for("invoices.show", number=number)
    return _upload(documents.get_invoice(db.session(), number), url, request.path)


@bp.post("/credit-memos/<number>/uploads")
@requires("invoices.write")
def upload_credit_memo(number: str) -> Response:
    url = url_for("credit_memos.show", number=number)
    return _upload(documents.get_credit_memo(db.session(), number), url, request.path)


def build_context(order: Order, document: Document, form: UploadForm | None = None) -> dict[str, Any]:
    """Return the context of `vat_invoices/_upload.html`, besides its addresses."""
    upload = queries.load_upload(db.session(), order, document)
    form = form or UploadForm(formdata=None)
    if upload.reference is not None:
        form.name_reference(upload.reference)
    return {"upload": upload, "upload_form": form}


def _upload(document: Document, url: str, upload_url: str) -> Response:
    form = UploadForm()
    now, actor = datetime.now(UTC), current_user.actor
    try:
        submission = vat_invoices.upload(
            db.session(),
            document,
            reference_id=form.reference_id.data or "",
            undo_seconds=settings().undo_seconds,
            now=now,
            actor=actor,
        )
    except InvalidError as error:
        order = orders.get_by_id(db.session(), document.order_id)
        context = build_context(order, document, form)
        add_error(form, error)
        return render_invalid(
            request,
            *_FORM,
            **context,
            upload_url=upload_url,
            document=document,
            order=order,
            document_url=url,
            zone=order.store.marketplace.time_zone,
        )
    enqueue_submissions(submission.account_id)
    return see_other(request, url)
