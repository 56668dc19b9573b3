"""Ranges of past orders that are being read: which are due, and how far they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from webapp.domain.common import clocks
from webapp.models.backfills import DONE, RUNNING, Backfill

# No attempt waits longer for the next one.
MAX_WAIT = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class BackfillStatus:
    """An account's backfill: `state` is running, paused or done.

    `percent` of its time has been read; `ready_at` is when all of it will be, at the pace so far, where that is known.
    """

    state: str
    starts_at: datetime
    ends_at: datetime
    reached_at: datetime
    percent: int
    ready_at: datetime | None
    pages: int
    received: int
    new: int
    changed: int
    ended_at: datetime | None
    cause: str | None
    message: str | None


def is_due(now: datetime) -> ColumnElement[bool]:
    """Select ranges to continue. A due time too far ahead was set before the clock was set back."""
    is_late = or_(Backfill.next_try_at <= now, Backfill.next_try_at > now + MAX_WAIT + clocks.TOLERANCE)
    return and_(Backfill.state == RUNNING, is_late)


def list_due_accounts(session: Session, now: datetime) -> Sequence[int]:
    """Return the ids of accounts with a range to continue."""
    return session.scalars(select(Backfill.account_id).where(is_due(now)).distinct()).all()


def find_status(session: Session, account_id: int, now: datetime) -> BackfillStatus | None:
    """Return the state of the account's unfinished ranges together, else of the latest; None when there was none."""
    rows = session.scalars(
        select(Backfill)
        .where(Backfill.account_id == account_id, Backfill.state != DONE)
        .order_by(Backfill.ends_at.desc(), Backfill.id)
    ).all()
    if not rows:
        latest = select(Backfill).where(Backfill.account_id == account_id).order_by(Backfill.id.desc()).limit(1)
        rows = session.scalars(latest).all()
    if not rows:
        return None
    current = next((row for row in rows if row.state == RUNNING), rows[0])
    total = sum((row.ends_at - row.starts_at for row in rows), timedelta())
    read = sum((row.ends_at - row.reached_at for row in rows), timedelta())
    share = read / total if total else 1.0
    spent = timedelta(seconds=sum(row.seconds_before + _seconds_running(row, now) for row in rows))
    failed = next((row for row in rows if row.cause), None)
    return BackfillStatus(
        state=current.state,
        starts_at=min(row.starts_at for row in rows),
        ends_at=max(row.ends_at for row in rows),
        reached_at=current.reached_at,
        percent=int(share * 100),
        ready_at=now + spent * (1 - share) / share if current.state == RUNNING and share > 0 else None,
        pages=sum(row.pages for row in rows),
        received=sum(row.received for row in rows),
        new=sum(row.new for row in rows),
        changed=sum(row.changed for row in rows),
        ended_at=current.ended_at,
        cause=failed.cause if failed else None,
        message=failed.message if failed else None,
    )


def _seconds_running(row: Backfill, now: datetime) -> int:
    return max(int((now - row.resumed_at).total_seconds()), 0) if row.state == RUNNING else 0
