"""Leaving a trace: every change writes its event in its own transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from webapp.models.amazon_orders import AmazonOrder
from webapp.models.audit_log import Event
from webapp.models.orders import Order


def record(session: Session, kind: str, *, now: datetime, actor: str, **about: Any) -> Event:
    """Add an event. `about`: the columns it hangs on (`store_id=…`) and `args` for its sentence."""
    event = Event(kind=kind, at=now, actor=actor, **about)
    session.add(event)
    return event


def record_on_order(session: Session, kind: str, order: Order, *, now: datetime, actor: str, **args: Any) -> None:
    """An event of an Order stands in the history of its Amazon order too."""
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
