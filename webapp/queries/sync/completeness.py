"""The completeness ledger: counts by store and day, the orders that were missing or differing, and due checks."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import Session, joinedload

from webapp.domain.common import clocks
from webapp.models.accounts import Account
from webapp.models.completeness import CompletenessCheck, CompletenessDay
from webapp.models.reported_orders import OrderRead
from webapp.models.stores import Store

# A check waits for the next night at most.
MAX_WAIT = timedelta(days=1)
GAP_LIMIT = 200


def list_due_accounts(session: Session, now: datetime) -> Sequence[int]:
    """Return the ids of accounts to check. A due time too far ahead was set before the clock was set back."""
    due_at = CompletenessCheck.next_try_at
    due = or_(due_at <= now, due_at > now + MAX_WAIT + clocks.TOLERANCE)
    return session.scalars(select(CompletenessCheck.account_id).where(due)).all()


def list_checks(session: Session) -> Sequence[Row[CompletenessCheck, str]]:
    """Return the check of each account with the account's name."""
    statement = select(CompletenessCheck, Account.name).join(Account, Account.id == CompletenessCheck.account_id)
    return session.execute(statement.order_by(Account.name)).all()


def list_days(session: Session, since: date, complete_since: date) -> Sequence[Row[CompletenessDay, Store]]:
    """Return the counts of each store and day, the newest first.

    Days with missing or differing orders are returned from `since` on, complete days from `complete_since` on.
    """
    statement = select(CompletenessDay, Store).join(Store, Store.id == CompletenessDay.store_id)
    has_gaps = or_(CompletenessDay.missing > 0, CompletenessDay.differing > 0)
    newest = statement.where(
        CompletenessDay.day >= since, or_(CompletenessDay.day >= complete_since, has_gaps)
    ).order_by(CompletenessDay.day.desc(), Store.name)
    return session.execute(newest.options(joinedload(Store.account))).all()


def list_gaps(session: Session) -> Sequence[Row[OrderRead, Store]]:
    """Return the latest orders that a check found missing or differing, those not repaired first."""
    statement = select(OrderRead, Store).join(Store, Store.id == OrderRead.store_id)
    gaps = statement.where(OrderRead.reason.in_(("missing", "differing")))
    return session.execute(gaps.order_by(OrderRead.read_at.is_not(None), OrderRead.id.desc()).limit(GAP_LIMIT)).all()


def count_unrepaired(session: Session) -> int:
    """Count the missing and differing orders that have not been read since."""
    gaps = select(func.count()).where(OrderRead.reason.in_(("missing", "differing")), OrderRead.read_at.is_(None))
    return session.scalar(gaps) or 0
