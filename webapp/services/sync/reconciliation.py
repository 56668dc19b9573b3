"""Letting an Order follow what Amazon says happened: shipped there, cancelled there, proved there."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from webapp.domain.amazon import statuses as status
from webapp.domain.amazon.types import AmazonOrder
from webapp.domain.invoicing import drafts
from webapp.domain.orders import state_machine as order_states
from webapp.domain.submissions import state_machine as submission_states
from webapp.models.orders import Order
from webapp.models.submissions import Submission
from webapp.queries.invoicing import refundable
from webapp.queries.shipping import confirmations
from webapp.services import audit_log
from webapp.services.invoicing import credit_memos, invoices
from webapp.services.orders import editing as order_editing
from webapp.services.orders import holds
from webapp.services.submissions import handlers as submission_handlers
from webapp.services.submissions import transitions as submission_transitions
from webapp.services.sync import line_quantities


def reconcile_orders(session: Session, written: Sequence[tuple[int, AmazonOrder]], *, now: datetime) -> None:
    """Bring the Orders of these mirrors to where Amazon says they are. Does not commit."""
    if not written:
        return
    incoming = dict(written)
    mine = select(Order).where(Order.amazon_order_id.in_(incoming)).options(selectinload(Order.items))
    found = confirmations.of_amazon_orders(session, incoming)
    for order in session.scalars(mine):
        said = incoming[order.amazon_order_id]
        if "FULFILLMENT" not in said.missing:
            order.ship_by = said.ship_by
        if said.status == status.CANCELLED:
            cancel(session, order, now=now)
            continue
        waits_for_amounts = _waits_for_amounts(order)
        changed = line_quantities.follow(session, order, said, now=now)
        changed |= _follow_shipping(session, order, said, now)
        if waits_for_amounts:
            changed |= _invoice_late(session, order, said, now)
        if changed:
            confirmation = found.get(order.id, order_states.CONFIRMED)
            order_editing.recompute_state(session, order, confirmation=confirmation, now=now, actor="amazon")


def cancel(session: Session, order: Order, *, now: datetime) -> None:
    """Amazon has cancelled it: end in `canceled`, with an offline credit memo for what was invoiced."""
    if order.state == order_states.CANCELED:
        return
    # Nothing is left to cancel when all of it was shipped here, even where Amazon has not taken the shipment.
    all_shipped = order_states.derive(order.items) == order_states.COMPLETE
    if all_shipped or not order_states.is_allowed("cancel", order.state):
        audit_log.record_on_order(session, "cancelled_at_amazon_but", order, now=now, actor="amazon", state=order.state)
        return
    money_left = order.total_invoiced - order.total_refunded - order.total_refunding
    if money_left > 0 or any(order_states.left_to_refund(item) for item in order.items):
        _credit(session, order, now)
    for item in order.items:
        item.canceled = item.ordered - item.shipped
    order.state = order_states.CANCELED
    order.status = ""
    holds.clear(order)
    order.version += 1
    audit_log.record_on_order(session, "order_canceled", order, now=now, actor="amazon")


def _credit(session: Session, order: Order, now: datetime) -> None:
    draft = drafts.credit_all(
        order.items,
        order.total,
        given=refundable.given_back(session, order),
        money_left=order.total_invoiced - order.total_refunded - order.total_refunding,
    )
    memo = credit_memos.write(session, order, draft, now=now, reason="cancelled_at_amazon")
    audit_log.record_on_order(session, "credited_offline", order, now=now, actor="amazon", number=memo.number)


def _waits_for_amounts(order: Order) -> bool:
    """Whether the Order was not invoiced at import, as its store wants, because it had no amounts."""
    uninvoiced = order.total_invoiced == 0 and all(item.invoiced == 0 for item in order.items)
    return order.store.auto_invoice and uninvoiced and order.total == 0


def _invoice_late(session: Session, order: Order, said: AmazonOrder, now: datetime) -> bool:
    """Invoice an Order without amounts once they have come, or will not come any more."""
    if order.total == 0 and said.total is None and said.status != status.SHIPPED:
        return False
    if not order_states.is_allowed("invoice", order.state) or not any(map(order_states.left_to_invoice, order.items)):
        return False
    invoices.write(session, order, now=now, actor="amazon")
    return True


def _follow_shipping(session: Session, order: Order, said: AmazonOrder, now: datetime) -> bool:
    """Pieces Amazon counts as shipped are shipped, whoever shipped them. They never become unshipped again."""
    shipped = {item.order_item_id: item.quantity_shipped for item in said.items}
    more = 0
    for item in order.items:
        there = min(shipped.get(item.order_item_id, 0), item.ordered - item.canceled)
        if there > item.shipped:
            more += there - item.shipped
            item.shipped = there
    if more:
        audit_log.record_on_order(session, "shipped_at_amazon", order, now=now, actor="amazon", quantity=more)
    return bool(more)


def confirm_submissions(session: Session, written: Sequence[tuple[int, AmazonOrder]], *, now: datetime) -> None:
    """An order that shows it proves what was asked, whichever way the news came. Does not commit.

    Orders become complete when Amazon shows their last shipment. `written`: (id of the mirror, what Amazon says).
    """
    asked = select(Submission).where(
        Submission.amazon_order_id.in_([id_ for id_, _ in written]),
        Submission.state.in_(submission_states.TRANSITIONS["verify"].from_states),
    )
    said = dict(written)
    found = session.scalars(asked.order_by(Submission.id).execution_options(populate_existing=True)).all()
    # A page may prove a hundred: what is written of them goes to the database together.
    with session.no_autoflush:
        for submission in found:
            kind, order = submission_handlers.get(submission.kind), said[submission.amazon_order_id]
            if kind.proved(session, submission, order):
                submission_transitions.confirm(session, submission, now)
    order_editing.follow_confirmations(session, list(said), now=now, actor="amazon")
