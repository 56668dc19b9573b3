"""Orders that could not be read: kept with their cause, and let go when a later body can be read."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from webapp.domain import importing
from webapp.domain.amazon_orders import Unreadable
from webapp.models.amazon_orders import QuarantinedOrder


def keep(session: Session, account_id: int, unreadable: Sequence[Unreadable], now: datetime) -> None:
    """Keep each body once; one that comes again is counted."""
    for found in unreadable:
        digest = importing.digest({"body": found.raw})
        mine = QuarantinedOrder.account_id == account_id
        known = session.scalar(select(QuarantinedOrder).where(mine, QuarantinedOrder.digest == digest))
        if known is None:
            known = QuarantinedOrder(
                account_id=account_id,
                number=found.number,
                digest=digest,
                body=found.raw,
                first_seen_at=now,
                times_seen=0,
            )
            session.add(known)
        known.cause = found.cause[:300]
        known.last_seen_at = now
        known.times_seen += 1
        known.resolved_at = None


def resolve(session: Session, account_id: int, numbers: Sequence[str], now: datetime) -> None:
    """These orders can be read now."""
    waiting = (
        QuarantinedOrder.account_id == account_id,
        QuarantinedOrder.number.in_(numbers),
        QuarantinedOrder.resolved_at.is_(None),
    )
    session.execute(
        update(QuarantinedOrder).where(*waiting).values(resolved_at=now),
        execution_options={"synchronize_session": False},
    )
