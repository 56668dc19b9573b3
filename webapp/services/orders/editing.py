"""Common parts of changes to orders: locking, checking the action, and updating the state and stock."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from webapp.domain.errors import RefusedError, require
from webapp.domain.orders import state_machine as order_states
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.orders import Order, OrderItem
from webapp.queries.shipping import confirmations
from webapp.services import audit_log
from webapp.services.accounts import locking
from webapp.services.products import stock_ledger
from webapp.services.sync.importing import line_quantities


@contextmanager
def edit_order(
    session: Session, order_id: int, action: str | None = None, *, expected_version: int | None = None
) -> Iterator[Order]:
    """Lock and yield an order; commit at the end of the block, or roll back if it raises.

    `expected_version`: the version of the order the user saw, where the change depends on it. Raises NotFoundError, and
    RefusedError where the table of states has no such `move` or the Order is not as it was seen.
    """
    try:
        yield _load_locked(session, order_id, action, expected_version)
        session.commit()
    except Exception:
        session.rollback()
        raise


def reload_locked(session: Session, order_id: int) -> Order:
    """Reload and lock an order and its items. Requires the account lock."""
    # Values that the session read before may be older than the lock.
    options = {"populate_existing": True}
    order = session.get_one(Order, order_id, with_for_update=True, populate_existing=True)
    session.scalars(select(OrderItem).where(OrderItem.order_id == order_id), execution_options=options).all()
    session.expire(order, ["items"])
    return order


def recompute(session: Session, order: Order, *, now: datetime, actor: str) -> None:
    """Update the state of the order and the stock after its quantities have changed. Does not commit."""
    line_quantities.update_quantities(session, order, now=now)
    recompute_state(session, order, now=now, actor=actor)
    stock_ledger.reconcile(session, [order.amazon_order_id], now=now, actor=actor)


def recompute_state(
    session: Session, order: Order, *, confirmation: str | None = None, now: datetime, actor: str
) -> None:
    """Update the state from the quantities, unless the order is on hold or final. Does not commit.

    For imports, which update the stock of a whole page of orders at once; other callers use `recompute`.
    `confirmation`: the confirmation state of the order's shipments, if the caller has read it already.
    """
    order.version += 1
    if order.state in order_states.FINAL | {order_states.ON_HOLD}:
        return
    if confirmation is None:
        confirmation = confirmations.find_confirmation(session, order.id)
    state = order_states.derive(order.items, confirmation)
    if state != order.state:
        order.state, order.status = state, get_custom_status(order, state)
        audit_log.record_on_order(session, f"order_{state}", order, now=now, actor=actor)


def update_from_confirmations(
    session: Session, amazon_order_ids: Collection[int], *, now: datetime, actor: str
) -> None:
    """Update the state of orders after the confirmation of their shipments has changed. Does not commit.

    Requires the account lock. Orders whose state would not change are not touched.
    """
    confirmation_states = confirmations.load_changed_confirmations(session, amazon_order_ids)
    if not confirmation_states:
        return
    statement = select(Order).where(Order.id.in_(confirmation_states)).options(selectinload(Order.items))
    for order in session.scalars(statement.execution_options(populate_existing=True)):
        if order_states.derive(order.items, confirmation_states[order.id]) != order.state:
            recompute_state(session, order, confirmation=confirmation_states[order.id], now=now, actor=actor)


def get_custom_status(order: Order, state: str) -> str:
    """Return the store's custom status for an order that enters this state, or an empty string."""
    has_custom_status = order.store.order_status == "custom" and state == order_states.PROCESSING
    return order.store.processing_status if has_custom_status else ""


def _load_locked(session: Session, order_id: int, action: str | None, expected_version: int | None) -> Order:
    account = select(AmazonOrder.account_id).join(Order, Order.amazon_order_id == AmazonOrder.id)
    account_id = require(session.scalar(account.where(Order.id == order_id)), "order_unknown", number=order_id)
    locking.lock_orders(session, account_id)
    order = reload_locked(session, order_id)
    if action is not None and not order_states.is_allowed(action, order.state):
        raise RefusedError(f"cannot_{action}", state=order.state)
    if expected_version is not None and order.version != expected_version:
        raise RefusedError("order_changed")
    return order
