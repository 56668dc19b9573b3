"""Put orders on hold and release them."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.db.engine import read_only
from webapp.domain.common import local_days
from webapp.domain.errors import InvalidError, RefusedError
from webapp.domain.orders import state_machine as order_states
from webapp.models.orders import Order
from webapp.queries.shipping import confirmations
from webapp.services import audit_log
from webapp.services.orders import comments
from webapp.services.orders import editing as order_editing


def hold(
    session: Session, order_id: int, reason: str, *, until: datetime | None = None, now: datetime, actor: str
) -> Order:
    """Put an order on hold, until an instant or until it is released. Commits.

    The reason is stored as a comment. Raises InvalidError without a reason or if `until` is in the past or after
    `local_days.LAST_YEAR`, RefusedError if the order cannot be held.
    """
    with order_editing.edit_order(session, order_id, "hold") as order:
        if until is not None and until <= now:
            raise InvalidError("hold_until_past", field="until")
        if until is not None and until.year > local_days.LAST_YEAR:
            raise InvalidError("hold_until_far", field="until", year=local_days.LAST_YEAR)
        comment = comments.add_comment(session, order, reason, now=now, actor=actor)
        if comment is None:
            raise InvalidError("hold_reason_required", field="reason")
        session.flush()
        order.state_before_hold, order.status_before_hold = order.state, order.status
        order.state, order.status = order_states.ON_HOLD, ""
        order.hold_reason, order.hold_until = comment.text, until
        order.version += 1
        kind = "order_held" if until is None else "order_held_until"
        args: dict[str, Any] = {"comment": comment.id}
        if until is not None:
            zone = ZoneInfo(order.store.marketplace.time_zone)
            args["until"] = f"{until.astimezone(zone):%Y-%m-%d %H:%M %Z}"
        audit_log.record_on_order(session, kind, order, now=now, actor=actor, **args)
    return order


def unhold(session: Session, order_id: int, *, now: datetime, actor: str) -> Order:
    """Release an order. Its state is derived again, since it may have been shipped meanwhile. Commits.

    Raises RefusedError if it is not on hold.
    """
    with order_editing.edit_order(session, order_id, "unhold") as order:
        _release(session, order, now=now, actor=actor)
    return order


def release_due(session: Session, *, now: datetime, actor: str) -> int:
    """Release the orders whose hold has expired; return how many. Rolls back first; commits each."""
    due = select(Order.id).where(Order.state == order_states.ON_HOLD, Order.hold_until <= now)
    released = 0
    with read_only():
        order_ids = session.scalars(due.order_by(Order.id)).all()
        session.rollback()
    for order_id in order_ids:
        try:
            with order_editing.edit_order(session, order_id, "unhold") as order:
                # It may have been put on hold again, for longer, since it was selected.
                if order.hold_until is not None and order.hold_until <= now:
                    _release(session, order, now=now, actor=actor)
                    released += 1
        except RefusedError:
            # It has been released meanwhile.
            continue
    return released


def clear_hold(order: Order) -> None:
    """Clear the columns of the hold. Does not commit."""
    order.state_before_hold, order.status_before_hold = None, ""
    order.hold_reason = order.hold_until = None


def _release(session: Session, order: Order, *, now: datetime, actor: str) -> None:
    state = order_states.derive(order.items, confirmations.find_confirmation(session, order.id))
    is_same_state = state == order.state_before_hold
    order.status = order.status_before_hold if is_same_state else order_editing.get_custom_status(order, state)
    order.state = state
    order.version += 1
    clear_hold(order)
    audit_log.record_on_order(session, "order_unheld", order, now=now, actor=actor)
    if not is_same_state:
        audit_log.record_on_order(session, f"order_{state}", order, now=now, actor=actor)
