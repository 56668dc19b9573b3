"""Fences: the active one, waiting rows, and feeds at Amazon that this database does not know."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from webapp.domain.mail import state_machine as mail_states
from webapp.domain.submissions import state_machine as submission_states
from webapp.models.accounts import Account
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.fences import Fence
from webapp.models.mails import Mail
from webapp.models.orders import Order
from webapp.models.stores import Store
from webapp.models.submissions import Feed, Submission

# Rows of each list on the page; the counts are of all.
LIMIT = 200
_WAITING = (submission_states.QUEUED, submission_states.SENDING)


class FenceOverview(NamedTuple):
    """Waiting rows and Amazon's feeds. The lists hold up to LIMIT rows, the newest first."""

    fence: Fence
    submissions: Sequence[Any]
    submission_count: int
    unconfirmed: Sequence[Any]
    mails: Sequence[Any]
    mail_count: int
    feeds: Sequence[Any]
    # Names of the accounts whose feeds have not been compared since the fence began.
    not_compared: Sequence[str]


def is_fenced() -> ColumnElement[bool]:
    """Match while there is a fence."""
    return select(Fence.id).where(Fence.ended_at.is_(None)).exists()


def may_send(model: type[Submission] | type[Mail]) -> ColumnElement[bool]:
    """Match rows that may be sent: all without a fence, else those that a user has released."""
    return or_(model.released_at.is_not(None), ~is_fenced())


def select_active() -> Select[Fence]:
    return select(Fence).where(Fence.ended_at.is_(None)).order_by(Fence.id).limit(1)


def find_active(session: Session) -> Fence | None:
    return session.scalar(select_active())


def list_accounts_to_compare(session: Session) -> list[int]:
    """List the ids of accounts whose feeds have not been compared with Amazon's list since the fence began.

    An account that Amazon refuses is tried again when a sync has succeeded.
    """
    to_compare = select(Account.id).join(Fence, Fence.ended_at.is_(None))
    to_compare = to_compare.where(_is_not_compared(), Account.error_code.is_(None))
    return list(session.scalars(to_compare))


def list_not_compared(session: Session) -> Sequence[Account]:
    """List the accounts whose feeds have not been compared since the fence began, refused ones too."""
    missing = select(Account).join(Fence, Fence.ended_at.is_(None)).where(_is_not_compared())
    return session.scalars(missing.order_by(Account.name)).all()


def load_overview(session: Session) -> FenceOverview | None:
    """Load the fence's page, or None without a fence."""
    fence = find_active(session)
    if fence is None:
        return None
    waiting = (Submission.open, Submission.state.in_(_WAITING), Submission.released_at.is_(None))
    queued_mails = (Mail.state == mail_states.QUEUED, Mail.released_at.is_(None))
    unconfirmed = (Submission.state == submission_states.UNPROVED, Submission.changed_at >= fence.started_at)
    return FenceOverview(
        fence,
        _list_submissions(session, *waiting),
        _count(session, Submission, *waiting),
        _list_submissions(session, *unconfirmed),
        session.execute(
            select(
                Mail.id,
                Mail.kind,
                Mail.created_at,
                Mail.actor,
                Order.number.label("number"),
                Store.name.label("store"),
                Store.marketplace_id.label("marketplace_id"),
            )
            .join(Order, Order.id == Mail.order_id)
            .join(Store, Store.id == Mail.store_id)
            .where(*queued_mails)
            .order_by(Mail.id.desc())
            .limit(LIMIT)
        ).all(),
        _count(session, Mail, *queued_mails),
        session.execute(
            select(Feed.amazon_feed_id, Feed.feed_type, Feed.created_at, Feed.records, Feed.amazon_status, Account.name)
            .join(Account, Account.id == Feed.account_id)
            .where(Feed.state == submission_states.UNKNOWN_FEED)
            .order_by(Feed.created_at.desc())
            .limit(LIMIT)
        ).all(),
        [account.name for account in list_not_compared(session)],
    )


def find_doubtful_since(session: Session, account_id: int, feed_type: str) -> datetime | None:
    """Return the creation time of the newest feed of the type that is missing from this database."""
    unknown = (Feed.account_id == account_id, Feed.feed_type == feed_type, Feed.state == submission_states.UNKNOWN_FEED)
    return session.scalar(select(func.max(Feed.created_at)).where(*unknown))


def _is_not_compared() -> ColumnElement[bool]:
    return or_(Account.feeds_compared_at.is_(None), Account.feeds_compared_at < Fence.started_at)


def _count(session: Session, model: type[Submission] | type[Mail], *conditions: Any) -> int:
    return session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0


def _list_submissions(session: Session, *conditions: Any) -> Sequence[Any]:
    return session.execute(
        select(
            Submission,
            AmazonOrder.number.label("number"),
            AmazonOrder.status.label("amazon_status"),
            AmazonOrder.quantity.label("quantity"),
            AmazonOrder.quantity_shipped.label("quantity_shipped"),
            AmazonOrder.last_updated_at.label("last_updated_at"),
            Account.name.label("account"),
            Account.last_synced_at.label("last_synced_at"),
            Store.marketplace_id.label("marketplace_id"),
        )
        .join(AmazonOrder, AmazonOrder.id == Submission.amazon_order_id)
        .join(Store, Store.id == AmazonOrder.store_id)
        .join(Account, Account.id == Submission.account_id)
        .where(*conditions)
        .order_by(Submission.id.desc())
        .limit(LIMIT)
    ).all()
