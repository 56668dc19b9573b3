"""Documents on paper: an invoice, a packing slip, a credit memo, or all that an Order has, as one PDF to look at."""

from collections.abc import Sequence

from flask import Blueprint, Response

from webapp import printing
from webapp.domain.errors import RefusedError
from webapp.extensions import db
from webapp.queries import documents, orders
from webapp.queries import printing as queries
from webapp.queries.printing import Key
from webapp.security import needs

bp = Blueprint("printing", __name__)


@bp.get("/invoices/<number>/pdf")
@needs("documents.print")
def invoice(number: str) -> Response:
    found = documents.invoice(db.session(), number)
    return _pdf([("invoice", found.id)], f"invoice-{found.number}")


@bp.get("/shipments/<number>/pdf")
@needs("documents.print")
def shipment(number: str) -> Response:
    found = documents.shipment(db.session(), number)
    return _pdf([("shipment", found.id)], f"packing-slip-{found.number}")


@bp.get("/credit_memos/<number>/pdf")
@needs("documents.print")
def credit_memo(number: str) -> Response:
    found = documents.credit_memo(db.session(), number)
    return _pdf([("credit_memo", found.id)], f"credit-memo-{found.number}")


@bp.get("/orders/<number>/pdf")
@needs("documents.print")
def order(number: str) -> Response:
    """Its invoices, then its packing slips, then its credit memos."""
    found = orders.by_number(db.session(), number)
    keys = queries.of_orders(db.session(), [found.id])
    if not keys:
        raise RefusedError("nothing_to_print", number=found.number)
    return _pdf(keys, f"order-{found.number}")


def _pdf(keys: Sequence[Key], name: str) -> Response:
    response = Response(printing.many(db.session(), keys), mimetype="application/pdf")
    response.headers.set("Content-Disposition", "inline", filename=f"{name}.pdf")
    # A buyer's data: no cache may keep it.
    response.headers["Cache-Control"] = "no-store"
    return response
