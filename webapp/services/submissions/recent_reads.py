"""Find orders read from Amazon recently. A sync reads a hundred orders in one call, getOrder only one."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from webapp.domain.common import clocks
from webapp.models.accounts import Account
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.submissions import Submission

# Sending a thousand parcels takes more than eight minutes, and the data read before the first must do for the last.
MAX_AGE = timedelta(minutes=10)


def split_by_age(
    session: Session, waiting: Select[Submission], account_id: int, now: datetime, limit: int, reread_limit: int
) -> tuple[Sequence[Submission], Sequence[Submission]]:
    """Split `waiting` into up to `limit` with recent data of their order and up to `reread_limit` of the others.

    The first are sorted by the age of their data, oldest first, the others by when they are due.
    """
    statement = waiting.join(AmazonOrder, AmazonOrder.id == Submission.amazon_order_id)
    by_age = statement.order_by(AmazonOrder.read_at.asc().nulls_first(), Submission.due_at, Submission.id).limit(limit)
    last_sync = session.scalar(select(Account.last_synced_at).where(Account.id == account_id))
    if clocks.is_within(last_sync, MAX_AGE, now):
        # The sync would have brought every change of any order.
        return session.scalars(by_age).all(), []
    latest = now + clocks.TOLERANCE
    read_at = AmazonOrder.read_at
    old = statement.where(or_(read_at.is_(None), read_at <= now - MAX_AGE, read_at > latest))
    return (
        session.scalars(by_age.where(read_at > now - MAX_AGE, read_at <= latest)).all(),
        session.scalars(old.order_by(Submission.due_at, Submission.id).limit(reread_limit)).all(),
    )
