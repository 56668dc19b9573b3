"""Giving back an Order, or part of it. Written offline: nothing is asked of Amazon."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.actions import comments, counters, events, mails, processing
from webapp.domain import documents
from webapp.domain.money import Money
from webapp.models.credit_memos import CreditMemo, CreditMemoItem
from webapp.models.orders import Order


def create(
    session: Session,
    order_id: int,
    asked: documents.Refund,
    *,
    return_to_stock: Collection[int] = (),
    comment: str = "",
    notify: bool = False,
    append: bool = True,
    seen: int | None = None,
    now: datetime,
    by: str,
) -> CreditMemo:
    """Write a credit memo of what is asked. Commits. `return_to_stock`: ids of lines whose pieces can be sold.

    Raises InvalidError for what cannot be taken, RefusedError where nothing can be given back; nothing is changed then.
    """
    with processing.changing(session, order_id, "refund", seen=seen) as order:
        draft = documents.credit(
            order.items,
            order.total,
            asked,
            shipping_refunded=shipping_refunded(session, order),
            money_left=order.total_invoiced - order.total_refunded,
            currency=order.currency,
        )
        memo = write(session, order, draft, now=now, return_to_stock=return_to_stock)
        said = comments.write(session, order, comment, notify=notify and append, now=now, by=by, credit_memo_id=memo.id)
        if notify:
            mails.queue_document(
                session, "credit_memo", order, memo.id, comment=said if append else None, now=now, by=by
            )
        worth = Money(draft.total, order.currency)
        about = {"number": memo.number, "amount": worth.amount, "currency": order.currency}
        events.record_on_order(session, "order_refunded", order, now=now, by=by, **about)
        processing.settle(session, order, now=now, by=by)
    return memo


def write(
    session: Session,
    order: Order,
    draft: documents.Draft,
    *,
    now: datetime,
    reason: str = "",
    return_to_stock: Collection[int] = (),
) -> CreditMemo:
    """The credit memo of a draft, counted on the Order's lines. Neither tells nor commits."""
    memo = CreditMemo(
        number=str(counters.take(session, "credit_memo")[0]),
        order_id=order.id,
        created_at=now,
        offline=True,
        reason=reason,
        adjustment_refund=draft.adjustment_refund,
        adjustment_fee=draft.adjustment_fee,
        **draft.amounts(),
    )
    lines = {item.id: item for item in order.items}
    for part in draft.parts:
        lines[part.line_id].refunded += part.quantity
        back = part.quantity > 0 and part.line_id in return_to_stock
        memo.items.append(
            CreditMemoItem(order_item_id=part.line_id, quantity=part.quantity, return_to_stock=back, **part.amounts())
        )
    order.total_refunded += draft.total
    session.add(memo)
    session.flush()
    return memo


def shipping_refunded(session: Session, order: Order) -> dict[int, int]:
    """What credit memos have given back of the shipping, by id of the Order's line."""
    mine = select(CreditMemoItem.order_item_id, func.sum(CreditMemoItem.shipping)).join(
        CreditMemo, CreditMemo.id == CreditMemoItem.credit_memo_id
    )
    found = session.execute(mine.where(CreditMemo.order_id == order.id).group_by(CreditMemoItem.order_item_id))
    return {line_id: int(amount) for line_id, amount in found}
