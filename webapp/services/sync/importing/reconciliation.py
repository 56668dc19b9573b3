"""Bring orders and submissions in line with Amazon orders: shipped, cancelled and confirmed there."""

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
from webapp.services.sync.importing import line_quantities


def reconcile_orders(session: Session, written: Sequence[tuple[int, AmazonOrder]], *, now: datetime) -> None:
    """Bring the orders of these Amazon orders, given with their ids, to their state at Amazon. Does not commit."""
    if not written:
        return
    amazon_orders = dict(written)
    orders = select(Order).where(Order.amazon_order_id.in_(amazon_orders)).options(selectinload(Order.items))
    confirmation_of = confirmations.load_confirmations(session, amazon_orders)
    for order in session.scalars(orders):
        amazon_order = amazon_orders[order.amazon_order_id]
        if "FULFILLMENT" not in amazon_order.missing:
            order.ship_by = amazon_order.ship_by
        if amazon_order.status == status.CANCELLED:
            cancel(session, order, now=now)
            continue
        waits_for_amounts = _is_waiting_for_amounts(order)
        changed = line_quantities.update_lines(session, order, amazon_order, now=now)
        changed |= _update_shipped(session, order, amazon_order, now)
        if waits_for_amounts:
            changed |= _invoice_if_amounts_are_final(session, order, amazon_order, now)
        if changed:
            confirmation = confirmation_of.get(order.id, order_states.CONFIRMED)
            order_editing.recompute_state(session, order, confirmation=confirmation, now=now, actor="amazon")


def cancel(session: Session, order: Order, *, now: datetime) -> None:
    """Cancel an order that Amazon has cancelled, with an offline credit memo for what was invoiced. Does not commit."""
    if order.state == order_states.CANCELED:
        return
    # Nothing is left to cancel when all of it was shipped here, even where Amazon has not accepted the shipment.
    all_shipped = order_states.derive(order.items) == order_states.COMPLETE
    if all_shipped or not order_states.is_allowed("cancel", order.state):
        audit_log.record_on_order(session, "cancelled_at_amazon_but", order, now=now, actor="amazon", state=order.state)
        return
    money_left = order.total_invoiced - order.total_refunded - order.total_refunding
    if money_left > 0 or any(order_states.count_left_to_refund(item) for item in order.items):
        given = refundable.sum_credited(session, order)
        draft = drafts.build_full_credit(order.items, order.total, given=given, money_left=money_left)
        memo = credit_memos.add_credit_memo(session, order, draft, now=now, reason="cancelled_at_amazon")
        audit_log.record_on_order(session, "credited_offline", order, now=now, actor="amazon", number=memo.number)
    for item in order.items:
        item.canceled = item.ordered - item.shipped
    order.state = order_states.CANCELED
    order.status = ""
    holds.clear_hold(order)
    order.version += 1
    audit_log.record_on_order(session, "order_canceled", order, now=now, actor="amazon")


def _is_waiting_for_amounts(order: Order) -> bool:
    """Return whether the order was not invoiced at import, as its store wants, because it had no amounts."""
    uninvoiced = order.total_invoiced == 0 and all(item.invoiced == 0 for item in order.items)
    return order.store.auto_invoice and uninvoiced and order.total == 0


def _invoice_if_amounts_are_final(session: Session, order: Order, amazon_order: AmazonOrder, now: datetime) -> bool:
    """Invoice an order without amounts once Amazon has sent them, or will not send them any more."""
    if order.total == 0 and amazon_order.total is None and amazon_order.status != status.SHIPPED:
        return False
    if not order_states.is_allowed("invoice", order.state) or not any(
        map(order_states.count_left_to_invoice, order.items)
    ):
        return False
    invoices.add_invoice(session, order, now=now, actor="amazon")
    return True


def _update_shipped(session: Session, order: Order, amazon_order: AmazonOrder, now: datetime) -> bool:
    """Count as shipped the units that Amazon counts as shipped. They never become unshipped again."""
    shipped_at_amazon = {item.order_item_id: item.quantity_shipped for item in amazon_order.items}
    added = 0
    for item in order.items:
        shipped = min(shipped_at_amazon.get(item.order_item_id, 0), item.ordered - item.canceled)
        if shipped > item.shipped:
            added += shipped - item.shipped
            item.shipped = shipped
    if added:
        audit_log.record_on_order(session, "shipped_at_amazon", order, now=now, actor="amazon", quantity=added)
    return bool(added)


def confirm_submissions(session: Session, written: Sequence[tuple[int, AmazonOrder]], *, now: datetime) -> None:
    """Verify the submissions whose change these Amazon orders, given with their ids, show. Does not commit.

    An order becomes complete when Amazon shows its last shipment.
    """
    amazon_orders = dict(written)
    unverified = select(Submission).where(
        Submission.amazon_order_id.in_(amazon_orders),
        Submission.state.in_(submission_states.TRANSITIONS["verify"].from_states),
    )
    submissions = session.scalars(unverified.order_by(Submission.id).execution_options(populate_existing=True)).all()
    # A page may verify a hundred submissions: they are written together.
    with session.no_autoflush:
        for submission in submissions:
            handler = submission_handlers.get(submission.kind)
            if handler.is_shown_by(session, submission, amazon_orders[submission.amazon_order_id]):
                submission_transitions.confirm(session, submission, now)
    order_editing.update_from_confirmations(session, list(amazon_orders), now=now, actor="amazon")
