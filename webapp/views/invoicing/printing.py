"""PDF files of invoices, packing slips, credit memos, and of all documents of an order."""

from collections.abc import Sequence

from flask import Blueprint, Response, stream_with_context, url_for
from flask_babel import gettext as _

from webapp.core.extensions import db
from webapp.domain.errors import RefusedError, require
from webapp.models.bulk_actions import BulkAction
from webapp.printing import renderer
from webapp.queries.invoicing import documents
from webapp.queries.invoicing import printing as queries
from webapp.queries.invoicing.printing import Key
from webapp.queries.orders import orders
from webapp.web.auth import has_permission, requires

bp = Blueprint("printing", __name__)


@bp.get("/invoices/<number>/pdf", endpoint="invoice")
@requires("documents.print")
def invoice_pdf(number: str) -> Response:
    invoice = documents.get_invoice(db.session(), number)
    return _send_pdf([("invoice", invoice.id)], f"invoice-{invoice.number}")


@bp.get("/shipments/<number>/pdf", endpoint="shipment")
@requires("documents.print")
def shipment_pdf(number: str) -> Response:
    shipment = documents.get_shipment(db.session(), number)
    return _send_pdf([("shipment", shipment.id)], f"packing-slip-{shipment.number}")


@bp.get("/credit-memos/<number>/pdf", endpoint="credit_memo")
@requires("documents.print")
def credit_memo_pdf(number: str) -> Response:
    credit_memo = documents.get_credit_memo(db.session(), number)
    return _send_pdf([("credit_memo", credit_memo.id)], f"credit-memo-{credit_memo.number}")


@bp.get("/orders/<number>/pdf", endpoint="order")
@requires("documents.print")
def order_pdf(number: str) -> Response:
    """Render the invoices, packing slips and credit memos of an order as one PDF."""
    order = orders.get_by_number(db.session(), number)
    keys = queries.list_of_orders(db.session(), [order.id])
    if not keys:
        raise RefusedError("nothing_to_print", number=order.number)
    return _send_pdf(keys, f"order-{order.number}")


@bp.get("/orders/<number>/packing-slip/pdf")
@requires("documents.print")
def packing_slip(number: str) -> Response:
    """Render a packing slip of the units of an order that are left to ship."""
    order = orders.get_by_number(db.session(), number)
    keys = queries.list_unshipped(db.session(), [order.id])
    if not keys:
        raise RefusedError("nothing_to_pack", number=order.number)
    return _send_pdf(keys, f"packing-slip-{order.number}")


@bp.get("/bulk/<int:action_id>/pdf")
@requires("documents.print")
def printed(action_id: int) -> Response:
    """Send the PDF that a bulk action created."""
    session = db.session()
    file = require(queries.find_file(session, action_id), "printed_file_gone")
    content = stream_with_context(queries.iterate_parts(session, file.id))
    return _set_file_name(Response(content, mimetype="application/pdf"), f"bulk-{action_id}")


def result(action: BulkAction) -> tuple[str, str] | None:
    """Return text and URL of the link to the bulk action's PDF, or None if it is gone or the user may not see it."""
    if not has_permission("documents.print") or queries.find_file(db.session(), action.id) is None:
        return None
    return _("Open the PDF"), url_for("printing.printed", action_id=action.id)


def _send_pdf(keys: Sequence[Key], name: str) -> Response:
    return _set_file_name(Response(renderer.render_documents(db.session(), keys), mimetype="application/pdf"), name)


def _set_file_name(response: Response, name: str) -> Response:
    response.headers.set("Content-Disposition", "inline", filename=f"{name}.pdf")
    # It contains personal data.
    response.headers["Cache-Control"] = "no-store"
    return response
