"""Invoices: one, with its lines, totals and comments."""

from flask import Blueprint, Response, url_for
from flask_babel import lazy_gettext as _l

from webapp.domain.money import Money
from webapp.extensions import db
from webapp.forms.comments import CommentForm
from webapp.queries import documents as queries
from webapp.queries import orders
from webapp.security import needs
from webapp.views import documents

bp = Blueprint("invoices", __name__)


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
        totals=[*documents.parts(invoice, order.currency), grand],
        remarks=documents.of_document(session, order, invoice_id=invoice.id),
        form=CommentForm(formdata=None),
    )


@bp.post("/invoices/<number>/comments")
@needs("orders.write")
def comment(number: str) -> Response:
    url = url_for("invoices.show", number=number)
    return documents.comment_on(lambda session: queries.invoice(session, number), "invoice_id", url)
