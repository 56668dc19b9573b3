"""Bulk actions on orders: cancel at Amazon, hold, release, invoice."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.common.batches import batched
from webapp.domain.errors import require
from webapp.domain.orders import state_machine as order_states
from webapp.domain.submissions import cancellation
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.orders import Order, OrderItem
from webapp.models.shipments import Parcel
from webapp.models.stores import Store
from webapp.models.submissions import Submission
from webapp.services.bulk.handlers import (
    BulkHandler,
    Outcome,
    SkipReason,
    Task,
)
from webapp.services.invoicing import invoices
from webapp.services.orders import holds
from webapp.services.submissions import cancellations

# PostgreSQL accepts 65,535 values in a statement, SQLite 32,766.
_BATCH_SIZE = 5_000


def _cancel(session: Session, task: Task) -> Outcome:
    amazon_order_id = require(
        session.scalar(select(Order.amazon_order_id).where(Order.id == task.subject_id)),
        "order_unknown",
        number=task.subject_id,
    )
    reason, undo_seconds = task.args["reason"], int(task.args.get("undo_seconds", 0))
    cancellations.request(session, amazon_order_id, reason, undo_seconds=undo_seconds, now=task.now, actor=task.actor)
    return Outcome("cancellation_requested", {"reason": reason})


def _hold(session: Session, task: Task) -> Outcome:
    """Hold one order. `until` in the args has no time zone: it is local time of the order's marketplace."""
    until = None
    if task.args.get("until"):
        store = session.scalar(select(Store).join(Order, Order.store_id == Store.id).where(Order.id == task.subject_id))
        zone = ZoneInfo(store.marketplace.time_zone) if store is not None else UTC
        until = datetime.fromisoformat(task.args["until"]).replace(tzinfo=zone)
    order = holds.hold(session, task.subject_id, task.args["reason"], until=until, now=task.now, actor=task.actor)
    late = order_states.is_held_past(order.ship_by, order.hold_until)
    return Outcome("order_held_past_ship_by" if late else "order_held")


def _unhold(session: Session, task: Task) -> Outcome:
    holds.unhold(session, task.subject_id, now=task.now, actor=task.actor)
    return Outcome("order_unheld")


def _invoice(session: Session, task: Task) -> Outcome:
    invoice = invoices.create(session, task.subject_id, now=task.now, actor=task.actor)
    return Outcome("bulk_invoiced", {"number": invoice.number})


def _count_reasons_by_state(action: str) -> Callable[[Session, Sequence[int]], list[SkipReason]]:
    """Return a function that finds the orders whose state does not allow the action."""

    def find_skip_reasons(session: Session, ids: Sequence[int]) -> list[SkipReason]:
        states: Counter[str] = Counter()
        for batch in batched(ids, _BATCH_SIZE):
            states.update(session.scalars(select(Order.state).where(Order.id.in_(batch))))
        return [
            SkipReason(f"cannot_{action}", {"state": state}, count)
            for state, count in sorted(states.items())
            if not order_states.is_allowed(action, state)
        ]

    return find_skip_reasons


def _invoice_skip_reasons(session: Session, ids: Sequence[int]) -> list[SkipReason]:
    """Count the orders whose state does not allow an invoice, and those that are invoiced completely."""
    fully_invoiced = 0
    for batch in batched(ids, _BATCH_SIZE):
        remaining = OrderItem.ordered - OrderItem.canceled > OrderItem.invoiced
        open_items = select(OrderItem.id).where(OrderItem.order_id == Order.id, remaining).exists()
        is_allowed = Order.state.in_(order_states.TRANSITIONS["invoice"].from_states)
        fully_invoiced += len(
            session.scalars(select(Order.id).where(Order.id.in_(batch), is_allowed, ~open_items)).all()
        )
    reasons = _count_reasons_by_state("invoice")(session, ids)
    return [*reasons, SkipReason("nothing_to_invoice", {}, fully_invoiced)] if fully_invoiced else reasons


def _cancel_skip_reasons(session: Session, ids: Sequence[int]) -> list[SkipReason]:
    """Count what `cancellations.find_refusal` would return for each order, with one statement for many."""
    reasons: Counter[str] = Counter()
    open_cancellation = select(Submission.id).where(
        Submission.amazon_order_id == AmazonOrder.id, Submission.kind == cancellation.KIND, Submission.open
    )
    parcel = select(Parcel.id).where(Parcel.order_id == Order.id)
    for batch in batched(ids, _BATCH_SIZE):
        rows = session.execute(
            select(
                AmazonOrder.status,
                AmazonOrder.fulfilled_by,
                Store.import_orders,
                open_cancellation.exists().label("requested"),
                parcel.exists().label("has_parcel"),
            )
            .select_from(Order)
            .join(AmazonOrder, AmazonOrder.id == Order.amazon_order_id)
            .join(Store, Store.id == Order.store_id)
            .where(Order.id.in_(batch))
        )
        for row in rows:
            code = cancellation.find_refusal_reason(
                row.status, row.fulfilled_by, writable=row.import_orders, requested=row.requested
            )
            code = "cancel_shipped" if code is None and row.has_parcel else code
            if code is not None:
                reasons[code] += 1
    return [SkipReason(code, {}, count) for code, count in reasons.most_common()]


CANCEL = BulkHandler("cancel", "orders.cancel", _cancel, find_skip_reasons=_cancel_skip_reasons)
HOLD = BulkHandler("hold", "orders.write", _hold, find_skip_reasons=_count_reasons_by_state("hold"))
UNHOLD = BulkHandler("unhold", "orders.write", _unhold, find_skip_reasons=_count_reasons_by_state("unhold"))
INVOICE = BulkHandler("invoice", "invoices.write", _invoice, find_skip_reasons=_invoice_skip_reasons)
HANDLERS = (CANCEL, HOLD, UNHOLD, INVOICE)
