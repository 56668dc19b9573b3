"""Invoices: writing one, and one with its lines, totals and comments."""

from typing import Any

from flask import Blueprint, Response, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from webapp.actions import invoices as actions
from webapp.domain import documents as domain
from webapp.domain import order_states
from webapp.domain.money import Money
from webapp.extensions import db
from webapp.forms.comments import CommentForm
from webapp.forms.documents import DocumentForm, pieces
from webapp.forms.invoices import invoice_form
from webapp.models.orders import Order
from webapp.queries import documents as queries
from webapp.queries import orders, vat_invoices
from webapp.security import needs
from webapp.views import document_forms, documents

bp = Blueprint("invoices", __name__)


@bp.get("/orders/<number>/invoices/new")
@needs("orders.write")
def new(number: str) -> Response:
    return document_forms.new(number, KIND)


@bp.post("/orders/<number>/invoices/previews")
@needs("orders.write")
def preview(number: str) -> Response:
    return document_forms.preview(number, KIND)


@bp.post("/orders/<number>/invoices")
@needs("orders.write")
def create(number: str) -> Response:
    return document_forms.create(number, KIND)


@bp.get("/invoices/<number>")
@needs("orders.read")
def show(number: str) -> Response:
    session = db.session()
    invoice = queries.invoice(session, number)
    order = orders.by_id(session, invoice.order_id)
    grand = (_l("Grand total"), Money(invoice.total, order.currency), True)
    return documents.show(
        "invoices/show.html",
        order,
        document=invoice,
        upload=vat_invoices.upload_of(session, order, invoice),
        totals=[*documents.parts(invoice, order.currency), grand],
        remarks=documents.of_document(session, order, invoice_id=invoice.id),
        form=CommentForm(formdata=None),
    )


@bp.post("/invoices/<number>/comments")
@needs("orders.write")
def comment(number: str) -> Response:
    url = url_for("invoices.show", number=number)
    return documents.comment_on(lambda session: queries.invoice(session, number), "invoice_id", url)


def _worth(_session: Session, order: Order, form: DocumentForm) -> dict[str, Any]:
    draft = domain.invoice(order.items, order.total, pieces(form, order.items))
    return {"worth": documents.worth(draft, order.currency, _l("Grand total"))}


def _write(session: Session, order: Order, form: DocumentForm, about: dict[str, Any]) -> str:
    return actions.create(session, order.id, pieces(form, order.items), **about).number


KIND = document_forms.Kind(
    "invoices",
    "invoice",
    invoice_form,
    _worth,
    _write,
    lambda number: _("Invoice %(number)s was written.", number=number),
    _l("New invoice"),
    order_states.left_to_invoice,
)
