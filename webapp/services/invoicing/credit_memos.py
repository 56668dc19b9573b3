"""Giving back an Order, or part of it: offline, or by asking Amazon to refund the buyer."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from webapp.db import number_sequences
from webapp.domain.common.money import Money
from webapp.domain.errors import InvalidError
from webapp.domain.invoicing import amazon_refunds, drafts
from webapp.models.documents import CreditMemo, CreditMemoItem
from webapp.models.orders import Order
from webapp.queries.invoicing import refundable as queries
from webapp.services import audit_log
from webapp.services.mail import outbox as mail_outbox
from webapp.services.orders import comments
from webapp.services.orders import editing as order_editing
from webapp.services.submissions import user_actions as submission_actions


def create(
    session: Session,
    order_id: int,
    asked: drafts.CreditRequest,
    *,
    on_amazon: bool = False,
    reason: str = "",
    undo_seconds: int = 0,
    return_to_stock: Collection[int] = (),
    comment: str = "",
    notify: bool = False,
    append: bool = True,
    seen: int | None = None,
    again_of: int | None = None,
    now: datetime,
    actor: str,
) -> CreditMemo:
    """Write a credit memo of what is asked. Commits. `return_to_stock`: ids of lines whose pieces can be sold.

    `on_amazon`: Amazon is asked to refund it, for one of `refunds.REASONS`, after `undo_seconds`. Until Amazon has
    answered, nothing counts as given back, but nobody can give it back a second time. The job `advance_submissions` is
    to be rung then. `again_of`: id of the submission Amazon refused, where this asks for the same. Raises InvalidError
    for what cannot be taken, RefusedError where nothing can be given back; nothing is changed then.
    """
    if on_amazon and reason not in amazon_refunds.CODES:
        known = ", ".join(row.code for row in amazon_refunds.REASONS if row.offered)
        raise InvalidError("reason_unknown", field="reason", reason=reason or "-", known=known)
    with order_editing.edit_order(session, order_id, "refund", seen=seen) as order:
        draft = queries.draft(session, order, asked)
        amazon_lines = queries.amazon_lines(session, order, draft) if on_amazon else None
        memo = write(
            session, order, draft, now=now, amazon_lines=amazon_lines, reason=reason, return_to_stock=return_to_stock
        )
        said = comments.write(
            session, order, comment, notify=notify and append, now=now, actor=actor, credit_memo_id=memo.id
        )
        in_mail = said if append else None
        if amazon_lines is None:
            if notify:
                mail_outbox.queue_document(
                    session, "credit_memo", order, memo.id, comment=in_mail, now=now, actor=actor
                )
            audit_log.record_on_order(session, "order_refunded", order, now=now, actor=actor, **summary(memo, order))
            order_editing.recompute(session, order, now=now, actor=actor)
        else:
            details: dict[str, Any] = {"reason": reason, **summary(memo, order)}
            if again_of is not None:
                details["again_of"] = again_of
            if notify:
                # The buyer is amazon_lines when it is true.
                mail_outbox.check(session, order)
                session.flush()
                details |= {"notify": True, "comment": in_mail.id if in_mail else None, "actor": actor}
            _ask(session, order, memo, details, undo_seconds=undo_seconds, now=now, actor=actor)
    return memo


def _ask(
    session: Session,
    order: Order,
    memo: CreditMemo,
    details: dict[str, Any],
    *,
    undo_seconds: int,
    now: datetime,
    actor: str,
) -> None:
    order.version += 1
    submission_actions.enqueue(
        session,
        amazon_refunds.KIND,
        order.amazon_order,
        details,
        subject=str(memo.id),
        undo_seconds=undo_seconds,
        now=now,
        actor=actor,
    )


def write(
    session: Session,
    order: Order,
    draft: drafts.Draft,
    *,
    now: datetime,
    amazon_lines: Sequence[dict[str, Any]] | None = None,
    reason: str = "",
    return_to_stock: Collection[int] = (),
) -> CreditMemo:
    """The credit memo of a draft, counted on the Order's lines. Neither tells nor commits.

    `amazon_lines`: what Amazon is asked to refund of it; None offline.
    """
    memo = CreditMemo(
        number=str(number_sequences.next_numbers(session, "credit_memo")[0]),
        order_id=order.id,
        created_at=now,
        offline=amazon_lines is None,
        state=amazon_refunds.OFFLINE if amazon_lines is None else amazon_refunds.ASKED,
        amazon_lines=list(amazon_lines or ()),
        reason=reason,
        adjustment_refund=draft.adjustment_refund,
        adjustment_fee=draft.adjustment_fee,
        **draft.amounts(),
    )
    for part in draft.parts:
        back = part.quantity > 0 and part.line_id in return_to_stock
        memo.items.append(
            CreditMemoItem(order_item_id=part.line_id, quantity=part.quantity, return_to_stock=back, **part.amounts())
        )
    count(order, memo, 1)
    session.add(memo)
    session.flush()
    return memo


def count(order: Order, memo: CreditMemo, sign: int) -> None:
    """Count the credit memo on its Order (1), as given back or as asked for by its state, or take that back (-1)."""
    asked = memo.state == amazon_refunds.ASKED
    lines = {item.id: item for item in order.items}
    for item in memo.items:
        line = lines[item.order_item_id]
        if asked:
            line.refunding += sign * item.quantity
        else:
            line.refunded += sign * item.quantity
    if asked:
        order.total_refunding += sign * memo.total
    else:
        order.total_refunded += sign * memo.total


def summary(memo: CreditMemo, order: Order) -> dict[str, str]:
    """What the sentences about it say."""
    return {
        "number": memo.number,
        "amount": Money(memo.total, order.currency).amount,
        "currency": order.currency,
    }
