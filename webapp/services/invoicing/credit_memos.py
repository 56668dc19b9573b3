"""Create credit memos: recorded only (offline), or with a refund requested from Amazon."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from webapp.db import number_sequences
from webapp.domain.common.money import Money
from webapp.domain.errors import InvalidError
from webapp.domain.invoicing import amazon_refunds, drafts
from webapp.domain.orders import amounts as order_amounts
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
    request: drafts.CreditRequest,
    *,
    on_amazon: bool = False,
    reason: str = "",
    undo_seconds: int = 0,
    return_to_stock: Collection[int] = (),
    comment: str = "",
    notify: bool = False,
    append: bool = True,
    expected_version: int | None = None,
    again_of: int | None = None,
    now: datetime,
    actor: str,
) -> CreditMemo:
    """Create a credit memo. Commits. `return_to_stock`: ids of lines whose units can be sold again.

    `on_amazon`: request the refund from Amazon, for one of `amazon_refunds.CODES`, after `undo_seconds`. It counts as
    refunded only when Amazon has accepted it, but cannot be refunded a second time; the caller enqueues the job
    `advance_submissions`. `again_of`: id of the rejected submission that this repeats. Raises InvalidError for invalid
    amounts, RefusedError if nothing can be refunded; nothing is changed then.
    """
    if on_amazon and reason not in amazon_refunds.CODES:
        known_codes = ", ".join((*amazon_refunds.COMMON_REASONS, *amazon_refunds.OTHER_REASONS))
        raise InvalidError("reason_unknown", field="reason", reason=reason or "-", known=known_codes)
    with order_editing.edit_order(session, order_id, "refund", expected_version=expected_version) as order:
        draft = queries.draft_credit_memo(session, order, request)
        amazon_lines = queries.build_amazon_lines(session, order, draft) if on_amazon else None
        if amazon_lines is not None:
            _check_reason(reason, amazon_lines)
        memo = add_credit_memo(
            session, order, draft, now=now, amazon_lines=amazon_lines, reason=reason, return_to_stock=return_to_stock
        )
        written_comment = comments.add_comment(
            session, order, comment, notify=notify and append, now=now, actor=actor, credit_memo_id=memo.id
        )
        mail_comment = written_comment if append else None
        if amazon_lines is None:
            if notify:
                mail_outbox.queue_document(
                    session, "credit_memo", order, memo.id, comment=mail_comment, now=now, actor=actor
                )
            audit_log.record_on_order(
                session, "order_refunded", order, now=now, actor=actor, **build_summary(memo, order)
            )
            order_editing.recompute(session, order, now=now, actor=actor)
        else:
            details: dict[str, Any] = {"reason": reason, **build_summary(memo, order)}
            if again_of is not None:
                details["again_of"] = again_of
            if notify:
                # The e-mail is queued when Amazon has accepted the refund.
                mail_outbox.check_recipient(session, order)
                session.flush()
                details |= {"notify": True, "comment": mail_comment.id if mail_comment else None, "actor": actor}
            _enqueue_refund(session, order, memo, details, undo_seconds=undo_seconds, now=now, actor=actor)
    return memo


def _check_reason(reason: str, amazon_lines: Sequence[dict[str, Any]]) -> None:
    problem = amazon_refunds.find_reason_problem(reason, cancels=any(row["cancelled"] for row in amazon_lines))
    if problem is not None:
        raise InvalidError(problem, field="reason")


def _enqueue_refund(
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


def add_credit_memo(
    session: Session,
    order: Order,
    draft: drafts.Draft,
    *,
    now: datetime,
    amazon_lines: Sequence[dict[str, Any]] | None = None,
    reason: str = "",
    return_to_stock: Collection[int] = (),
) -> CreditMemo:
    """Add the credit memo of a draft and update the order's lines. Submits nothing; does not commit.

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
        returns_to_stock = part.quantity > 0 and part.line_id in return_to_stock
        memo.items.append(
            CreditMemoItem(
                order_item_id=part.line_id, quantity=part.quantity, return_to_stock=returns_to_stock, **part.amounts()
            )
        )
    apply_quantities(order, memo, 1)
    session.add(memo)
    session.flush()
    return memo


def apply_quantities(order: Order, memo: CreditMemo, sign: int) -> None:
    """Add (1) or subtract (-1) its quantities on the order, as refunded or as requested, depending on its state."""
    is_requested = memo.state == amazon_refunds.ASKED
    lines = {item.id: item for item in order.items}
    for item in memo.items:
        line = lines[item.order_item_id]
        if is_requested:
            line.refunding += sign * item.quantity
        else:
            line.refunded += sign * item.quantity
    if is_requested:
        order.total_refunding += sign * memo.total
    else:
        order.total_refunded += sign * memo.total


def replace_tax(memo: CreditMemo, tax: int) -> None:
    """Set the tax refunded by Amazon, in minor units, on the credit memo and its lines; its total follows.

    Does not change the order: use `apply_quantities` before and after.
    """
    lines = [row | {"parts": dict(row["parts"])} for row in memo.amazon_lines]
    before = amazon_refunds.sum_tax(row["parts"] for row in lines)
    taxes = [(row["parts"], name) for row in lines for name in amazon_refunds.TAXES if row["parts"].get(name)]
    # Tax that was not requested belongs to the first line.
    taxes = taxes or [(lines[0]["parts"], amazon_refunds.TAXES[0])]
    portions = order_amounts.distribute(tax, [parts.get(name, 0) for parts, name in taxes])
    for (parts, name), portion in zip(taxes, portions, strict=True):
        parts[name] = portion
    memo.amazon_lines = lines
    items = [item for item in memo.items if item.tax] or memo.items[:1]
    portions = order_amounts.distribute(max(0, memo.tax + tax - before), [item.tax for item in items])
    for item, portion in zip(items, portions, strict=True):
        item.total += portion - item.tax
        item.tax = portion
    memo.tax = sum(item.tax for item in memo.items)
    memo.total = sum(sum(row["parts"].values()) for row in memo.amazon_lines)
    adjustment = memo.total - sum(item.total for item in memo.items)
    memo.adjustment_refund, memo.adjustment_fee = max(0, adjustment), max(0, -adjustment)


def build_summary(memo: CreditMemo, order: Order) -> dict[str, str]:
    """Return the message arguments about it."""
    return {
        "number": memo.number,
        "amount": Money(memo.total, order.currency).amount,
        "currency": order.currency,
    }
