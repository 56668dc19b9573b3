"""History entries (events): every change adds its event in its own transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from webapp.models.amazon_orders import AmazonOrder
from webapp.models.audit_log import Event
from webapp.models.orders import Order


def record(session: Session, kind: str, *, now: datetime, actor: str, **columns: Any) -> Event:
    """Add an event. `columns`: the ids it belongs to (`store_id=…`) and `args`, its message arguments."""
    event = Event(kind=kind, at=now, actor=actor, **columns)
    session.add(event)
    return event


def record_on_order(session: Session, kind: str, order: Order, *, now: datetime, actor: str, **args: Any) -> None:
    """Add an event to the history of an order and of its Amazon order."""
    record(
        session,
        kind,
        now=now,
        actor=actor,
        args=args,
        store_id=order.store_id,
        order_id=order.id,
        amazon_order_id=order.amazon_order_id,
    )


def record_on_amazon_order(
    session: Session, kind: str, amazon_order: AmazonOrder, *, now: datetime, actor: str, **args: Any
) -> None:
    record(
        session, kind, now=now, actor=actor, args=args, store_id=amazon_order.store_id, amazon_order_id=amazon_order.id
    )
