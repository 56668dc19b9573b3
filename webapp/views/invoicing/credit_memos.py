"""Credit memos: the page of one."""

from flask import Blueprint, Response
from flask_babel import lazy_gettext as _l

from webapp.core.extensions import db
from webapp.domain.common.money import Money
from webapp.domain.invoicing import amazon_refunds
from webapp.forms.orders import CommentForm
from webapp.models.documents import CreditMemo
from webapp.queries import submissions
from webapp.queries.invoicing import documents as queries
from webapp.queries.invoicing import refund_findings
from webapp.queries.orders import orders
from webapp.views.invoicing import common as document_pages
from webapp.views.listing import registry
from webapp.views.listing.pages import add_routes
from webapp.views.orders import submissions_panel
from webapp.views.submissions import vat_invoices
from webapp.web.auth import requires

bp = Blueprint("credit_memos", __name__)
add_routes(bp, registry.CREDIT_MEMOS, "/credit-memos")


@bp.get("/credit-memos/<number>")
@requires("orders.read")
def show(number: str) -> Response:
    session = db.session()
    memo = queries.get_credit_memo(session, number)
    order = orders.get_by_id(session, memo.order_id)
    submission = submissions.find_latest(session, order.amazon_order_id, amazon_refunds.KIND, str(memo.id))
    return document_pages.render(
        "credit_memos/show.html",
        order,
        document=memo,
        **vat_invoices.build_context(order, memo),
        submission=submission,
        findings=refund_findings.list_for_memo(session, memo.id),
        pace=submissions_panel.poll_interval([submission] if submission else []),
        totals=build_totals(memo, order.currency),
        remarks=document_pages.list_document_comments(session, order, credit_memo_id=memo.id),
        form=CommentForm(formdata=None),
    )


def build_totals(memo: CreditMemo, currency: str) -> list[document_pages.Total]:
    """Return the rows of the totals: amounts, adjustments, grand total."""
    rows = document_pages.build_amount_rows(memo, currency)
    if memo.adjustment_refund:
        rows.append((_l("Adjustment refund"), Money(memo.adjustment_refund, currency), False))
    if memo.adjustment_fee:
        rows.append((_l("Adjustment fee"), Money(-memo.adjustment_fee, currency), False))
    name = _l("Total refunded") if memo.state in amazon_refunds.GIVEN else _l("Total to refund")
    return [*rows, (name, Money(memo.total, currency), True)]
