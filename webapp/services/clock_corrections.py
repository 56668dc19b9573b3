"""Correct times in the future that a wrong clock has left, and store the difference from Amazon's clock.

No time may be further ahead than its longest legitimate wait. Times that are compared when they are read are checked
there (`domain/common/clocks.py`).
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from webapp.domain.amazon.gateway import AmazonGateway
from webapp.domain.common import clocks
from webapp.domain.mail import state_machine as mail_rules
from webapp.domain.shipping import labels as label_rules
from webapp.domain.submissions import state_machine as submission_states
from webapp.models.accounts import Account
from webapp.models.amazon_orders import QuarantinedOrder
from webapp.models.bulk_actions import BulkAction
from webapp.models.mails import Mail, MessageOffer
from webapp.models.printed_files import PrintedFile
from webapp.models.returns import ReturnsReading
from webapp.models.shipping_labels import ShippingLabel
from webapp.models.submissions import Feed, Submission
from webapp.models.tracking_imports import TrackingImport
from webapp.models.users import SignInAttempt, SignInLink, WebSession
from webapp.queries.submissions import is_dated_ahead
from webapp.services.accounts import locking
from webapp.services.users.users import LINK_LIFETIME

# How long a measured difference is used: the clock may be set at any time.
_MAX_MEASUREMENT_AGE = timedelta(minutes=15)

# How far ahead each of these can be while the clock is right.
_MAX_WAITS: tuple[tuple[InstrumentedAttribute[Any], timedelta], ...] = (
    (SignInAttempt.at, timedelta()),
    (WebSession.created_at, timedelta()),
    (WebSession.seen_at, timedelta()),
    (SignInLink.expires_at, LINK_LIFETIME),
    (BulkAction.created_at, timedelta()),
    (PrintedFile.created_at, timedelta()),
    (TrackingImport.created_at, timedelta()),
    (QuarantinedOrder.last_seen_at, timedelta()),
    (Account.last_synced_at, timedelta()),
    (Account.missing_since, timedelta()),
    (Account.clock_measured_at, timedelta()),
    (MessageOffer.answered_at, timedelta()),
    (Mail.due_at, mail_rules.retry_delay(99)),
    (ShippingLabel.due_at, label_rules.REFUND_INTERVAL),
    (ReturnsReading.next_try_at, timedelta(days=1)),
    (ShippingLabel.offered_at, timedelta()),
)


def correct_future_times(session: Session, *, now: datetime) -> None:
    """Correct the times of everything that is not sent to Amazon. Commits if there is something to correct."""
    wrong_columns = [
        (column, max_wait)
        for column, max_wait in _MAX_WAITS
        if session.scalar(select(column).where(column > now + max_wait + clocks.TOLERANCE).limit(1)) is not None
    ]
    session.rollback()
    for column, max_wait in wrong_columns:
        table = column.class_
        is_too_far = column > now + max_wait + clocks.TOLERANCE
        session.execute(
            update(table).where(is_too_far).values({column: now + max_wait}),
            execution_options={"synchronize_session": False},
        )
    # A mail fails some time after it was queued, so correct that time for waiting mails.
    waiting = select(Mail.id).where(Mail.due_at.is_not(None), Mail.queued_at > now + clocks.TOLERANCE)
    late_ids = list(session.scalars(waiting))
    if late_ids:
        session.execute(update(Mail).where(Mail.id.in_(late_ids)).values(queued_at=now))
    if wrong_columns or late_ids:
        session.commit()
    else:
        session.rollback()


def correct_account(session: Session, account_id: int, now: datetime) -> None:
    """Correct the times of an account's submissions and feeds; each waits as long again as it was to wait. Commits."""
    locking.lock_orders(session, account_id)
    statement = select(Submission).where(Submission.open, Submission.account_id == account_id, is_dated_ahead(now))
    submissions = session.scalars(statement.execution_options(populate_existing=True)).all()
    for submission in submissions:
        _correct_submission(submission, now)
    feeds = select(Feed).where(
        Feed.account_id == account_id,
        or_(Feed.sending_at > now + clocks.TOLERANCE, Feed.created_at > now + clocks.TOLERANCE),
    )
    for feed in session.scalars(feeds):
        feed.created_at = min(feed.created_at, now)
        feed.sending_at = feed.sending_at and min(feed.sending_at, now)
    session.commit()


def _correct_submission(submission: Submission, now: datetime) -> None:
    undo_window = submission.undo_until - submission.requested_at
    wait = submission.due_at - max(submission.requested_at, submission.changed_at)
    if clocks.is_ahead(submission.requested_at, now):
        # The undo window starts again.
        submission.undo_until = now + undo_window
        submission.requested_at = now
    submission.changed_at = min(submission.changed_at, now)
    submission.accepted_at = submission.accepted_at and min(submission.accepted_at, now)
    max_wait = timedelta(seconds=submission_states.compute_backoff(99))
    submission.due_at = now + min(max(wait, timedelta()), max_wait)
    if submission.state in {submission_states.QUEUED, submission_states.CONFLICT}:
        submission.due_at = max(submission.due_at, submission.undo_until)


def amazon_time(session: Session, account_id: int, now: datetime) -> datetime:
    """Convert `now` of our clock to Amazon's, if the difference was measured recently."""
    account = session.get_one(Account, account_id)
    # A Date header has a resolution of one second.
    if (
        account.clock_offset is None
        or abs(account.clock_offset) <= 1
        or not clocks.is_within(account.clock_measured_at, _MAX_MEASUREMENT_AGE, now)
    ):
        return now
    return now - timedelta(seconds=account.clock_offset)


def record_clock_difference(account: Account, gateway: AmazonGateway, now: datetime) -> None:
    """Store the difference between our clock and Amazon's, if a response has shown it. Does not commit."""
    amazon_time = gateway.amazon_time()
    if amazon_time is not None:
        account.clock_offset, account.clock_measured_at = round((now - amazon_time).total_seconds()), now
