"""Fences: send nothing while the database may be older than what was already sent, until a person releases it.

A fence begins after a restore, if the database is behind the high-water mark, or if Amazon has refund feeds that the
database does not know. Imports go on. What Amazon's orders show is verified without being sent again; refunds and mails
that may have gone out are left to a person as unconfirmed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from webapp.db import high_water_mark, number_sequences, outgoing_calls
from webapp.db.engine import read_only
from webapp.db.number_sequences import Counter
from webapp.domain.amazon.gateway import AmazonGateway
from webapp.domain.amazon.types import Feed as AmazonFeed
from webapp.domain.errors import RefusedError
from webapp.domain.mail import state_machine as mail_states
from webapp.domain.submissions import state_machine as submission_states
from webapp.models.accounts import Account
from webapp.models.fences import Fence
from webapp.models.mails import Mail
from webapp.models.submissions import Feed, Submission
from webapp.queries import fences as queries
from webapp.services import audit_log
from webapp.services.mail import outbox as mail_outbox
from webapp.services.shipping import labels
from webapp.services.submissions import feed_matching, feeds, handlers, transitions, user_actions

RESTORED, OLDER_DATABASE, MARK_MISSING, UNKNOWN_FEEDS = "restored", "older_database", "mark_missing", "unknown_feeds"
# Numbers left out if the mark is lost with the data folder, so that none given out since the backup is repeated.
NUMBER_MARGIN = 10_000
# Numbers left out if the mark is there: those that imports gave out in the last seconds may not be in it.
RECENT_MARGIN = 1_000
# Difference between the clocks, and the delay until Amazon lists a feed.
_OVERLAP = timedelta(minutes=10)
# Amazon keeps feeds for 90 days and refuses to list older ones.
_MAX_AGE = timedelta(days=89)


def start(
    session: Session,
    reason: str,
    *,
    now: datetime,
    actor: str = "schedule",
    backup_at: datetime | None = None,
    number_margin: int = 0,
) -> Fence:
    """Begin a fence, or restart the active one, and let the number sequences continue after the mark. Commits."""
    if session.connection().dialect.name == "postgresql":
        # Of two that begin a fence at once, the second finds the row of the first. SQLite has one writer at a time.
        session.execute(text("LOCK TABLE fences IN SHARE ROW EXCLUSIVE MODE"))
    counters, mark = number_sequences.load_all(session), high_water_mark.read() or {}
    for name in sorted({*counters, *mark}):
        last = max(counters.get(name, 0), mark.get(name, 0))
        number_sequences.raise_to(session, name, last + number_margin)
    fence = queries.find_active(session) or Fence()
    fence.reason, fence.backup_at, fence.started_at = reason, backup_at, now
    session.add(fence)
    for account_id in session.scalars(select(Account.id)).all():
        feeds.requeue_prepared(session, account_id, now)
    for model in (Submission, Mail):
        session.execute(update(model).where(model.released_at.is_not(None)).values(released_at=None))
    audit_log.record(session, "fence_started", now=now, actor=actor, args={"cause": f"fence_{reason}"})
    session.commit()
    return fence


def start_if_behind(session: Session, *, now: datetime, mark_required: bool = False) -> bool:
    """Begin a fence if the database is older than the mark; return whether one was begun. Commits.

    `mark_required`: a database that has sent something must have a mark. Writes the mark if there is none.
    """
    mark = high_water_mark.read()
    if mark is None:
        counters = number_sequences.load_all(session)
        session.rollback()
        is_foreign = mark_required and outgoing_calls.OUTGOING in counters
        if is_foreign:
            start(session, MARK_MISSING, now=now, number_margin=NUMBER_MARGIN)
        else:
            high_water_mark.raise_to(counters)
        return is_foreign
    is_behind = outgoing_calls.is_database_behind(session)
    session.rollback()
    if is_behind:
        start(session, OLDER_DATABASE, now=now, number_margin=RECENT_MARGIN)
    return is_behind


def record_counters(session: Session) -> None:
    """Write numbers to the mark that imports gave out, whose commits did not wait for the disk. Commits if needed."""
    with read_only():
        mark, counters = high_water_mark.read() or {}, number_sequences.load_all(session)
        session.rollback()
    if all(mark.get(name, 0) >= value for name, value in counters.items()):
        return
    # A write, so that the commit takes the earlier ones to the disk. It locks one row only: others lock several.
    session.execute(update(Counter).where(Counter.name == min(counters)).values(value=Counter.value))
    session.commit()
    high_water_mark.raise_to(counters)


def compare_feeds(session: Session, gateway: AmazonGateway, account_id: int, *, now: datetime) -> None:
    """Look for feeds at Amazon that this database does not know, of the kinds that must not be repeated.

    If there are some, a fence begins, and the queued submissions that they may contain become unconfirmed. Calls
    Amazon, commits.
    """
    account = session.get_one(Account, account_id)
    since = max((account.feeds_compared_at or account.created_at) - _OVERLAP, now - _MAX_AGE)
    is_fenced = queries.find_active(session) is not None
    session.commit()
    unknown = False
    for handler in handlers.list_handlers():
        if handler.feed is not None and not handler.feed.resend:
            feed_type = handler.feed.feed_type
            listed = gateway.find_feeds(feed_type, since)
            unknown |= _store_unknown(session, gateway, account_id, feed_type, listed, is_fenced=is_fenced)
    if unknown and not is_fenced:
        start(session, UNKNOWN_FEEDS, now=now)
    session.get_one(Account, account_id).feeds_compared_at = now
    if unknown:
        _mark_doubtful(session, account_id, now)
    session.commit()


def _store_unknown(
    session: Session,
    gateway: AmazonGateway,
    account_id: int,
    feed_type: str,
    listed: Sequence[AmazonFeed],
    *,
    is_fenced: bool,
) -> bool:
    """Store the feeds that this database does not know; return whether there are any. Calls Amazon, commits."""
    unknown = feed_matching.filter_unknown(session, account_id, listed)
    if not is_fenced:
        # A feed of ours whose answer was lost is looked for by its own recovery.
        for lost in feed_matching.list_lost(session, account_id, feed_type):
            possible = feed_matching.filter_possible(lost, unknown)
            unknown = [feed for feed in unknown if feed not in possible]
    session.commit()
    candidates = feed_matching.load_reports(gateway, unknown)
    stored = set(session.scalars(select(Feed.amazon_feed_id).where(Feed.account_id == account_id)))
    for feed, report in ((candidate.feed, candidate.report) for candidate in candidates):
        if feed.feed_id not in stored:
            session.add(
                Feed(
                    account_id=account_id,
                    feed_type=feed.feed_type,
                    state=submission_states.UNKNOWN_FEED,
                    amazon_feed_id=feed.feed_id,
                    amazon_status=feed.status,
                    records=report.processed if report else None,
                    created_at=feed.created_at,
                )
            )
    session.commit()
    return bool(unknown)


def _mark_doubtful(session: Session, account_id: int, now: datetime) -> None:
    """Mark queued submissions as unconfirmed that may be in a feed this database does not know. Does not commit."""
    for handler in handlers.list_handlers():
        if handler.feed is None or handler.feed.resend:
            continue
        latest = queries.find_doubtful_since(session, account_id, handler.feed.feed_type)
        if latest is None:
            continue
        queued = select(Submission).where(
            Submission.account_id == account_id,
            Submission.kind == handler.name,
            Submission.state == submission_states.QUEUED,
            Submission.released_at.is_(None),
            Submission.requested_at <= latest + _OVERLAP,
        )
        for submission in session.scalars(queued).all():
            transitions.mark_unconfirmed(session, submission, "feed_unknown", now)
            handler.update_order(session, submission, now=now, actor="schedule")


def release_submission(session: Session, submission_id: int, *, now: datetime, actor: str) -> Submission:
    """Let a waiting submission be sent, after the usual check at Amazon. Commits. Raises RefusedError."""
    submission = user_actions.load_locked(session, submission_id)
    if submission.state != submission_states.QUEUED:
        session.rollback()
        raise RefusedError("fence_not_waiting")
    policy = handlers.get(submission.kind).feed
    if policy is not None and not policy.resend:
        _check_compared(session, submission.account_id)
    submission.released_at = submission.due_at = now
    audit_log.record(
        session,
        "submission_released",
        now=now,
        actor=actor,
        args={},
        account_id=submission.account_id,
        order_id=handlers.get(submission.kind).order_id(session, submission),
        amazon_order_id=submission.amazon_order_id,
        submission_id=submission.id,
    )
    session.commit()
    return submission


def release_mail(session: Session, mail_id: int, *, now: datetime, actor: str) -> Mail:
    """Let a waiting mail be sent. Commits. Raises RefusedError."""
    mail = session.get(Mail, mail_id, with_for_update=True, populate_existing=True)
    if mail is None or mail.state != mail_states.QUEUED:
        session.rollback()
        raise RefusedError("fence_not_waiting")
    mail.released_at = mail.due_at = mail.queued_at = now
    mail_outbox.record_event(session, "mail_released", mail, now=now, actor=actor)
    session.commit()
    return mail


def release_all(session: Session, *, now: datetime, actor: str) -> int:
    """End the fence; return how many mails were left unconfirmed. Commits. Raises RefusedError.

    Waiting submissions are sent unless Amazon's order already shows them. Mails that may have been sent before become
    unconfirmed: those of the restored database, and those that imports queued since. Purchases of shipping labels that
    wait are discarded, since they may have been made.
    """
    fence = session.scalar(queries.select_active().with_for_update())
    if fence is None:
        raise RefusedError("fence_none")
    _check_compared(session, None)
    waiting = select(Mail).where(Mail.state == mail_states.QUEUED, Mail.released_at.is_(None)).with_for_update()
    doubtful = [mail for mail in session.scalars(waiting) if not _is_new(mail, fence)]
    for mail in doubtful:
        mail.cause = "mail_before_restore"
        mail_outbox.apply_transition(mail, "lose", now)
        mail_outbox.record_event(session, "mail_unknown", mail, now=now, actor=actor)
    labels.discard_queued(session, now=now, actor=actor)
    unknown = Feed.state == submission_states.UNKNOWN_FEED
    session.execute(update(Feed).where(unknown).values(state=submission_states.FOREIGN_FEED, ended_at=now))
    fence.ended_at, fence.ended_by = now, actor
    audit_log.record(session, "fence_ended", now=now, actor=actor, args={})
    session.commit()
    return len(doubtful)


def discard_all(session: Session, *, now: datetime, actor: str) -> int:
    """Discard all waiting rows without sending them; return their number. Commits each."""
    if queries.find_active(session) is None:
        raise RefusedError("fence_none")
    queued = select(Submission.id).where(Submission.state == submission_states.QUEUED, Submission.released_at.is_(None))
    mails = select(Mail.id).where(Mail.state == mail_states.QUEUED, Mail.released_at.is_(None))
    submission_ids, mail_ids = list(session.scalars(queued)), list(session.scalars(mails))
    session.rollback()
    discarded = 0
    for ids, discard in ((submission_ids, user_actions.undo), (mail_ids, mail_outbox.discard)):
        for row_id in ids:
            try:
                discard(session, row_id, now=now, actor=actor)
            except RefusedError:
                # It was released or discarded meanwhile.
                continue
            discarded += 1
    return discarded


def _is_new(mail: Mail, fence: Fence) -> bool:
    """Return whether a person requested it during the fence."""
    return mail.created_at >= fence.started_at and mail.actor.partition(":")[0] in {"user", "cli"}


def _check_compared(session: Session, account_id: int | None) -> None:
    """Raise RefusedError while Amazon's feeds have not been compared with ours since the fence began."""
    missing = queries.list_not_compared(session)
    names = [account.name for account in missing if account_id in {None, account.id}]
    if names:
        session.rollback()
        raise RefusedError("fence_not_compared", accounts=", ".join(names))
