"""Credit memos: one, with its lines, totals and comments."""

from flask import Blueprint, Response, url_for
from flask_babel import lazy_gettext as _l

from webapp.domain import refunds
from webapp.domain.money import Money
from webapp.extensions import db
from webapp.forms.comments import CommentForm
from webapp.models.credit_memos import CreditMemo
from webapp.queries import documents as queries
from webapp.queries import orders, submissions, vat_invoices
from webapp.security import needs
from webapp.views import documents, order_submissions

bp = Blueprint("credit_memos", __name__)


@bp.get("/credit_memos/<number>")
@needs("orders.read")
def show(number: str) -> Response:
    session = db.session()
    memo = queries.credit_memo(session, number)
    order = orders.by_id(session, memo.order_id)
    telling = submissions.about_one(session, order.amazon_order_id, refunds.KIND, str(memo.id))
    return documents.show(
        "credit_memos/show.html",
        order,
        document=memo,
        upload=vat_invoices.upload_of(session, order, memo),
        telling=telling,
        pace=order_submissions.pace([telling] if telling else []),
        totals=totals(memo, order.currency),
        remarks=documents.of_document(session, order, credit_memo_id=memo.id),
        form=CommentForm(formdata=None),
    )


@bp.post("/credit_memos/<number>/comments")
@needs("orders.write")
def comment(number: str) -> Response:
    url = url_for("credit_memos.show", number=number)
    return documents.comment_on(lambda session: queries.credit_memo(session, number), "credit_memo_id", url)


def totals(memo: CreditMemo, currency: str) -> list[documents.Total]:
    """The parts, what is given or kept beside them, and the sum of it all."""
    rows = documents.parts(memo, currency)
    if memo.adjustment_refund:
        rows.append((_l("Adjustment refund"), Money(memo.adjustment_refund, currency), False))
    if memo.adjustment_fee:
        rows.append((_l("Adjustment fee"), Money(-memo.adjustment_fee, currency), False))
    name = _l("Total refunded") if memo.state in refunds.GIVEN else _l("Total to refund")
    return [*rows, (name, Money(memo.total, currency), True)]
