"""Bring times back that a clock running ahead has left in the future, and keep by how much it differs from Amazon's.

Nothing may lie further ahead than its longest legitimate wait. What is decided in the moment of reading checks for it
itself (`domain/common/clocks.py`).
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from webapp.domain.amazon.gateway import AmazonGateway
from webapp.domain.common import clocks
from webapp.domain.mail import state_machine as mail_rules
from webapp.domain.submissions import state_machine as submission_states
from webapp.models.accounts import Account
from webapp.models.amazon_orders import QuarantinedOrder
from webapp.models.bulk_actions import BulkAction
from webapp.models.mails import Mail, MessageOffer
from webapp.models.printed_files import PrintedFile
from webapp.models.submissions import Feed, Submission
from webapp.models.tracking_imports import TrackingImport
from webapp.models.users import SignInAttempt, SignInLink, WebSession
from webapp.queries.submissions import asked_ahead
from webapp.services.accounts import accounts
from webapp.services.users.users import LINK_LIFETIME

# How long a difference counts that was measured: a clock may be set at any time.
_MEASURED = timedelta(minutes=15)

# How far ahead each of these can be. None is ahead at all when the clock is right.
_LONGEST: tuple[tuple[InstrumentedAttribute[Any], timedelta], ...] = (
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
    (Mail.due_at, mail_rules.next_try(99)),
)


def pull_back(session: Session, *, now: datetime) -> None:
    """Correct the times of everything that is not sent to Amazon. Commits where there was something to correct."""
    wrong = [
        (column, longest)
        for column, longest in _LONGEST
        if session.scalar(select(column).where(column > now + longest + clocks.TOLERANCE).limit(1)) is not None
    ]
    session.rollback()
    for column, longest in wrong:
        table = column.class_
        too_far = column > now + longest + clocks.TOLERANCE
        session.execute(
            update(table).where(too_far).values({column: now + longest}),
            execution_options={"synchronize_session": False},
        )
    # A mail is given up so long after it was queued; only those that wait are looked at.
    waiting = select(Mail.id).where(Mail.due_at.is_not(None), Mail.queued_at > now + clocks.TOLERANCE)
    late = list(session.scalars(waiting))
    if late:
        session.execute(update(Mail).where(Mail.id.in_(late)).values(queued_at=now))
    if wrong or late:
        session.commit()
    else:
        session.rollback()


def pull_back_account(session: Session, account_id: int, now: datetime) -> None:
    """Correct the times of what an account sends to Amazon: each waits as long again as it was to wait. Commits."""
    accounts.lock_orders(session, account_id)
    mine = select(Submission).where(Submission.open, Submission.account_id == account_id, asked_ahead(now))
    found = session.scalars(mine.execution_options(populate_existing=True)).all()
    for submission in found:
        _pull_back_submission(submission, now)
    feeds = select(Feed).where(
        Feed.account_id == account_id,
        or_(Feed.sending_at > now + clocks.TOLERANCE, Feed.created_at > now + clocks.TOLERANCE),
    )
    for feed in session.scalars(feeds):
        feed.created_at = min(feed.created_at, now)
        feed.sending_at = feed.sending_at and min(feed.sending_at, now)
    session.commit()


def _pull_back_submission(submission: Submission, now: datetime) -> None:
    undo = submission.undo_until - submission.requested_at
    wait = submission.due_at - max(submission.requested_at, submission.changed_at)
    if clocks.is_ahead(submission.requested_at, now):
        # Whoever asked for it has their time to undo it, counted anew.
        submission.undo_until = now + undo
        submission.requested_at = now
    submission.changed_at = min(submission.changed_at, now)
    submission.accepted_at = submission.accepted_at and min(submission.accepted_at, now)
    longest = timedelta(seconds=submission_states.backoff_seconds(99))
    submission.due_at = now + min(max(wait, timedelta()), longest)
    if submission.state in {submission_states.QUEUED, submission_states.CONFLICT}:
        submission.due_at = max(submission.due_at, submission.undo_until)


def amazon_time(session: Session, account_id: int, now: datetime) -> datetime:
    """What Amazon's clock shows at `now` of ours, as far as it was measured lately."""
    account = session.get_one(Account, account_id)
    # A second is what a Date header leaves out.
    if (
        account.clock_offset is None
        or abs(account.clock_offset) <= 1
        or not clocks.is_within(account.clock_measured_at, _MEASURED, now)
    ):
        return now
    return now - timedelta(seconds=account.clock_offset)


def note_difference(account: Account, port: AmazonGateway, now: datetime) -> None:
    """Keep by how much our clock differs from Amazon's, where an answer has told. Does not commit."""
    there = port.amazon_time()
    if there is not None:
        account.clock_offset, account.clock_measured_at = round((now - there).total_seconds()), now
