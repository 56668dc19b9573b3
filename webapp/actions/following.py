"""Letting an Order follow what Amazon says happened: shipped there, cancelled there, proved there."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from webapp.actions import counters, events
from webapp.domain import amazon_status as status
from webapp.domain import cancellation, order_states, submissions, totals
from webapp.domain.amazon_orders import AmazonOrder
from webapp.models.credit_memos import CreditMemo, CreditMemoItem
from webapp.models.orders import Order
from webapp.models.submissions import Submission


def follow(session: Session, written: Sequence[tuple[int, AmazonOrder]], *, now: datetime) -> None:
    """Bring the Orders of these mirrors to where Amazon says they are. Does not commit."""
    if not written:
        return
    incoming = dict(written)
    mine = select(Order).where(Order.amazon_order_id.in_(incoming)).options(selectinload(Order.items))
    for order in session.scalars(mine):
        said = incoming[order.amazon_order_id]
        if said.status == status.CANCELLED:
            cancel(session, order, now=now)
        else:
            _follow_shipping(session, order, said, now)


def cancel(session: Session, order: Order, *, now: datetime) -> None:
    """Amazon has cancelled it: end in `canceled`, with an offline credit memo for what was invoiced."""
    if order.state == order_states.CANCELED:
        return
    if not order_states.may("cancel", order.state):
        events.record_on_order(session, "cancelled_at_amazon_but", order, now=now, by="amazon", state=order.state)
        return
    if any(item.invoiced > item.refunded for item in order.items):
        _credit(session, order, now)
    for item in order.items:
        item.canceled = item.ordered - item.shipped
    order.state = order_states.CANCELED
    order.status = ""
    order.state_before_hold = None
    order.version += 1
    events.record_on_order(session, "order_canceled", order, now=now, by="amazon")


def _credit(session: Session, order: Order, now: datetime) -> None:
    number = str(counters.take(session, "credit_memo")[0])
    memo = CreditMemo(
        number=number,
        order_id=order.id,
        created_at=now,
        total=order.total_invoiced - order.total_refunded,
        offline=True,
        reason="cancelled_at_amazon",
    )
    for item in order.items:
        pieces = item.invoiced - item.refunded
        if pieces:
            amount = totals.share(item.total, pieces, item.ordered, item.refunded)
            memo.items.append(CreditMemoItem(order_item_id=item.id, quantity=pieces, total=amount))
            item.refunded = item.invoiced
    order.total_refunded = order.total_invoiced
    session.add(memo)
    events.record_on_order(session, "credited_offline", order, now=now, by="amazon", number=number)


def _follow_shipping(session: Session, order: Order, said: AmazonOrder, now: datetime) -> None:
    """Pieces Amazon counts as shipped are shipped, whoever shipped them. They never become unshipped again."""
    shipped = {item.order_item_id: item.quantity_shipped for item in said.items}
    more = 0
    for item in order.items:
        there = min(shipped.get(item.order_item_id, 0), item.ordered - item.canceled)
        if there > item.shipped:
            more += there - item.shipped
            item.shipped = there
    if not more:
        return
    order.version += 1
    events.record_on_order(session, "shipped_at_amazon", order, now=now, by="amazon", quantity=more)
    if order.state not in order_states.FINAL | {order_states.HOLDED}:
        state = order_states.derive(order.items)
        if state != order.state:
            order.state, order.status = state, ""
            events.record_on_order(session, f"order_{state}", order, now=now, by="amazon")


def settle_submissions(session: Session, written: Sequence[tuple[int, AmazonOrder]], *, now: datetime) -> None:
    """An order that reads CANCELLED proves its cancellation, whichever way the news came. Does not commit."""
    cancelled = [id_ for id_, order in written if order.status == status.CANCELLED]
    if not cancelled:
        return
    asked = select(Submission).where(
        Submission.amazon_order_id.in_(cancelled),
        Submission.kind == cancellation.KIND,
        Submission.state.not_in(submissions.ENDED - {submissions.UNPROVED}),
    )
    by_mirror = dict(written)
    for submission in session.scalars(asked.execution_options(populate_existing=True)):
        done_by = next((i.cancelled_by for i in by_mirror[submission.amazon_order_id].items if i.cancelled_by), None)
        ours = submission.state != submissions.QUEUED
        submission.state = submissions.check("verify", submission.state).to
        submission.open = False
        submission.verified_at = submission.changed_at = now
        submission.cause = None if ours else "cancelled_meanwhile"
        submission.version += 1
        events.record(
            session,
            "cancellation_verified" if ours else "cancellation_not_needed",
            now=now,
            by="amazon",
            args={"by": done_by or ""},
            account_id=submission.account_id,
            amazon_order_id=submission.amazon_order_id,
            submission_id=submission.id,
        )
