"""Invoices: writing one, and one with its lines, totals and comments."""

from typing import Any

from flask import Blueprint, Response, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from webapp.core.extensions import db
from webapp.domain.common.money import Money
from webapp.domain.invoicing import drafts as domain
from webapp.domain.orders import state_machine as order_states
from webapp.forms.documents import DocumentForm, invoice_form, pieces
from webapp.forms.orders import CommentForm
from webapp.models.orders import Order
from webapp.queries.invoicing import documents as queries
from webapp.queries.invoicing import vat_invoices
from webapp.queries.orders import orders
from webapp.services.invoicing import invoices as actions
from webapp.views.invoicing import common as document_pages
from webapp.views.invoicing import document_form
from webapp.web.auth import requires

bp = Blueprint("invoices", __name__)


@bp.get("/orders/<number>/invoices/new")
@requires("orders.write")
def new(number: str) -> Response:
    return document_form.new(number, KIND)


@bp.post("/orders/<number>/invoices/previews")
@requires("orders.write")
def preview(number: str) -> Response:
    return document_form.preview(number, KIND)


@bp.post("/orders/<number>/invoices")
@requires("orders.write")
def create(number: str) -> Response:
    return document_form.create(number, KIND)


@bp.get("/invoices/<number>")
@requires("orders.read")
def show(number: str) -> Response:
    session = db.session()
    invoice = queries.invoice(session, number)
    order = orders.by_id(session, invoice.order_id)
    grand = (_l("Grand total"), Money(invoice.total, order.currency), True)
    return document_pages.show(
        "invoices/show.html",
        order,
        document=invoice,
        upload=vat_invoices.upload_of(session, order, invoice),
        totals=[*document_pages.parts(invoice, order.currency), grand],
        remarks=document_pages.of_document(session, order, invoice_id=invoice.id),
        form=CommentForm(formdata=None),
    )


@bp.post("/invoices/<number>/comments")
@requires("orders.write")
def comment(number: str) -> Response:
    url = url_for("invoices.show", number=number)
    return document_pages.comment_on(lambda session: queries.invoice(session, number), "invoice_id", url)


def _worth(_session: Session, order: Order, form: DocumentForm) -> dict[str, Any]:
    draft = domain.invoice(order.items, order.total, pieces(form, order.items))
    return {"worth": document_pages.worth(draft, order.currency, _l("Grand total"))}


def _write(session: Session, order: Order, form: DocumentForm, about: dict[str, Any]) -> str:
    return actions.create(session, order.id, pieces(form, order.items), **about).number


KIND = document_form.Kind(
    "invoices",
    "invoice",
    invoice_form,
    _worth,
    _write,
    lambda number: _("Invoice %(number)s was written.", number=number),
    _l("New invoice"),
    order_states.left_to_invoice,
)
