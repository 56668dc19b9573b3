"""Feeds: many submissions in one document, sent once, looked for before it is sent again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from webapp.core import fault_points
from webapp.db.engine import read_only
from webapp.domain.amazon.errors import (
    AmazonError,
    BadCredentials,
    OutcomeUnknown,
    RedisUnavailable,
    Throttled,
)
from webapp.domain.amazon.gateway import AmazonGateway
from webapp.domain.amazon.types import Feed as AmazonFeed
from webapp.domain.amazon.types import FeedReport
from webapp.domain.submissions import state_machine as submission_states
from webapp.models.accounts import Account
from webapp.models.submissions import Feed, Submission
from webapp.services.accounts import accounts
from webapp.services.submissions import feed_matching
from webapp.services.submissions import handlers as submission_handlers
from webapp.services.submissions import transitions as submission_transitions
from webapp.services.submissions.handlers import FeedPolicy, SubmissionHandler

PREPARING, SENDING, FEED_SENT, DONE, FAILED = "preparing", "sending", "sent", "done", "failed"

# A look that comes too soon proves nothing: the call may still be under way in a process that is only slow, and Amazon
# lists a feed a moment after it took it.
SETTLE = timedelta(seconds=20)
# Amazon lists a feed long before then, if it has it.
LISTED = timedelta(minutes=10)
# Feeds end within minutes; one that has not by then will not.
LONGEST = timedelta(hours=6)
# So often Amazon is asked at least before its silence is believed: for about an hour.
ASKED = 30


def next_slot(
    session: Session, account_id: int, kind: SubmissionHandler, interval: int, now: datetime
) -> datetime | None:
    """When the account may send its next feed of the kind, None for at once: Amazon takes one in two minutes."""
    route = _route(kind)
    mine = (Feed.account_id == account_id, Feed.feed_type == route.feed_type)
    under_way = select(Feed.id).where(*mine, Feed.state.in_((PREPARING, SENDING, FEED_SENT)))
    if route.exclusive and session.scalar(under_way.limit(1)) is not None:
        return now + SETTLE
    last = session.scalar(select(func.max(Feed.sending_at)).where(*mine))
    slot = None if last is None else last + timedelta(seconds=interval)
    return slot if slot is not None and slot > now else None


def create_batch(
    session: Session, account_id: int, kind: SubmissionHandler, ready: Sequence[Submission], now: datetime
) -> Feed | None:
    """Put queued submissions into one feed; None when all were undone meanwhile. Commits: too late to undo now."""
    accounts.lock_orders(session, account_id)
    wanted = select(Submission).where(
        Submission.id.in_([submission.id for submission in ready]), Submission.state == submission_states.QUEUED
    )
    fresh = wanted.order_by(Submission.id).with_for_update().execution_options(populate_existing=True)
    due = session.scalars(fresh).all()
    if not due:
        session.commit()
        return None
    feed = Feed(account_id=account_id, feed_type=_route(kind).feed_type, state=PREPARING, created_at=now)
    session.add(feed)
    for message_id, submission in enumerate(due, 1):
        submission_transitions.apply(submission, "send", now)
        submission.feed = feed
        submission.message_id = message_id
    session.commit()
    fault_points.crash("feed.gathered")
    return feed


def submit(session: Session, port: AmazonGateway, feed: Feed, now: datetime) -> None:
    """Lay the document at Amazon and make it a feed; between the two, write that it is about to happen. Commits."""
    waiting = _waiting(feed, submission_states.SENDING)
    if not waiting:
        # All of them were cancelled by another door meanwhile.
        feed.state, feed.ended_at = DONE, now
        session.commit()
        return
    document = submission_handlers.get(waiting[0].kind).document(session, waiting)
    session.commit()
    stage = PREPARING
    try:
        prepared = document(port)
        if not _still(session, feed, stage):
            return
        stage = SENDING
        feed.document_id, feed.digest = prepared.document_id, prepared.digest
        feed.records, feed.marketplace_ids = prepared.records, list(prepared.marketplace_ids)
        feed.uploaded_at = prepared.uploaded_at
        feed.state, feed.sending_at = stage, now
        for submission in _waiting(feed, submission_states.SENDING):
            submission.due_at = now + SETTLE
        session.commit()
        fault_points.crash("feed.before_create")
        created = port.create_feed(prepared)
        fault_points.crash("feed.after_create")
    except OutcomeUnknown as error:
        if _still(session, feed, stage):
            reschedule(_waiting(feed, submission_states.SENDING), now, error)
            session.commit()
    except AmazonError as error:
        _not_sent(session, feed, stage, error, now)
    else:
        _sent(session, feed, created, now)


def _still(session: Session, feed: Feed, state: str) -> bool:
    """Whether it is where it was before Amazon was spoken to; then it is locked.

    Whoever was silent for longer than a lease may find that another has gone on with it.
    """
    accounts.lock_orders(session, feed.account_id)
    session.refresh(feed)
    if feed.state != state:
        session.rollback()
        return False
    return True


def _sent(session: Session, feed: Feed, created: AmazonFeed, now: datetime) -> None:
    if not _still(session, feed, SENDING):
        return
    feed.state, feed.amazon_feed_id, feed.request_id = FEED_SENT, created.feed_id, created.request_id
    for submission in _waiting(feed, submission_states.SENDING):
        submission_transitions.apply(submission, "sent", now)
        submission.request_id = created.request_id
        submission.due_at = now + timedelta(seconds=submission_states.backoff_seconds(0))
    session.commit()
    fault_points.crash("feed.sent")


def _not_sent(session: Session, feed: Feed, stage: str, error: AmazonError, now: datetime) -> None:
    """Amazon said no, so nothing was carried out: try again where that can help, else say why not."""
    if not _still(session, feed, stage):
        return
    waiting = _waiting(feed, submission_states.SENDING)
    if error.is_temporary or isinstance(error, BadCredentials):
        # The time stays written, so that the next try waits for its slot too.
        feed.state = PREPARING
        reschedule(waiting, now, error)
    else:
        feed.state, feed.ended_at = FAILED, now
        for submission in waiting:
            submission_transitions.reject(session, submission, error.message, now, request_id=error.request_id)
    session.commit()


def close_settled(session: Session, *, now: datetime) -> int:
    """End feeds none of whose submissions waits for them any more; returns how many. Commits.

    A sync may prove every submission of a feed before its report is read, and nothing asks for that report then. A feed
    whose createFeed call may still be under way is left until Amazon lists it.
    """
    waits = select(Submission.id).where(
        Submission.feed_id == Feed.id, Submission.state.in_((submission_states.SENDING, submission_states.SENT))
    )
    in_flight = and_(Feed.state == SENDING, func.coalesce(Feed.sending_at, Feed.created_at) > now - LISTED)
    settled = select(Feed.id, Feed.account_id).where(
        # The index begins with the account.
        Feed.account_id.in_(select(Account.id)),
        Feed.state.in_((PREPARING, SENDING, FEED_SENT)),
        ~waits.exists(),
        ~in_flight,
    )
    with read_only():
        found = session.execute(settled).all()
        session.rollback()
    closed = 0
    for feed_id, account_id in found:
        accounts.lock_orders(session, account_id)
        feed = session.scalar(
            select(Feed)
            .where(Feed.id == feed_id, Feed.id.in_(settled.with_only_columns(Feed.id)))
            .execution_options(populate_existing=True)
        )
        if feed is not None:
            feed.state, feed.ended_at = DONE, now
            closed += 1
        session.commit()
    return closed


def recover_lost(session: Session, port: AmazonGateway, feed: Feed, now: datetime) -> None:
    """After a lost answer: adopt the feed that fits if Amazon has one; send again only when it surely has not. Commits.

    Being the only feed of its type in that time is not enough: another program of the seller's may send them too.
    """
    since = feed_matching.earliest(feed, now)
    feed_type = feed.feed_type
    session.commit()
    listed = port.find_feeds(feed_type, since)
    # A row may be older than its feed by as long as it had to wait, so its age does not tell which to look among.
    possible = feed_matching.unknown(session, feed.account_id, feed_matching.possible(feed, listed))
    session.commit()
    candidates = feed_matching.examine(port, possible)
    if not _still(session, feed, SENDING):
        return
    left = feed_matching.unknown(session, feed.account_id, possible)
    candidates = [candidate for candidate in candidates if candidate.feed in left]
    unfinished = [candidate for candidate in candidates if not candidate.feed.ended]
    fitting = [candidate for candidate in candidates if feed_matching.fits(session, feed, candidate)]
    if unfinished and now - (feed.sending_at or feed.created_at) <= LONGEST:
        # Its report will tell whether it is ours.
        reschedule(_waiting(feed, submission_states.SENDING), now, None)
        session.commit()
    elif len(fitting) == 1 and not unfinished:
        _sent(session, feed, fitting[0].feed, now)
    elif fitting or unfinished or (candidates and feed.records is None):
        _ambiguous(session, feed, now)
    elif not _route_of(feed).resend:
        _not_found(session, feed, now)
    else:
        feed.state = PREPARING
        session.commit()


def _ambiguous(session: Session, feed: Feed, now: datetime) -> None:
    """Which of several is ours cannot be told, but what can be read off its order will be."""
    feed.state, feed.ended_at = FAILED, now
    for submission in _waiting(feed, submission_states.SENDING):
        if submission_handlers.get(submission.kind).proved_by_acceptance:
            submission_transitions.mark_unconfirmed(session, submission, "feed_ambiguous", now)
        else:
            submission_transitions.accept(session, submission, now)
    session.commit()


def _not_found(session: Session, feed: Feed, now: datetime) -> None:
    """What must not be told twice is looked for again and again; then a person looks, and nothing is sent by itself."""
    waiting = _waiting(feed, submission_states.SENDING)
    if now - (feed.sending_at or feed.created_at) < LISTED:
        reschedule(waiting, now, None)
    else:
        feed.state, feed.ended_at = FAILED, now
        for submission in waiting:
            submission_transitions.mark_unconfirmed(session, submission, "feed_lost", now)
    session.commit()


def poll(session: Session, port: AmazonGateway, feed: Feed, now: datetime) -> None:
    """Ask how far it is; when it has ended, read the report, message by message. Commits."""
    amazon_feed_id = feed.amazon_feed_id or ""
    session.commit()
    try:
        there = port.feed(amazon_feed_id)
        report = port.feed_report(there) if there.ended and there.result_document_id else None
    except AmazonError as error:
        if not _silent(session, feed, error, now):
            raise
        return
    if not _still(session, feed, FEED_SENT):
        return
    feed.amazon_status = there.status
    if not there.ended:
        if now - (feed.sending_at or feed.created_at) > LONGEST:
            feed.state, feed.ended_at = FAILED, now
            for submission in _waiting(feed):
                submission_transitions.mark_unconfirmed(session, submission, "feed_never_ended", now)
        reschedule(_waiting(feed), now, None)
    elif there.status == "DONE":
        feed.state, feed.ended_at = DONE, now
        _apply(session, feed, report, there.request_id, now)
    else:
        feed.state, feed.ended_at = FAILED, now
        _failed(session, feed, there, report, now)
    session.commit()
    fault_points.crash("feed.report_applied")


def _silent(session: Session, feed: Feed, error: AmazonError, now: datetime) -> bool:
    """Whether Amazon will not say any more what became of it; then a person looks, and the next feed need not wait.

    Not where nobody could ask, nor after one bad answer to a desk that was off for hours.
    """
    nobody_asked = isinstance(error, BadCredentials | RedisUnavailable | Throttled)
    if nobody_asked or now - (feed.sending_at or feed.created_at) < LONGEST or not _still(session, feed, FEED_SENT):
        return False
    waiting = _waiting(feed)
    if any(submission.tries < ASKED for submission in waiting):
        session.rollback()
        return False
    feed.state, feed.ended_at = FAILED, now
    for submission in waiting:
        if submission_handlers.get(submission.kind).proved_by_acceptance:
            submission_transitions.mark_unconfirmed(session, submission, "feed_never_ended", now)
        else:
            submission_transitions.accept(session, submission, now)
    session.commit()
    return True


def _apply(session: Session, feed: Feed, report: FeedReport | None, request_id: str | None, now: datetime) -> None:
    """DONE is not success: what is listed as an error was refused, and what is not still has to be proved."""
    waiting = _waiting(feed)
    doubt = submission_handlers.get(waiting[0].kind).doubt(session, feed.submissions, report) if waiting else None
    # All of it is read before any of it is applied: what becomes of one may change what the places of the others mean.
    refusals = [
        submission_handlers.get(one.kind).refused_in(session, one, report) if report else None for one in waiting
    ]
    for submission, refused in zip(waiting, refusals, strict=True):
        if doubt is not None:
            submission_transitions.mark_unconfirmed(session, submission, doubt, now)
        elif refused is None:
            submission_transitions.accept(session, submission, now)
        else:
            submission.details = submission.details | refused.details
            submission_transitions.reject(
                session, submission, refused.words, now, cause=refused.cause, request_id=request_id
            )


def _failed(session: Session, feed: Feed, there: AmazonFeed, report: FeedReport | None, now: datetime) -> None:
    """CANCELLED did nothing. FATAL may have done some of it, none or all, unless its report counts no success."""
    untouched = report is not None and report.successful == 0 and not report.is_contradictory
    aborted = there.status == "FATAL" and not _route_of(feed).resend and not untouched
    words = "; ".join(message.description for message in report.messages) if report else ""
    for submission in _waiting(feed):
        if aborted:
            submission_transitions.mark_unconfirmed(session, submission, "feed_aborted", now)
        else:
            submission_transitions.reject(
                session, submission, words or None, now, cause="feed_failed", request_id=there.request_id
            )


def _route(kind: SubmissionHandler) -> FeedPolicy:
    if kind.feed is None:
        raise TypeError(f"{kind.name} goes by no feed")
    return kind.feed


def _route_of(feed: Feed) -> FeedPolicy:
    """All of a feed are of one kind."""
    return _route(submission_handlers.get(feed.submissions[0].kind))


def _waiting(feed: Feed, state: str = submission_states.SENT) -> list[Submission]:
    """Those whose turn it is: the buyer may have cancelled one of them while Amazon was spoken to."""
    return [submission for submission in feed.submissions if submission.state == state]


def reschedule(waiting: Sequence[Submission], now: datetime, error: AmazonError | None) -> None:
    """Look again later, each time a little later; keep why."""
    for submission in waiting:
        submission.tries += 1
        wait = max(submission_states.backoff_seconds(submission.tries), getattr(error, "wait", None) or 0)
        if isinstance(error, OutcomeUnknown):
            wait = max(wait, SETTLE.total_seconds())
        submission.due_at = now + timedelta(seconds=wait)
        submission.changed_at = now
        if error is not None:
            submission.message, submission.cause, submission.request_id = error.message, error.cause, error.request_id
