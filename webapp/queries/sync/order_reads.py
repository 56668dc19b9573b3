"""Orders that wait to be read through the Orders API."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from webapp.domain.common import clocks
from webapp.models.reported_orders import OrderRead

# No attempt waits longer for the next one.
MAX_WAIT = timedelta(hours=12)


def is_due(now: datetime) -> ColumnElement[bool]:
    """Select orders to read. A due time too far ahead was set before the clock was set back."""
    return or_(OrderRead.next_try_at <= now, OrderRead.next_try_at > now + MAX_WAIT + clocks.TOLERANCE)


def list_due(session: Session, account_id: int, now: datetime, limit: int) -> list[tuple[int, str]]:
    """Return (id, number) of the account's orders to read: missing and differing ones first, then the newest."""
    due = select(OrderRead.id, OrderRead.number).where(OrderRead.account_id == account_id, is_due(now))
    first = due.order_by(OrderRead.reason == "reported", OrderRead.purchased_at.desc(), OrderRead.id)
    return [(row.id, row.number) for row in session.execute(first.limit(limit))]


def list_due_accounts(session: Session, now: datetime) -> Sequence[int]:
    """Return the ids of accounts with orders to read."""
    return session.scalars(select(OrderRead.account_id).where(is_due(now)).distinct()).all()


def count_waiting(session: Session, account_id: int) -> int:
    """Count the account's orders that have not been read yet."""
    waiting = select(func.count()).where(OrderRead.account_id == account_id, OrderRead.next_try_at.is_not(None))
    return session.scalar(waiting) or 0
