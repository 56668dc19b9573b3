"""Writing a credit memo: what is given back, and whether Amazon refunds the buyer or nobody is asked."""

from typing import Any

from flask import Response
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from webapp.core.extensions import db, settings
from webapp.domain.common.money import Money
from webapp.domain.errors import DeskError, InvalidError, RefusedError
from webapp.domain.invoicing import drafts as domain
from webapp.domain.orders import state_machine as order_states
from webapp.forms.credit_memos import CreditMemoForm, credit_memo_form
from webapp.messages import text_for
from webapp.models.orders import Order
from webapp.queries.invoicing import refundable as queries
from webapp.services.invoicing import credit_memos as actions
from webapp.views.invoicing import common as document_pages
from webapp.views.invoicing import document_form
from webapp.views.invoicing.credit_memos import bp
from webapp.web.auth import requires
from webapp.web.worker_notification import wake_worker


@bp.get("/orders/<number>/credit-memos/new")
@requires("orders.write")
def new(number: str) -> Response:
    return document_form.new(number, KIND)


@bp.post("/orders/<number>/credit-memos/previews")
@requires("orders.write")
def preview(number: str) -> Response:
    return document_form.preview(number, KIND)


@bp.post("/orders/<number>/credit-memos")
@requires("orders.write")
def create(number: str) -> Response:
    return document_form.create(number, KIND)


def _form(order: Order) -> CreditMemoForm:
    """Filled with all that is left, to be refunded by Amazon where Amazon would refund all of it."""
    session = db.session()
    form = credit_memo_form(order, queries.at_amazon(session, order))
    if not form.is_submitted():
        given = queries.given_back(session, order)
        draft = domain.credit_all(order.items, order.total, given=given, money_left=_money_left(order))
        form.fill(draft, on_amazon=_why_not(session, order, draft) is None)
    return form


def _preview(session: Session, order: Order, form: CreditMemoForm) -> dict[str, Any]:
    """What it comes to, and what speaks against Amazon refunding it."""
    there = queries.at_amazon(session, order)
    shipping = domain.shipping_left(order.items, queries.given_back(session, order))
    left = {"shipping_left": Money(sum(shipping.values()), order.currency), "at_amazon": there, "why_not_amazon": ""}
    if not any(map(order_states.left_to_refund, order.items)) and _money_left(order) <= 0:
        raise RefusedError("nothing_to_refund")
    try:
        draft = queries.draft(session, order, form.asked())
    except InvalidError as error:
        form.tell(error)
        return left
    refused = _why_not(session, order, draft)
    if refused is not None and form.on_amazon:
        form.tell(refused)
    elif refused is not None:
        left["why_not_amazon"] = text_for(refused.code, refused.arguments)
    return left | {"worth": document_pages.worth(draft, order.currency, _l("Total to refund"))}


def _why_not(session: Session, order: Order, draft: domain.Draft) -> DeskError | None:
    """What speaks against Amazon refunding this."""
    try:
        queries.amazon_lines(session, order, draft)
    except (InvalidError, RefusedError) as error:
        return error
    return None


def _write(session: Session, order: Order, form: CreditMemoForm, about: dict[str, Any]) -> str:
    form.check_way()
    memo = actions.create(
        session,
        order.id,
        form.asked(),
        on_amazon=form.on_amazon,
        reason=(form.reason.data or "") if form.on_amazon else "",
        undo_seconds=settings().undo_seconds,
        return_to_stock=form.returned(),
        **about,
    )
    if form.on_amazon:
        wake_worker(order.amazon_order.account_id)
    return memo.number


def _money_left(order: Order) -> int:
    return order.total_invoiced - order.total_refunded - order.total_refunding


KIND = document_form.Kind(
    "credit_memos",
    "refund",
    _form,
    _preview,
    _write,
    lambda number: _("Credit memo %(number)s was written.", number=number),
    _l("New credit memo"),
    order_states.left_to_refund,
)
