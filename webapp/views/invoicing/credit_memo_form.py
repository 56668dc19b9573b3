"""Creating a credit memo: its lines and amounts, refunded by Amazon or only recorded."""

from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from webapp.core.extensions import db, settings
from webapp.domain.common.money import Money
from webapp.domain.errors import AppError, InvalidError, NotFoundError, RefusedError
from webapp.domain.invoicing import drafts
from webapp.domain.orders import state_machine as order_states
from webapp.forms.credit_memos import CreditMemoForm, credit_memo_form
from webapp.messages import text_for
from webapp.models.orders import Order
from webapp.queries.invoicing import documents, refundable
from webapp.queries.returns import returns
from webapp.services.invoicing import credit_memos
from webapp.services.returns import handling
from webapp.views.invoicing import common as document_pages
from webapp.views.invoicing import document_form
from webapp.views.invoicing.credit_memos import bp
from webapp.views.invoicing.document_form import DocumentType
from webapp.web.input_validation import parse_id
from webapp.web.worker_notification import enqueue_submissions


def _build_form(order: Order) -> CreditMemoForm:
    """Return the form, filled with all that is left, to be refunded by Amazon where Amazon would refund all of it."""
    session = db.session()
    form = credit_memo_form(order, refundable.load_refundable(session, order))
    if not form.is_submitted():
        refunded = refundable.sum_credited(session, order)
        draft = drafts.build_full_credit(
            order.items, order.total, given=refunded, money_left=_get_remaining_amount(order)
        )
        form.fill(draft, on_amazon=_find_amazon_error(session, order, draft) is None)
        return_id = request.args.get("return", type=parse_id)
        if return_id is not None:
            _fill_from_return(session, order, form, return_id)
    return form


def _fill_from_return(session: Session, order: Order, form: CreditMemoForm, return_id: int) -> None:
    row = returns.get_return(session, return_id)
    if row.amazon_order_id != order.amazon_order_id:
        raise NotFoundError("return_unknown", name=return_id)
    quantities: dict[int, int] = {}
    left = row.quantity
    for line in order.items:
        if line.sku == row.sku or (not row.sku and line.asin == row.asin):
            quantities[line.id] = min(left, order_states.count_left_to_refund(line))
            left -= quantities[line.id]
    to_stock = row.restocked_at is None and handling.find_product(session, row) is not None
    form.fill_from_return(quantities, return_id, to_stock=to_stock)


def _preview(session: Session, order: Order, form: CreditMemoForm) -> dict[str, Any]:
    shipping = drafts.compute_remaining_shipping(order.items, refundable.sum_credited(session, order))
    context = {
        "shipping_left": Money(sum(shipping.values()), order.currency),
        "at_amazon": refundable.load_refundable(session, order),
        "why_not_amazon": "",
    }
    if not any(map(order_states.count_left_to_refund, order.items)) and _get_remaining_amount(order) <= 0:
        raise RefusedError("nothing_to_refund")
    try:
        draft = refundable.draft_credit_memo(session, order, form.build_request())
    except InvalidError as error:
        form.show_error(error)
        return context
    amazon_error = _find_amazon_error(session, order, draft)
    if amazon_error is not None and form.on_amazon:
        form.show_error(amazon_error)
    elif amazon_error is not None:
        context["why_not_amazon"] = text_for(amazon_error.code, amazon_error.arguments)
    return context | {"draft_totals": document_pages.build_draft_totals(draft, order.currency, _l("Total to refund"))}


def _find_amazon_error(session: Session, order: Order, draft: drafts.Draft) -> AppError | None:
    """Return the reason Amazon would not refund this draft, or None."""
    try:
        refundable.build_amazon_lines(session, order, draft)
    except (InvalidError, RefusedError) as error:
        return error
    return None


def _create(session: Session, order: Order, form: CreditMemoForm, options: dict[str, Any]) -> str:
    form.check_way()
    memo = credit_memos.create(
        session,
        order.id,
        form.build_request(),
        on_amazon=form.on_amazon,
        reason=(form.reason.data or "") if form.on_amazon else "",
        undo_seconds=settings().undo_seconds,
        return_to_stock=form.returned_line_ids(),
        **options,
    )
    if form.on_amazon:
        enqueue_submissions(order.amazon_order.account_id)
    number, return_id = memo.number, request.form.get("return_id", type=parse_id)
    if return_id is not None:
        is_restocked = bool(form.returned_line_ids())
        handling.mark_refunded(session, return_id, memo, is_restocked=is_restocked, now=options["now"])
    return number


def _get_remaining_amount(order: Order) -> int:
    return order.total_invoiced - order.total_refunded - order.total_refunding


document_form.add_routes(
    bp,
    DocumentType(
        "credit_memos",
        "refund",
        "refunds.write",
        _build_form,
        _preview,
        _create,
        lambda number: _("Credit memo %(number)s created.", number=number),
        _l("New credit memo"),
        order_states.count_left_to_refund,
        documents.get_credit_memo,
        "credit_memo_id",
    ),
)
