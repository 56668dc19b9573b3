"""Documents on paper: an invoice, a packing slip, a credit memo, or all that an Order has, as one PDF to look at."""

from collections.abc import Sequence

from flask import Blueprint, Response, stream_with_context, url_for
from flask_babel import gettext as _

from webapp import printing
from webapp.core.extensions import db
from webapp.domain.errors import NotFoundError, RefusedError
from webapp.models.bulk_actions import BulkAction
from webapp.queries.invoicing import documents
from webapp.queries.invoicing import printing as queries
from webapp.queries.invoicing.printing import Key
from webapp.queries.orders import orders
from webapp.web.auth import has_permission, requires

bp = Blueprint("printing", __name__)


@bp.get("/invoices/<number>/pdf")
@requires("documents.print")
def invoice(number: str) -> Response:
    found = documents.invoice(db.session(), number)
    return _pdf([("invoice", found.id)], f"invoice-{found.number}")


@bp.get("/shipments/<number>/pdf")
@requires("documents.print")
def shipment(number: str) -> Response:
    found = documents.shipment(db.session(), number)
    return _pdf([("shipment", found.id)], f"packing-slip-{found.number}")


@bp.get("/credit-memos/<number>/pdf")
@requires("documents.print")
def credit_memo(number: str) -> Response:
    found = documents.credit_memo(db.session(), number)
    return _pdf([("credit_memo", found.id)], f"credit-memo-{found.number}")


@bp.get("/orders/<number>/pdf")
@requires("documents.print")
def order(number: str) -> Response:
    """Its invoices, then its packing slips, then its credit memos."""
    found = orders.by_number(db.session(), number)
    keys = queries.of_orders(db.session(), [found.id])
    if not keys:
        raise RefusedError("nothing_to_print", number=found.number)
    return _pdf(keys, f"order-{found.number}")


@bp.get("/orders/<number>/packing-slip/pdf")
@requires("documents.print")
def packing_slip(number: str) -> Response:
    """What is left to ship of an order, to pack it by."""
    found = orders.by_number(db.session(), number)
    keys = queries.unshipped(db.session(), [found.id])
    if not keys:
        raise RefusedError("nothing_to_pack", number=found.number)
    return _pdf(keys, f"packing-slip-{found.number}")


@bp.get("/bulk/<int:action_id>/pdf")
@requires("documents.print")
def printed(action_id: int) -> Response:
    """What a bulk action printed."""
    session = db.session()
    file = queries.file_of(session, action_id)
    if file is None:
        raise NotFoundError("printed_file_gone")
    content = stream_with_context(queries.parts(session, file.id))
    return _named(Response(content, mimetype="application/pdf"), f"bulk-{action_id}")


def result(action: BulkAction) -> tuple[str, str] | None:
    """Text and address of the link to what the bulk action printed, while it is kept and for who may see it."""
    if not has_permission("documents.print") or queries.file_of(db.session(), action.id) is None:
        return None
    return _("Open the PDF"), url_for("printing.printed", action_id=action.id)


def _pdf(keys: Sequence[Key], name: str) -> Response:
    return _named(Response(printing.many(db.session(), keys), mimetype="application/pdf"), name)


def _named(response: Response, name: str) -> Response:
    response.headers.set("Content-Disposition", "inline", filename=f"{name}.pdf")
    # A buyer's data: no cache may keep it.
    response.headers["Cache-Control"] = "no-store"
    return response
