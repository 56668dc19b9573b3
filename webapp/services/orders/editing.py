"""What every step of processing an Order shares: the lock before, the derived state and the event after."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from webapp.domain.errors import NotFoundError, RefusedError
from webapp.domain.orders import state_machine as order_states
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.orders import Order, OrderItem
from webapp.queries.shipping import confirmations
from webapp.services import audit_log
from webapp.services.accounts import accounts
from webapp.services.products import stock_ledger
from webapp.services.sync import line_quantities


@contextmanager
def edit_order(session: Session, order_id: int, move: str | None = None, *, seen: int | None = None) -> Iterator[Order]:
    """The Order as it stands, with nobody else at it; commits what is done inside, or nothing of it when that raises.

    `seen`: the version a person had before them, where what they ask depends on it. Raises NotFoundError, and
    RefusedError where the table of states has no such `move` or the Order is not as it was seen.
    """
    try:
        yield _locked(session, order_id, move, seen)
        session.commit()
    except Exception:
        session.rollback()
        raise


def fresh(session: Session, order_id: int) -> Order:
    """The Order as it stands; whoever asks holds the lock of its account."""
    # What this session read before may be older than the lock.
    anew = {"populate_existing": True}
    order = session.get_one(Order, order_id, with_for_update=True, populate_existing=True)
    session.scalars(select(OrderItem).where(OrderItem.order_id == order_id), execution_options=anew).all()
    session.expire(order, ["items"])
    return order


def recompute(session: Session, order: Order, *, now: datetime, actor: str) -> None:
    """Let the state and the stock follow the quantities. Does not commit."""
    line_quantities.update_quantities(session, order, now=now)
    recompute_state(session, order, now=now, actor=actor)
    stock_ledger.reconcile(session, [order.amazon_order_id], now=now, actor=actor)


def recompute_state(
    session: Session, order: Order, *, confirmation: str | None = None, now: datetime, actor: str
) -> None:
    """Let the state follow the quantities, where neither a hold nor a cancellation decides it. Does not commit.

    For importing, which lets stock follow a whole page of orders at once; everybody else calls `settle`.
    `confirmation` is how Amazon stands to the order's shipments, where the caller has read it already.
    """
    order.version += 1
    if order.state in order_states.FINAL | {order_states.ON_HOLD}:
        return
    if confirmation is None:
        confirmation = confirmations.of_order(session, order.id)
    state = order_states.derive(order.items, confirmation)
    if state != order.state:
        order.state, order.status = state, own_word(order, state)
        audit_log.record_on_order(session, f"order_{state}", order, now=now, actor=actor)


def follow_confirmations(session: Session, amazon_order_ids: Collection[int], *, now: datetime, actor: str) -> None:
    """Update the state of orders after Amazon's answer to their shipments has changed. Does not commit.

    The account is locked by the caller. Orders whose state would not change are not touched.
    """
    found = confirmations.differing(session, amazon_order_ids)
    if not found:
        return
    mine = select(Order).where(Order.id.in_(found)).options(selectinload(Order.items))
    for order in session.scalars(mine.execution_options(populate_existing=True)):
        if order_states.derive(order.items, found[order.id]) != order.state:
            recompute_state(session, order, confirmation=found[order.id], now=now, actor=actor)


def own_word(order: Order, state: str) -> str:
    """The store's own word for an Order that comes into this state; empty where it has none."""
    custom = order.store.order_status == "custom" and state == order_states.PROCESSING
    return order.store.processing_status if custom else ""


def _locked(session: Session, order_id: int, move: str | None, seen: int | None) -> Order:
    owner = select(AmazonOrder.account_id).join(Order, Order.amazon_order_id == AmazonOrder.id)
    account_id = session.scalar(owner.where(Order.id == order_id))
    if account_id is None:
        raise NotFoundError("order_unknown", number=order_id)
    accounts.lock_orders(session, account_id)
    order = fresh(session, order_id)
    if move is not None and not order_states.is_allowed(move, order.state):
        raise RefusedError(f"cannot_{move}", state=order.state)
    if seen is not None and order.version != seen:
        raise RefusedError("order_changed")
    return order
