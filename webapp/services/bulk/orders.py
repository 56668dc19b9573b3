"""What can be done to many Orders at once: cancel at Amazon, hold, let go on, invoice."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.errors import NotFoundError
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

# PostgreSQL takes 65,535 values in a statement, SQLite 32,766.
_AT_ONCE = 5_000


def _cancel(session: Session, task: Task) -> Outcome:
    mirror = session.scalar(select(Order.amazon_order_id).where(Order.id == task.subject_id))
    if mirror is None:
        raise NotFoundError("order_unknown", number=task.subject_id)
    reason, undo_seconds = task.args["reason"], int(task.args.get("undo_seconds", 0))
    cancellations.request(session, mirror, reason, undo_seconds=undo_seconds, now=task.now, actor=task.actor)
    return Outcome("cancellation_requested", {"reason": reason})


def _hold(session: Session, task: Task) -> Outcome:
    """`until` in the args is a time of day without a zone: it is meant on the clock of each order's marketplace."""
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


def _by_state(move: str) -> Callable[[Session, Sequence[int]], list[SkipReason]]:
    """Refusals that follow from the table of states alone."""

    def impossible(session: Session, ids: Sequence[int]) -> list[SkipReason]:
        states: Counter[str] = Counter()
        for some in _batches(ids):
            states.update(session.scalars(select(Order.state).where(Order.id.in_(some))))
        return [
            SkipReason(f"cannot_{move}", {"state": state}, count)
            for state, count in sorted(states.items())
            if not order_states.is_allowed(move, state)
        ]

    return impossible


def _not_invoiceable(session: Session, ids: Sequence[int]) -> list[SkipReason]:
    """Those whose state forbids it, and those of which nothing is left."""
    full = 0
    for some in _batches(ids):
        left = OrderItem.ordered - OrderItem.canceled > OrderItem.invoiced
        open_ = select(OrderItem.id).where(OrderItem.order_id == Order.id, left).exists()
        may = Order.state.in_(order_states.TRANSITIONS["invoice"].from_states)
        full += len(session.scalars(select(Order.id).where(Order.id.in_(some), may, ~open_)).all())
    causes = _by_state("invoice")(session, ids)
    return [*causes, SkipReason("nothing_to_invoice", {}, full)] if full else causes


def _not_cancellable(session: Session, ids: Sequence[int]) -> list[SkipReason]:
    """As `cancellations.refusal` would say of each, in one statement for many."""
    causes: Counter[str] = Counter()
    asked = select(Submission.id).where(
        Submission.amazon_order_id == AmazonOrder.id, Submission.kind == cancellation.KIND, Submission.open
    )
    left = select(Parcel.id).where(Parcel.order_id == Order.id)
    for some in _batches(ids):
        rows = session.execute(
            select(
                AmazonOrder.status,
                AmazonOrder.fulfilled_by,
                Store.import_orders,
                asked.exists().label("asked"),
                left.exists().label("left"),
            )
            .select_from(Order)
            .join(AmazonOrder, AmazonOrder.id == Order.amazon_order_id)
            .join(Store, Store.id == Order.store_id)
            .where(Order.id.in_(some))
        )
        for row in rows:
            refused = cancellation.refusal(
                row.status, row.fulfilled_by, writable=row.import_orders, requested=row.asked
            )
            refused = "cancel_shipped" if refused is None and row.left else refused
            if refused is not None:
                causes[refused] += 1
    return [SkipReason(code, {}, count) for code, count in causes.most_common()]


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))


CANCEL = BulkHandler("cancel", "orders.cancel", _cancel, impossible=_not_cancellable)
HOLD = BulkHandler("hold", "orders.write", _hold, impossible=_by_state("hold"))
UNHOLD = BulkHandler("unhold", "orders.write", _unhold, impossible=_by_state("unhold"))
INVOICE = BulkHandler("invoice", "orders.write", _invoice, impossible=_not_invoiceable)
KINDS = (CANCEL, HOLD, UNHOLD, INVOICE)
