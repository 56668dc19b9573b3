"""Orders that could not be read: kept with their cause, and let go when a later body can be read."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from webapp.db import compressed_json
from webapp.db.any_of import any_of
from webapp.domain.amazon.types import UnparseableOrder
from webapp.domain.common import clocks
from webapp.domain.errors import NotFoundError
from webapp.models.amazon_orders import QuarantinedOrder
from webapp.services import audit_log

# How often a window is read again for a body that does not tell which order it is.
MOST_READINGS = 3


_RESOLVE = (
    update(QuarantinedOrder)
    .where(QuarantinedOrder.account_id == bindparam("of_account"), QuarantinedOrder.resolved_at.is_(None))
    .where(any_of(QuarantinedOrder.number, "numbers"))
    .values(resolved_at=bindparam("resolved_at"))
)


def add(session: Session, account_id: int, unreadable: Sequence[UnparseableOrder], now: datetime) -> None:
    """Keep each body once; one that comes again is counted."""
    for found in unreadable:
        digest = compressed_json.digest({"body": found.raw})
        mine = QuarantinedOrder.account_id == account_id
        known = session.scalar(select(QuarantinedOrder).where(mine, QuarantinedOrder.digest == digest))
        if known is None:
            known = QuarantinedOrder(
                account_id=account_id,
                number=found.number,
                digest=digest,
                # The column takes no nothing, which is what Amazon may have sent.
                body="null" if found.raw is None else found.raw,
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
    # What was kept just now is there before; and the ORM, which this speaks past, would take longer than the database.
    session.flush()
    session.connection().execute(_RESOLVE, {"of_account": account_id, "numbers": numbers, "resolved_at": now})


def holds_cursor(session: Session, account_id: int, run_started_at: datetime, now: datetime) -> bool:
    """Whether the window has to be read again for bodies that do not even tell their number.

    Such a body cannot be asked for by itself. One that did not come again in a later run over the same window has
    become readable; one that keeps coming stops holding the cursor, and stays for a person to see.
    """
    unnamed = select(QuarantinedOrder).where(
        QuarantinedOrder.account_id == account_id,
        QuarantinedOrder.number.is_(None),
        QuarantinedOrder.resolved_at.is_(None),
    )
    held = False
    for found in session.scalars(unnamed):
        if clocks.is_ahead(found.last_seen_at, now):
            found.last_seen_at = now
        if found.last_seen_at < run_started_at:
            found.resolved_at = now
        else:
            held = held or found.times_seen <= MOST_READINGS
    return held


def due(session: Session, account_id: int, now: datetime, most: int) -> list[str]:
    """Numbers of orders to be read again one by one: at once the first time, then ever more seldom."""
    waiting = (
        select(QuarantinedOrder)
        .where(
            QuarantinedOrder.account_id == account_id,
            QuarantinedOrder.number.is_not(None),
            QuarantinedOrder.resolved_at.is_(None),
        )
        .order_by(QuarantinedOrder.last_seen_at)
    )
    ready = [
        found.number
        for found in session.scalars(waiting)
        if found.number and not clocks.is_within(found.last_seen_at, _pause(found.times_seen), now)
    ]
    return list(dict.fromkeys(ready))[:most]


def _pause(times_seen: int) -> timedelta:
    """How long an order that was seen so often is left alone."""
    return timedelta(minutes=5) * (times_seen - 1)


def still_unreadable(session: Session, account_id: int, number: str, now: datetime) -> None:
    """It was read again, and it is no better."""
    mine = (QuarantinedOrder.account_id == account_id, QuarantinedOrder.number == number)
    again = update(QuarantinedOrder).where(*mine, QuarantinedOrder.resolved_at.is_(None))
    session.execute(
        again.values(times_seen=QuarantinedOrder.times_seen + 1, last_seen_at=now),
        execution_options={"synchronize_session": False},
    )


def reveal(session: Session, kept_id: int, *, now: datetime, actor: str) -> QuarantinedOrder:
    """What Amazon sent, for somebody who may see personal data; that they looked is written down. Commits."""
    kept = session.get(QuarantinedOrder, kept_id)
    if kept is None:
        raise NotFoundError("quarantined_unknown", name=kept_id)
    audit_log.record(
        session,
        "quarantine_revealed",
        now=now,
        actor=actor,
        account_id=kept.account_id,
        args={"number": kept.number or kept.id},
    )
    session.commit()
    return kept
