"""Orders that could not be parsed: stored with the cause, and resolved when a later body can be parsed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from webapp.db import compressed_json
from webapp.db.any_of import any_of
from webapp.domain.amazon.types import UnparseableOrder
from webapp.domain.common import clocks
from webapp.domain.errors import require
from webapp.models.amazon_orders import QuarantinedOrder
from webapp.services import audit_log

# How often a window is read again for a body without an order number.
MAX_WINDOW_READS = 3

_RESOLVE = (
    update(QuarantinedOrder)
    .where(QuarantinedOrder.account_id == bindparam("of_account"), QuarantinedOrder.resolved_at.is_(None))
    .where(any_of(QuarantinedOrder.number, "numbers"))
    .values(resolved_at=bindparam("resolved_at"))
)


def add(session: Session, account_id: int, orders: Sequence[UnparseableOrder], now: datetime) -> None:
    """Store each body once, and count how often it was received. Does not commit."""
    for order in orders:
        digest = compressed_json.digest({"body": order.raw})
        same_body = (QuarantinedOrder.account_id == account_id, QuarantinedOrder.digest == digest)
        row = session.scalar(select(QuarantinedOrder).where(*same_body))
        if row is None:
            row = QuarantinedOrder(
                account_id=account_id,
                number=order.number,
                digest=digest,
                # The column is not nullable, and Amazon may have sent null.
                body="null" if order.raw is None else order.raw,
                first_seen_at=now,
                times_seen=0,
            )
            session.add(row)
        row.cause = order.cause[:300]
        row.last_seen_at = now
        row.times_seen += 1
        row.resolved_at = None


def resolve(session: Session, account_id: int, numbers: Sequence[str], now: datetime) -> None:
    """Mark the entries of orders that could be parsed. Does not commit."""
    # The statement bypasses the ORM, so rows added in this transaction have to be written first.
    session.flush()
    session.connection().execute(_RESOLVE, {"of_account": account_id, "numbers": numbers, "resolved_at": now})


def holds_cursor(session: Session, account_id: int, window_began: datetime, now: datetime) -> bool:
    """Return whether the window has to be read again because of bodies without an order number.

    Such a body cannot be requested by itself. One that a later run over the same window did not receive again is
    resolved. One that is received again and again stops holding the cursor, and stays in quarantine.
    """
    without_number = select(QuarantinedOrder).where(
        QuarantinedOrder.account_id == account_id,
        QuarantinedOrder.number.is_(None),
        QuarantinedOrder.resolved_at.is_(None),
    )
    is_held = False
    for row in session.scalars(without_number):
        if clocks.is_ahead(row.last_seen_at, now):
            row.last_seen_at = now
        if row.last_seen_at < window_began:
            row.resolved_at = now
        else:
            is_held = is_held or row.times_seen <= MAX_WINDOW_READS
    return is_held


def list_due(session: Session, account_id: int, now: datetime, limit: int) -> list[str]:
    """Return the numbers of orders to read again one by one: at once the first time, then at growing intervals."""
    unresolved = (
        select(QuarantinedOrder)
        .where(
            QuarantinedOrder.account_id == account_id,
            QuarantinedOrder.number.is_not(None),
            QuarantinedOrder.resolved_at.is_(None),
        )
        .order_by(QuarantinedOrder.last_seen_at)
    )
    numbers = [
        row.number
        for row in session.scalars(unresolved)
        if row.number and not clocks.is_within(row.last_seen_at, timedelta(minutes=5) * (row.times_seen - 1), now)
    ]
    return list(dict.fromkeys(numbers))[:limit]


def still_unparseable(session: Session, account_id: int, number: str, now: datetime) -> None:
    """Record that the order was read again without success. Does not commit."""
    unresolved = update(QuarantinedOrder).where(
        QuarantinedOrder.account_id == account_id,
        QuarantinedOrder.number == number,
        QuarantinedOrder.resolved_at.is_(None),
    )
    session.execute(
        unresolved.values(times_seen=QuarantinedOrder.times_seen + 1, last_seen_at=now),
        execution_options={"synchronize_session": False},
    )


def reveal(session: Session, quarantined_id: int, *, now: datetime, actor: str) -> QuarantinedOrder:
    """Return an entry with its body, for a user who may read personal data, and record that. Commits."""
    row = require(session.get(QuarantinedOrder, quarantined_id), "quarantined_unknown", name=quarantined_id)
    audit_log.record(
        session,
        "quarantine_revealed",
        now=now,
        actor=actor,
        account_id=row.account_id,
        args={"number": row.number or row.id},
    )
    session.commit()
    return row
