"""Shipping labels: request services for a package, choose one, print the label, request its refund."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from webapp.core.extensions import db
from webapp.domain.errors import InvalidError, RefusedError, require
from webapp.domain.shipping import labels as domain
from webapp.domain.shipping.labels import Package
from webapp.domain.submissions import shipment_confirmation
from webapp.forms.labels import PackageForm, describe_package
from webapp.messages import text_for
from webapp.models.bulk_actions import BulkAction
from webapp.models.orders import Order
from webapp.models.shipping_labels import ShippingLabel
from webapp.printing import labels as printing
from webapp.queries.orders import orders
from webapp.queries.shipping import labels as queries
from webapp.services.shipping import labels
from webapp.web import worker_notification
from webapp.web.auth import has_permission, requires
from webapp.web.form_errors import add_error
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other, stop_polling, wants_fragment

bp = Blueprint("labels", __name__)

_ORDER = ("labels/_order.html", "labels/order.html")
_LABEL = ("labels/_label.html", "labels/show.html")
_BATCH = ("labels/_batch.html", "labels/batch.html")
_SUFFIXES = {"application/pdf": "pdf", "application/zpl": "zpl", "image/png": "png"}


@bp.get("/orders/<number>/labels")
@requires("orders.read")
def index(number: str) -> Response:
    """Render the labels of an order, and the form for another one."""
    order = orders.get_by_number(db.session(), number)
    form = PackageForm(formdata=None, presets=queries.list_presets(db.session(), order.store_id))
    if form.presets:
        form.preset.data = next(iter(form.presets))
    return render_fragment_or_page(request, *_ORDER, **_build_order_context(order, form))


@bp.post("/orders/<number>/labels")
@requires("labels.write")
def create(number: str) -> Response:
    """Request the services for a package."""
    session = db.session()
    order = orders.get_by_number(session, number)
    form = PackageForm(presets=queries.list_presets(session, order.store_id))
    message = ""
    try:
        label = labels.request_services(
            session,
            order.id,
            form.read_package(),
            label_format=form.label_format.data or "",
            ship_anyway=bool(form.ship_anyway.data),
            now=datetime.now(UTC),
            actor=current_user.actor,
        )
    except InvalidError as error:
        session.rollback()
        add_error(form, error)
    except RefusedError as error:
        session.rollback()
        message = text_for(error.code, error.arguments)
    else:
        label_id, account_id = label.id, label.account_id
        _enqueue(account_id)
        return see_other(request, url_for("labels.show", label_id=label_id))
    order = orders.get_by_number(session, number)
    return render_invalid(request, *_ORDER, **_build_order_context(order, form, message))


@bp.get("/labels/<int:label_id>")
@requires("orders.read")
def show(label_id: int) -> Response:
    """Render a label; the fragment polls while a job works on it."""
    label = queries.get(db.session(), label_id)
    if label.state not in domain.MOVING and wants_fragment(request):
        return stop_polling(_LABEL[0], **_build_label_context(label))
    return render_fragment_or_page(request, *_LABEL, **_build_label_context(label))


@bp.post("/labels/<int:label_id>/purchases")
@requires("labels.write")
def buy(label_id: int) -> Response:
    """Buy the label of the chosen service."""
    session = db.session()
    try:
        labels.choose(
            session, label_id, request.form.get("service", ""), now=datetime.now(UTC), actor=current_user.actor
        )
    except (InvalidError, RefusedError) as error:
        session.rollback()
        label = queries.get(session, label_id)
        message = text_for(error.code, error.arguments)
        return render_invalid(request, *_LABEL, **_build_label_context(label, message))
    return _back(label_id)


@bp.post("/labels/<int:label_id>/discards")
@requires("labels.write")
def discard(label_id: int) -> Response:
    session = db.session()
    label = labels.discard(session, label_id, now=datetime.now(UTC), actor=current_user.actor)
    number = label.order.number
    flash(_("The label was discarded."), "good")
    return see_other(request, url_for("labels.index", number=number))


@bp.post("/labels/<int:label_id>/refunds")
@requires("labels.write")
def refund(label_id: int) -> Response:
    """Request the refund of an unused label."""
    labels.refund(db.session(), label_id, now=datetime.now(UTC), actor=current_user.actor)
    return _back(label_id)


@bp.post("/labels/<int:label_id>/checks")
@requires("labels.write")
def check(label_id: int) -> Response:
    """Look for a label whose answer was lost, or for its refund."""
    labels.check_now(db.session(), label_id, now=datetime.now(UTC))
    flash(_("Amazon is being checked."), "good")
    return _back(label_id)


@bp.post("/labels/<int:label_id>/shipment-ids")
@requires("labels.write")
def identify(label_id: int) -> Response:
    """Take the shipment ID that Seller Central shows, to read the label by it."""
    session = db.session()
    try:
        labels.identify(
            session, label_id, request.form.get("shipment_id", ""), now=datetime.now(UTC), actor=current_user.actor
        )
    except InvalidError as error:
        session.rollback()
        message = text_for(error.code, error.arguments)
        return render_invalid(request, *_LABEL, **_build_label_context(queries.get(session, label_id), message))
    return _back(label_id)


@bp.get("/labels/<int:label_id>/document")
@requires("documents.print")
def document(label_id: int) -> Response:
    """Send the label to print."""
    label = queries.get(db.session(), label_id)
    documents = queries.load_documents(db.session(), [label.id])
    content, content_type = require(documents[0] if documents else None, "label_document_gone")
    suffix = _SUFFIXES.get(content_type, "bin")
    return _send(content, content_type, f"label-{label.order.number}-{label.id}.{suffix}", inline=suffix != "zpl")


@bp.get("/bulk/<int:action_id>/labels")
@requires("orders.read")
def batch(action_id: int) -> Response:
    """Render the labels of a bulk action with the result of each; the fragment polls until all have ended."""
    rows = queries.list_of_batch(db.session(), action_id)
    moving = sum(row.state in domain.MOVING for row in rows)
    context: dict[str, Any] = {
        "rows": rows,
        "moving": moving,
        "action_id": action_id,
        "cost": queries.sum_costs(rows),
        "printable": [row for row in rows if row.state == domain.BOUGHT and row.document_type == "application/pdf"],
        "messages": {row.id: _describe_cause(row) for row in rows},
    }
    if not moving and wants_fragment(request):
        return stop_polling(_BATCH[0], **context)
    return render_fragment_or_page(request, *_BATCH, **context)


@bp.get("/bulk/<int:action_id>/labels/pdf")
@requires("documents.print")
def batch_pdf(action_id: int) -> Response:
    """Send one PDF of all labels that a bulk action bought."""
    session = db.session()
    ids = [row.id for row in queries.list_of_batch(session, action_id) if row.state == domain.BOUGHT]
    documents = [content for content, kind in queries.load_documents(session, ids) if kind == "application/pdf"]
    if not documents:
        raise RefusedError("label_none_to_print")
    return _send(printing.merge_pdfs(documents), "application/pdf", f"labels-{action_id}.pdf", inline=True)


def result(action: BulkAction) -> tuple[str, str] | None:
    """Return text and URL of the link to the labels of a bulk action."""
    return _("View labels"), url_for("labels.batch", action_id=action.id)


def _build_order_context(order: Order, form: PackageForm, message: str = "") -> dict[str, Any]:
    session = db.session()
    rows = queries.list_of_order(session, order.id)
    refusal = labels.find_refusal_reason(session, order)
    has_sender = queries.find_sender(session, order.store_id) is not None
    return {
        "order": order,
        "rows": rows,
        "form": form,
        "message": message,
        "refusal": text_for(refusal) if refusal else "",
        "has_sender": has_sender,
        "asked_to_cancel": shipment_confirmation.is_cancellation_requested(order.amazon_order),
        "cost": queries.sum_costs(rows),
        "messages": {row.id: _describe_cause(row) for row in rows},
    }


def _build_label_context(label: ShippingLabel, message: str = "") -> dict[str, Any]:
    order = label.order
    deliver_by = order.amazon_order.deliver_by
    offers = label.service_offers if label.state == domain.OFFERED else []
    return {
        "label": label,
        "order": order,
        "message": message,
        "zone": order.store.marketplace.time_zone,
        "package": describe_package(Package(**label.package)),
        "deliver_by": deliver_by,
        "offers": [(offer, offer.refusal(label.label_format), offer.arrives_by(deliver_by)) for offer in offers],
        "cause": _describe_cause(label),
        "can_print": label.bought_at is not None and has_permission("documents.print") and bool(label.document_type),
        "moving": label.state in domain.MOVING,
        "needs_shipment_id": label.amazon_shipment_id is None and label.state in {domain.UNKNOWN, domain.BOUGHT},
    }


def _describe_cause(label: ShippingLabel) -> str:
    """Describe why a label failed or waits, with Amazon's message."""
    if not label.cause:
        return ""
    text = text_for(label.cause)
    return f"{text} {label.message}" if label.message and label.cause != "label_answer_lost" else text


def _back(label_id: int) -> Response:
    account_id = queries.get(db.session(), label_id).account_id
    _enqueue(account_id)
    return see_other(request, url_for("labels.show", label_id=label_id))


def _enqueue(account_id: int) -> None:
    warning = _("Redis does not respond. Your request is stored and is sent to Amazon once Redis is back.")
    worker_notification.enqueue("process_labels", account_id, warning)


def _send(content: bytes, content_type: str, name: str, *, inline: bool) -> Response:
    response = Response(content, mimetype=content_type)
    response.headers.set("Content-Disposition", "inline" if inline else "attachment", filename=name)
    # It contains personal data.
    response.headers["Cache-Control"] = "no-store"
    return response
