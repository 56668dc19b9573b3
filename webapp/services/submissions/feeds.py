"""Feeds: many submissions in one document. After a lost response, Amazon's list is checked before it is sent again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from webapp.core import fault_points
from webapp.db import outgoing_calls
from webapp.db.engine import read_only
from webapp.domain.amazon.errors import (
    AmazonError,
    BadCredentials,
    OutcomeUnknown,
    RedisUnavailable,
    Throttled,
    UnreadableReport,
)
from webapp.domain.amazon.gateway import AmazonGateway
from webapp.domain.amazon.types import Feed as AmazonFeed
from webapp.domain.amazon.types import FeedReport
from webapp.domain.submissions import state_machine as submission_states
from webapp.models.accounts import Account
from webapp.models.submissions import Feed, Submission
from webapp.services.accounts import locking
from webapp.services.submissions import feed_matching
from webapp.services.submissions import handlers as submission_handlers
from webapp.services.submissions import transitions as submission_transitions
from webapp.services.submissions.handlers import FeedPolicy, SubmissionHandler

PREPARING, SENDING, FEED_SENT, DONE, FAILED = "preparing", "sending", "sent", "done", "failed"

# Before this, a check proves nothing: the call may still be in progress in a slow process, and Amazon lists a feed a
# moment after it accepted it.
MIN_RECOVERY_DELAY = timedelta(seconds=20)
# A feed that Amazon does not list after this was not created.
MAX_LISTING_DELAY = timedelta(minutes=10)
# Feeds are processed within minutes; one that has not ended after this will not end.
MAX_PROCESSING_TIME = timedelta(hours=6)
# Time until a report that could not be read is read once more: a proxy may have answered instead of Amazon.
UNREADABLE_PAUSE = timedelta(minutes=2)
# Polls before a feed is given up, which take about an hour.
MIN_POLLS = 30


def next_slot(
    session: Session, account_id: int, handler: SubmissionHandler, interval: int, now: datetime
) -> datetime | None:
    """Return the time of the account's next feed of the kind, None if it is now: one in `interval` seconds."""
    policy = _get_policy(handler)
    same_type = (Feed.account_id == account_id, Feed.feed_type == policy.feed_type)
    open_feeds = select(Feed.id).where(*same_type, Feed.state.in_((PREPARING, SENDING, FEED_SENT)))
    if policy.exclusive and session.scalar(open_feeds.limit(1)) is not None:
        return now + MIN_RECOVERY_DELAY
    last = session.scalar(select(func.max(Feed.sending_at)).where(*same_type))
    slot = None if last is None else last + timedelta(seconds=interval)
    return slot if slot is not None and slot > now else None


def create_batch(
    session: Session, account_id: int, handler: SubmissionHandler, ready: Sequence[Submission], now: datetime
) -> Feed | None:
    """Put queued submissions into one feed; return None if all were undone meanwhile. Commits; ends the undo window."""
    locking.lock_orders(session, account_id)
    queued = select(Submission).where(
        Submission.id.in_([submission.id for submission in ready]), Submission.state == submission_states.QUEUED
    )
    locked = queued.order_by(Submission.id).with_for_update().execution_options(populate_existing=True)
    submissions = session.scalars(locked).all()
    if not submissions:
        session.commit()
        return None
    feed = Feed(account_id=account_id, feed_type=_get_policy(handler).feed_type, state=PREPARING, created_at=now)
    session.add(feed)
    for message_id, submission in enumerate(submissions, 1):
        submission_transitions.apply(submission, "send", now)
        submission.feed = feed
        submission.message_id = message_id
    session.commit()
    fault_points.crash("feed.batch_created")
    return feed


def requeue_prepared(session: Session, account_id: int, now: datetime) -> None:
    """Take feeds apart that were not sent yet: during a fence each submission waits by itself. Does not commit."""
    prepared = select(Feed).where(Feed.account_id == account_id, Feed.state == PREPARING)
    for feed in session.scalars(prepared):
        for submission in _list_submissions_in(feed, submission_states.SENDING):
            submission_transitions.apply(submission, "requeue", now)
            submission.feed = submission.message_id = None
        feed.state, feed.ended_at = FAILED, now


def submit(session: Session, gateway: AmazonGateway, feed: Feed, now: datetime) -> None:
    """Upload the document and create the feed, storing the state "sending" between the two. Commits."""
    waiting = _list_submissions_in(feed, submission_states.SENDING)
    if not waiting:
        # All of them have been verified meanwhile.
        feed.state, feed.ended_at = DONE, now
        session.commit()
        return
    document = submission_handlers.get(waiting[0].kind).build_feed_document(session, waiting)
    session.commit()
    stage = PREPARING
    try:
        prepared = document(gateway)
        if not _lock_in_state(session, feed, stage):
            return
        stage = SENDING
        feed.document_id, feed.digest = prepared.document_id, prepared.digest
        feed.records, feed.marketplace_ids = prepared.records, list(prepared.marketplace_ids)
        feed.uploaded_at = prepared.uploaded_at
        feed.state, feed.sending_at = stage, now
        for submission in _list_submissions_in(feed, submission_states.SENDING):
            submission.due_at = now + MIN_RECOVERY_DELAY
        outgoing_calls.count(session)
        session.commit()
        fault_points.crash("feed.before_create")
        created = gateway.create_feed(prepared)
        fault_points.crash("feed.after_create")
    except OutcomeUnknown as error:
        if _lock_in_state(session, feed, stage):
            reschedule(_list_submissions_in(feed, submission_states.SENDING), now, error)
            session.commit()
    except AmazonError as error:
        _handle_create_error(session, feed, stage, error, now)
    else:
        _mark_sent(session, feed, created, now)


def _lock_in_state(session: Session, feed: Feed, state: str) -> bool:
    """Lock and reload the feed after a call to Amazon; return whether it is still in `state`.

    Another process may have changed it if the call took longer than the lease.
    """
    locking.lock_orders(session, feed.account_id)
    session.refresh(feed)
    if feed.state != state:
        session.rollback()
        return False
    return True


def _mark_sent(session: Session, feed: Feed, created: AmazonFeed, now: datetime) -> None:
    if not _lock_in_state(session, feed, SENDING):
        return
    feed.state, feed.amazon_feed_id, feed.request_id = FEED_SENT, created.feed_id, created.request_id
    for submission in _list_submissions_in(feed, submission_states.SENDING):
        submission_transitions.apply(submission, "sent", now)
        submission.request_id = created.request_id
        submission.due_at = now + timedelta(seconds=submission_states.compute_backoff(0))
    session.commit()
    fault_points.crash("feed.sent")


def _handle_create_error(session: Session, feed: Feed, stage: str, error: AmazonError, now: datetime) -> None:
    """Reschedule the submissions after a transient error, or reject them. Commits."""
    if not _lock_in_state(session, feed, stage):
        return
    waiting = _list_submissions_in(feed, submission_states.SENDING)
    if error.is_temporary or isinstance(error, BadCredentials):
        # `sending_at` is kept, so that the next attempt waits for its slot too.
        feed.state = PREPARING
        reschedule(waiting, now, error)
    else:
        feed.state, feed.ended_at = FAILED, now
        for submission in waiting:
            submission_transitions.reject(session, submission, error.message, now, request_id=error.request_id)
    session.commit()


def close_settled(session: Session, *, now: datetime) -> int:
    """Close feeds with no waiting submissions; return how many. Commits.

    A sync may verify every submission of a feed before its report is read, and the feed is not polled after that. Feeds
    whose createFeed call may still be in progress are skipped.
    """
    waiting = select(Submission.id).where(
        Submission.feed_id == Feed.id, Submission.state.in_((submission_states.SENDING, submission_states.SENT))
    )
    in_flight = and_(Feed.state == SENDING, func.coalesce(Feed.sending_at, Feed.created_at) > now - MAX_LISTING_DELAY)
    closable = select(Feed.id, Feed.account_id).where(
        # The index begins with the account's id.
        Feed.account_id.in_(select(Account.id)),
        Feed.state.in_((PREPARING, SENDING, FEED_SENT)),
        ~waiting.exists(),
        ~in_flight,
    )
    with read_only():
        rows = session.execute(closable).all()
        session.rollback()
    closed = 0
    for feed_id, account_id in rows:
        locking.lock_orders(session, account_id)
        feed = session.scalar(
            select(Feed)
            .where(Feed.id == feed_id, Feed.id.in_(closable.with_only_columns(Feed.id)))
            .execution_options(populate_existing=True)
        )
        if feed is not None:
            feed.state, feed.ended_at = DONE, now
            closed += 1
        session.commit()
    return closed


def recover_lost(session: Session, gateway: AmazonGateway, feed: Feed, now: datetime) -> None:
    """Find the feed at Amazon after a lost response; prepare it to be sent again only if it is not there. Commits.

    The only feed of its type in that time may still belong to another program of the seller.
    """
    since = feed_matching.get_earliest_creation(feed, now)
    feed_type = feed.feed_type
    session.commit()
    listed = gateway.find_feeds(feed_type, since)
    possible_feeds = feed_matching.filter_unknown(session, feed.account_id, feed_matching.filter_possible(feed, listed))
    session.commit()
    candidates = feed_matching.load_reports(gateway, possible_feeds)
    if not _lock_in_state(session, feed, SENDING):
        return
    still_unknown = feed_matching.filter_unknown(session, feed.account_id, possible_feeds)
    candidates = [candidate for candidate in candidates if candidate.feed in still_unknown]
    unfinished = [candidate for candidate in candidates if not candidate.feed.ended]
    matching = [candidate for candidate in candidates if feed_matching.matches(session, feed, candidate)]
    if unfinished and now - (feed.sending_at or feed.created_at) <= MAX_PROCESSING_TIME:
        # Its report will show whether it is ours.
        reschedule(_list_submissions_in(feed, submission_states.SENDING), now, None)
        session.commit()
    elif len(matching) == 1 and not unfinished:
        _mark_sent(session, feed, matching[0].feed, now)
    elif matching or unfinished or (candidates and feed.records is None):
        _close_ambiguous(session, feed, now)
    elif not _get_policy_of(feed).resend:
        _handle_not_found(session, feed, now)
    else:
        feed.state = PREPARING
        session.commit()


def _close_ambiguous(session: Session, feed: Feed, now: datetime) -> None:
    """Close a feed that may be any of several at Amazon. Submissions that their order can show are checked there."""
    feed.state, feed.ended_at = FAILED, now
    _close_without_result(session, _list_submissions_in(feed, submission_states.SENDING), "feed_ambiguous", now)
    session.commit()


def _handle_not_found(session: Session, feed: Feed, now: datetime) -> None:
    """Check again until MAX_LISTING_DELAY, then mark the submissions as unconfirmed: they must not be repeated."""
    waiting = _list_submissions_in(feed, submission_states.SENDING)
    if now - (feed.sending_at or feed.created_at) < MAX_LISTING_DELAY:
        reschedule(waiting, now, None)
    else:
        feed.state, feed.ended_at = FAILED, now
        for submission in waiting:
            submission_transitions.mark_unconfirmed(session, submission, "feed_lost", now)
    session.commit()


def poll(session: Session, gateway: AmazonGateway, feed: Feed, now: datetime) -> None:
    """Read the state of the feed, and apply its report when it has ended. Commits."""
    amazon_feed_id = feed.amazon_feed_id or ""
    session.commit()
    report, unreadable = None, None
    try:
        amazon_feed = gateway.feed(amazon_feed_id)
        if amazon_feed.ended and amazon_feed.result_document_id:
            report = gateway.feed_report(amazon_feed)
    except UnreadableReport as error:
        unreadable = error
    except AmazonError as error:
        if not _give_up_polling(session, feed, error, now):
            raise
        return
    if not _lock_in_state(session, feed, FEED_SENT):
        return
    if unreadable is not None:
        _handle_unreadable_report(session, feed, amazon_feed.status, unreadable, now)
        return
    feed.amazon_status = amazon_feed.status
    if not amazon_feed.ended:
        if now - (feed.sending_at or feed.created_at) > MAX_PROCESSING_TIME:
            feed.state, feed.ended_at = FAILED, now
            for submission in _list_submissions_in(feed):
                submission_transitions.mark_unconfirmed(session, submission, "feed_never_ended", now)
        reschedule(_list_submissions_in(feed), now, None)
    elif amazon_feed.status == "DONE":
        feed.state, feed.ended_at = DONE, now
        _apply_report(session, feed, report, amazon_feed.request_id, now)
    else:
        feed.state, feed.ended_at = FAILED, now
        _apply_failure(session, feed, amazon_feed, report, now)
    session.commit()
    fault_points.crash("feed.report_applied")


def _handle_unreadable_report(
    session: Session, feed: Feed, amazon_status: str, error: UnreadableReport, now: datetime
) -> None:
    """Read the report once more later, then close the feed: each attempt uses the rate limit of all feeds. Commits."""
    waiting = _list_submissions_in(feed)
    if feed.amazon_status != amazon_status:
        feed.amazon_status = amazon_status
        reschedule(waiting, now, error)
        for submission in waiting:
            submission.due_at = max(submission.due_at, now + UNREADABLE_PAUSE)
    else:
        feed.state, feed.ended_at = FAILED, now
        _close_without_result(session, waiting, "feed_report_unreadable", now)
    session.commit()


def _close_without_result(session: Session, submissions: Sequence[Submission], cause: str, now: datetime) -> None:
    """Mark submissions as unconfirmed, except those that their order can show: these are checked there."""
    for submission in submissions:
        if submission_handlers.get(submission.kind).confirmed_by_acceptance:
            submission_transitions.mark_unconfirmed(session, submission, cause, now)
        else:
            submission_transitions.accept(session, submission, now)


def _give_up_polling(session: Session, feed: Feed, error: AmazonError, now: datetime) -> bool:
    """Close a feed whose result Amazon no longer returns; return False if it is to be polled again.

    Errors before Amazon was reached do not count, and at least MIN_POLLS are made even if the application was down for
    hours.
    """
    was_not_asked = isinstance(error, BadCredentials | RedisUnavailable | Throttled)
    if (
        was_not_asked
        or now - (feed.sending_at or feed.created_at) < MAX_PROCESSING_TIME
        or not _lock_in_state(session, feed, FEED_SENT)
    ):
        return False
    waiting = _list_submissions_in(feed)
    if any(submission.tries < MIN_POLLS for submission in waiting):
        session.rollback()
        return False
    feed.state, feed.ended_at = FAILED, now
    _close_without_result(session, waiting, "feed_never_ended", now)
    session.commit()
    return True


def _apply_report(
    session: Session, feed: Feed, report: FeedReport | None, request_id: str | None, now: datetime
) -> None:
    """Reject the submissions that the report lists as errors, and accept the others. DONE does not mean success."""
    waiting = _list_submissions_in(feed)
    problem = (
        submission_handlers.get(waiting[0].kind).check_report(session, feed.submissions, report) if waiting else None
    )
    # Read all before applying any: the lines of a refund in the document depend on the credit memos before it.
    rejections = [
        submission_handlers.get(submission.kind).find_rejection(session, submission, report) if report else None
        for submission in waiting
    ]
    for submission, rejection in zip(waiting, rejections, strict=True):
        if problem is not None:
            submission_transitions.mark_unconfirmed(session, submission, problem, now)
        elif rejection is None:
            submission_transitions.accept(session, submission, now)
        else:
            submission.details = submission.details | rejection.details
            submission_transitions.reject(
                session, submission, rejection.message, now, cause=rejection.cause, request_id=request_id
            )


def _apply_failure(
    session: Session, feed: Feed, amazon_feed: AmazonFeed, report: FeedReport | None, now: datetime
) -> None:
    """Apply CANCELLED (no effect) or FATAL, which may have had some effect unless its report counts no success."""
    had_no_effect = report is not None and report.successful == 0 and not report.is_contradictory
    is_unclear = amazon_feed.status == "FATAL" and not _get_policy_of(feed).resend and not had_no_effect
    message = "; ".join(message.description for message in report.messages) if report else ""
    for submission in _list_submissions_in(feed):
        if is_unclear:
            submission_transitions.mark_unconfirmed(session, submission, "feed_aborted", now)
        else:
            submission_transitions.reject(
                session, submission, message or None, now, cause="feed_failed", request_id=amazon_feed.request_id
            )


def _get_policy(handler: SubmissionHandler) -> FeedPolicy:
    if handler.feed is None:
        raise TypeError(f"{handler.name} is not sent in feeds")
    return handler.feed


def _get_policy_of(feed: Feed) -> FeedPolicy:
    """Return the policy of the feed's submissions, which are all of one kind."""
    return _get_policy(submission_handlers.get(feed.submissions[0].kind))


def _list_submissions_in(feed: Feed, state: str = submission_states.SENT) -> list[Submission]:
    """List the submissions in `state`: others may have been verified during a call to Amazon."""
    return [submission for submission in feed.submissions if submission.state == state]


def reschedule(submissions: Sequence[Submission], now: datetime, error: AmazonError | None) -> None:
    """Set the time of the next attempt, with increasing delays, and store the error."""
    for submission in submissions:
        submission.tries += 1
        wait = max(submission_states.compute_backoff(submission.tries), getattr(error, "wait", None) or 0)
        if isinstance(error, OutcomeUnknown):
            wait = max(wait, MIN_RECOVERY_DELAY.total_seconds())
        submission.due_at = now + timedelta(seconds=wait)
        submission.changed_at = now
        if error is not None:
            submission.message, submission.cause, submission.request_id = error.message, error.cause, error.request_id
