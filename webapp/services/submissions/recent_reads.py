"""How lately Amazon was heard of an order. A sync brings a hundred of them in one call, a look of its own just one."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from webapp.domain.common import clocks
from webapp.models.accounts import Account
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.submissions import Submission

# A thousand parcels take Amazon more than eight minutes, and what was read before the first must do for the last.
FRESH = timedelta(minutes=10)


def split(
    session: Session, waiting: Select[Submission], account_id: int, now: datetime, most: int, few: int
) -> tuple[Sequence[Submission], Sequence[Submission]]:
    """Of `waiting`, `most` whose order Amazon spoke of lately, or would have had it changed, and `few` of the others.

    The first are in the order in which what is known of them grows old, the others in turn.
    """
    found = waiting.join(AmazonOrder, AmazonOrder.id == Submission.amazon_order_id)
    by_age = found.order_by(AmazonOrder.read_at.asc().nulls_first(), Submission.due_at, Submission.id).limit(most)
    if _synced(session, account_id, now):
        return session.scalars(by_age).all(), []
    ahead = now + clocks.TOLERANCE
    read_at = AmazonOrder.read_at
    old = found.where(or_(read_at.is_(None), read_at <= now - FRESH, read_at > ahead))
    return (
        session.scalars(by_age.where(read_at > now - FRESH, read_at <= ahead)).all(),
        session.scalars(old.order_by(Submission.due_at, Submission.id).limit(few)).all(),
    )


def _synced(session: Session, account_id: int, now: datetime) -> bool:
    """Whether a sync that came through would have brought what had changed of any order."""
    at = session.scalar(select(Account.last_synced_at).where(Account.id == account_id))
    return clocks.is_within(at, FRESH, now)
