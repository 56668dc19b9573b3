"""Invoices: the page of one, and creating one."""

from typing import Any

from flask import Blueprint, Response
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from webapp.core.extensions import db
from webapp.domain.common.money import Money
from webapp.domain.invoicing import drafts
from webapp.domain.orders import state_machine as order_states
from webapp.forms.documents import DocumentForm, invoice_form, parse_quantities
from webapp.forms.orders import CommentForm
from webapp.models.orders import Order
from webapp.queries.invoicing import documents as queries
from webapp.queries.orders import orders
from webapp.services.invoicing import invoices
from webapp.views.invoicing import common as document_pages
from webapp.views.invoicing import document_form
from webapp.views.invoicing.document_form import DocumentType
from webapp.views.listing import registry
from webapp.views.listing.pages import add_routes
from webapp.views.submissions import vat_invoices
from webapp.web.auth import requires

bp = Blueprint("invoices", __name__)
add_routes(bp, registry.INVOICES, "/invoices")


@bp.get("/invoices/<number>")
@requires("orders.read")
def show(number: str) -> Response:
    session = db.session()
    invoice = queries.get_invoice(session, number)
    order = orders.get_by_id(session, invoice.order_id)
    grand = (_l("Grand total"), Money(invoice.total, order.currency), True)
    return document_pages.render(
        "invoices/show.html",
        order,
        document=invoice,
        **vat_invoices.build_context(order, invoice),
        totals=[*document_pages.build_amount_rows(invoice, order.currency), grand],
        remarks=document_pages.list_document_comments(session, order, invoice_id=invoice.id),
        form=CommentForm(formdata=None),
    )


def _preview(_session: Session, order: Order, form: DocumentForm) -> dict[str, Any]:
    draft = drafts.build_invoice(order.items, order.total, parse_quantities(form, order.items))
    return {"draft_totals": document_pages.build_draft_totals(draft, order.currency, _l("Grand total"))}


def _create(session: Session, order: Order, form: DocumentForm, options: dict[str, Any]) -> str:
    return invoices.create(session, order.id, parse_quantities(form, order.items), **options).number


document_form.add_routes(
    bp,
    DocumentType(
        "invoices",
        "invoice",
        "invoices.write",
        invoice_form,
        _preview,
        _create,
        lambda number: _("Invoice %(number)s created.", number=number),
        _l("New invoice"),
        order_states.count_left_to_invoice,
        queries.get_invoice,
        "invoice_id",
    ),
)
