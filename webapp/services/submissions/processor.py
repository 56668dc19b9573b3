"""Process an account's open submissions: recover, poll feeds, send, check. Safe to run at any time, repeatedly."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from webapp.core import fault_points
from webapp.db import leases, outgoing_calls
from webapp.domain.amazon.errors import (
    AmazonError,
    BadCredentials,
    Forbidden,
    OutcomeUnknown,
    ResourceNotFound,
    Throttled,
)
from webapp.domain.amazon.gateway import AmazonGateway
from webapp.domain.submissions import state_machine as submission_states
from webapp.models.accounts import Account
from webapp.models.submissions import Feed, Submission
from webapp.queries import fences as fence_queries
from webapp.services import clock_corrections, fences
from webapp.services.accounts import accounts, locking
from webapp.services.submissions import feeds, recent_reads
from webapp.services.submissions import handlers as submission_handlers
from webapp.services.submissions import transitions as submission_transitions
from webapp.services.submissions.error_isolation import RetryAfterError, isolate_errors
from webapp.services.submissions.handlers import SubmissionHandler
from webapp.services.sync import run as sync_run
from webapp.services.sync.importing import reconciliation

Clock = Callable[[], datetime]

# How often an order is read after a lost response before the call is repeated.
CHECKS_BEFORE_RETRY = 2
# Submissions taken in one step of a run, so that a run ends well within the time limit of a job.
MAX_STEPS = 100
# A run begins nothing more after this, however slow Amazon is.
MAX_RUN_TIME = timedelta(seconds=60)
# Orders read with getOrder in one run: its rate limit refills one call in two seconds, and users need it too. When more
# are waiting, the data of a recent sync is used, which reads a hundred orders in one call.
MAX_READS = 25
# How long a run checks accepted submissions while others wait to be sent. confirmShipment's rate limit has refilled by
# then.
CHECK_TIME = timedelta(seconds=3)


def run(
    session: Session,
    gateway: AmazonGateway,
    account_id: int,
    *,
    clock: Clock,
    feed_interval: int,
    method: str = "feed",
    started_at: datetime | None = None,
) -> int:
    """Process the account's due submissions, up to a limit; return how many are still open. Calls Amazon, commits.

    `started_at`: of this process; before its first refund feed, Amazon's list of feeds is compared with ours.
    Raises BusyError while another run has the lease. A transient AmazonError reschedules its submissions and is stored
    on them.
    """
    owner = leases.acquire(session, leases.build_lease_name("submissions", account_id), clock(), "submissions_running")
    processor = SubmissionProcessor(session, gateway, account_id, owner, clock)
    try:
        clock_corrections.correct_account(session, account_id, clock())
        processor.started_at = started_at
        processor.prepare_fence()
        with suppress(RetryAfterError):
            processor.recover_lost()
        processor.poll_feeds()
        for handler in submission_handlers.list_handlers():
            processor.send(handler, feed_interval, method)
        with suppress(RetryAfterError):
            processor.check_accepted()
        return session.scalar(select(func.count()).select_from(processor.select_open().subquery())) or 0
    finally:
        session.rollback()
        leases.release(session, leases.build_lease_name("submissions", account_id), owner)


class SubmissionProcessor:
    """One run over one account's submissions, under its lease."""

    def __init__(self, session: Session, gateway: AmazonGateway, account_id: int, owner: str, clock: Clock) -> None:
        self.session, self.gateway, self.account_id = session, gateway, account_id
        self.owner, self.clock = owner, clock
        self.begun_at = clock()
        # Of this process, None if nothing has to be compared before a refund feed.
        self.started_at: datetime | None = None
        self.is_fenced = False
        # Ids of the Amazon orders read in this run.
        self.read_ids: set[int] = set()

    def select_open(self, *states: str) -> Select[Submission]:
        statement = select(Submission).where(Submission.open, Submission.account_id == self.account_id)
        return statement.where(Submission.state.in_(states)) if states else statement

    def _select_due(self, state: str, handler: SubmissionHandler | None = None) -> Select[Submission]:
        statement = self.select_open(state).where(Submission.due_at <= self.clock())
        if state == submission_states.QUEUED:
            statement = statement.where(fence_queries.may_send(Submission))
        return statement if handler is None else statement.where(Submission.kind == handler.name)

    def _load_due(
        self, state: str, handler: SubmissionHandler | None = None, limit: int = MAX_STEPS
    ) -> Sequence[Submission]:
        self._lock()
        statement = self._select_due(state, handler).order_by(Submission.due_at, Submission.id).limit(limit)
        return self.session.scalars(statement).all()

    def _exceeds_max_reads(self, statement: Select[Submission]) -> bool:
        return self.session.scalar(statement.offset(MAX_READS).limit(1)) is not None

    def prepare_fence(self) -> None:
        """Compare the feeds with Amazon's once during a fence, and split up those not sent yet. Commits."""
        self.is_fenced = fence_queries.find_active(self.session) is not None
        if not self.is_fenced:
            return
        self._lock()
        feeds.requeue_prepared(self.session, self.account_id, self.clock())
        self.session.commit()
        if self.account_id in fence_queries.list_accounts_to_compare(self.session):
            self._compare_feeds()

    def _compare_feeds(self) -> bool:
        """Compare the feeds with Amazon's list; return False if that failed. Commits."""
        try:
            fences.compare_feeds(self.session, self.gateway, self.account_id, now=self.clock())
        except AmazonError as error:
            self._record_error([], error)
            return False
        return True

    def _may_send_refunds(self) -> bool:
        """Return whether refunds may be sent: not before the feeds were compared since the start of this process."""
        account = self.session.get_one(Account, self.account_id)
        if self.started_at is None or (account.feeds_compared_at or account.created_at) >= self.started_at:
            return True
        if not self._compare_feeds():
            return False
        self.prepare_fence()
        return not self.is_fenced

    def recover_lost(self) -> None:
        """Check the submissions being sent when the process died or the response was lost."""
        sending = self._load_due(submission_states.SENDING)
        for feed in _list_feeds(sending):
            if feed.state == feeds.SENDING:
                self._run_feed_step(feeds.recover_lost, feed)
            if feed.state == feeds.PREPARING and not self.is_fenced:
                self._run_feed_step(feeds.submit, feed)
        for submission in sending:
            if submission.feed is None and submission.state == submission_states.SENDING:
                with isolate_errors(self.session, [submission], self.clock()):
                    self._check_order(submission, "requeue")

    def poll_feeds(self) -> None:
        """Ask Amazon about the feeds that were sent, and apply the reports of those that have ended."""
        for feed in _list_feeds(self._load_due(submission_states.SENT)):
            self._run_feed_step(feeds.poll, feed)

    def check_accepted(self) -> None:
        """Read the orders of accepted submissions again, and verify those whose order shows the change."""
        until = self.begun_at + MAX_RUN_TIME
        if self._exceeds_max_reads(self._select_due(submission_states.QUEUED)):
            until = min(until, self.clock() + CHECK_TIME)
        for submission in self._load_due(submission_states.ACCEPTED, limit=MAX_READS):
            # Reading an order may verify several submissions of it.
            if submission.state == submission_states.ACCEPTED and self.clock() <= until:
                with isolate_errors(self.session, [submission], self.clock()):
                    self._check_order(submission, None)

    def send(self, handler: SubmissionHandler, feed_interval: int, method: str) -> None:
        """Run the preflight check on the due submissions of a kind, and send those that pass."""
        by_call = handler.uses_direct_call(method)
        limit = MAX_STEPS if by_call or handler.feed is None else handler.feed.max_submissions
        due = self._load_due(submission_states.QUEUED, handler, limit)
        if not due or (not by_call and self._wait_for_slot(handler, feed_interval)):
            return
        if handler.feed is not None and not handler.feed.resend and not self._may_send_refunds():
            return
        ready, recently_read = [], set[Submission]()
        pending = self.select_open(submission_states.QUEUED, submission_states.ACCEPTED)
        if handler.accepts_synced_data and self._exceeds_max_reads(pending.where(Submission.kind == handler.name)):
            waiting = self._select_due(submission_states.QUEUED, handler)
            recent, others = recent_reads.split_by_age(
                self.session, waiting, self.account_id, self.clock(), MAX_STEPS, MAX_READS
            )
            recently_read, due = set(recent), [*recent, *others]
        for submission in due:
            if by_call and self.clock() - self.begun_at > MAX_RUN_TIME:
                break
            try:
                with isolate_errors(self.session, [submission], self.clock()):
                    if not self._check_preflight(handler, submission, recently_read=submission in recently_read):
                        continue
                    if not (by_call and self._call(handler, submission)):
                        ready.append(submission)
            except RetryAfterError as error:
                # If only getOrder's rate limit is used up, submissions that need no read can still be sent.
                if submission in recently_read or not recently_read:
                    self._postpone_queued(handler, error.until)
                break
        if ready and handler.feed is not None:
            self._lock()
            feed = feeds.create_batch(self.session, self.account_id, handler, ready, self.clock())
            if feed is not None:
                self._run_feed_step(feeds.submit, feed)

    def _wait_for_slot(self, handler: SubmissionHandler, feed_interval: int) -> bool:
        """Postpone the submissions of a kind until its next feed may be sent; return whether they have to wait."""
        slot = feeds.next_slot(self.session, self.account_id, handler, feed_interval, self.clock())
        if slot is not None:
            self._postpone_queued(handler, slot)
        return slot is not None

    def _postpone_queued(self, handler: SubmissionHandler, until: datetime) -> None:
        """Postpone all queued submissions of a kind in one statement. Commits."""
        self._lock()
        queued = (
            Submission.open,
            Submission.account_id == self.account_id,
            Submission.state == submission_states.QUEUED,
            Submission.kind == handler.name,
            Submission.due_at < until,
        )
        self.session.execute(update(Submission).where(*queued).values(due_at=until, changed_at=self.clock()))
        self.session.commit()

    def _check_preflight(self, handler: SubmissionHandler, submission: Submission, *, recently_read: bool) -> bool:
        """Read the order again, since it may have been cancelled or shipped, and check that sending still makes sense.

        A submission that fails is rejected, or becomes a conflict.
        """
        if recently_read or submission.amazon_order_id in self.read_ids:
            self._refresh(submission)
        elif not self._read_order(submission):
            return False
        if submission.state != submission_states.QUEUED:
            return False
        failure = handler.check_preflight(self.session, submission)
        if failure is None or (failure.conflict and submission.details.get("conflict_overridden")):
            return True
        if failure.conflict:
            submission_transitions.conflict(self.session, submission, failure.cause, self.clock())
        else:
            submission_transitions.reject(self.session, submission, None, self.clock(), cause=failure.cause)
        handler.update_order(self.session, submission, now=self.clock(), actor="amazon")
        self.session.commit()
        return False

    def _call(self, handler: SubmissionHandler, submission: Submission) -> bool:
        """Send it by a direct call; return False if the account may not use the call and a feed is to be used."""
        self._refresh(submission)
        if submission.state != submission_states.QUEUED:
            return True
        submission_transitions.apply(submission, "send", self.clock())
        submission.due_at = self.clock() + feeds.MIN_RECOVERY_DELAY
        call = handler.build_call(self.session, submission)
        outgoing_calls.count(self.session)
        self.session.commit()
        fault_points.crash(f"{handler.name}.before_call")
        try:
            call(self.gateway)
        except OutcomeUnknown as error:
            if self._is_sending(submission):
                feeds.reschedule([submission], self.clock(), error)
        except AmazonError as error:
            return not self._is_sending(submission) or self._handle_call_error(handler, submission, error)
        else:
            fault_points.crash(f"{handler.name}.after_call")
            request_id = self.gateway.last_request_id()
            if self._is_sending(submission):
                submission.request_id = request_id
                submission_transitions.accept(self.session, submission, self.clock())
        self.session.commit()
        return True

    def _handle_call_error(self, handler: SubmissionHandler, submission: Submission, error: AmazonError) -> bool:
        """Requeue or reject it; return False if a feed is to be used instead. Commits."""
        use_feed = handler.falls_back_to_feed() and isinstance(error, Forbidden | ResourceNotFound)
        if use_feed or error.is_temporary or isinstance(error, BadCredentials):
            submission_transitions.apply(submission, "requeue", self.clock())
            if not use_feed:
                feeds.reschedule([submission], self.clock(), error)
        else:
            submission_transitions.reject(
                self.session, submission, error.message, self.clock(), request_id=error.request_id
            )
            handler.update_order(self.session, submission, now=self.clock(), actor="amazon")
        self.session.commit()
        self._stop_if_blocked(error)
        return not use_feed

    def _check_order(self, submission: Submission, after_checks: str | None) -> None:
        """Read the order, which verifies the submission if the change shows; otherwise reschedule it.

        After CHECKS_BEFORE_RETRY reads the transition `after_checks` is applied, if there is one.
        """
        now = self.clock()
        if not self._read_order(submission) or not submission.open:
            return
        handler = submission_handlers.get(submission.kind)
        if after_checks and submission.tries >= CHECKS_BEFORE_RETRY:
            submission_transitions.apply(submission, after_checks, now)
        elif submission.accepted_at is not None and now - submission.accepted_at > handler.confirmation_timeout:
            submission_transitions.mark_unconfirmed(self.session, submission, f"{handler.note_prefix}_not_shown", now)
            handler.update_order(self.session, submission, now=now, actor="amazon")
        else:
            feeds.reschedule([submission], now, None)
        self.session.commit()

    def _read_order(self, submission: Submission) -> bool:
        """Read its order from Amazon and verify the changes it shows; return False if that failed. Keeps the lock."""
        amazon_order_id, order = submission.amazon_order_id, submission.amazon_order
        try:
            current = sync_run.refresh_order(self.session, self.gateway, order, now=self.clock(), actor="amazon")
        except AmazonError as error:
            self._record_error([submission], error)
            self._stop_if_blocked(error)
            return False
        self.read_ids.add(amazon_order_id)
        self._refresh(submission)
        # An order that has not changed since the last sync is not imported again, so confirm its submissions here.
        reconciliation.confirm_submissions(self.session, [(amazon_order_id, current)], now=self.clock())
        return True

    def _stop_if_blocked(self, error: AmazonError) -> None:
        """Raise RetryAfterError for an error that every further request would get as well."""
        if isinstance(error, Throttled | BadCredentials):
            raise RetryAfterError(self.clock() + timedelta(seconds=getattr(error, "wait", None) or 2))

    def _lock(self) -> None:
        """Renew the lease, and lock the account's orders until the transaction ends."""
        leases.renew(self.session, leases.build_lease_name("submissions", self.account_id), self.owner, self.clock())
        locking.lock_orders(self.session, self.account_id)

    def _refresh(self, submission: Submission) -> None:
        """Lock and reload it: a sync or a user may have changed it."""
        self._lock()
        self.session.refresh(submission)

    def _is_sending(self, submission: Submission) -> bool:
        """Lock and reload it, even if the lease was lost; return whether Amazon's response is still awaited."""
        locking.lock_orders(self.session, self.account_id)
        self.session.refresh(submission)
        return submission.state == submission_states.SENDING

    def _run_feed_step(self, step: Callable[[Session, AmazonGateway, Feed, datetime], None], feed: Feed) -> None:
        submissions = [submission for submission in feed.submissions if submission.open]
        try:
            with isolate_errors(self.session, submissions, self.clock()):
                step(self.session, self.gateway, feed, self.clock())
        except AmazonError as error:
            self._record_error([submission for submission in submissions if submission.open], error)

    def _record_error(self, submissions: list[Submission], error: AmazonError) -> None:
        """Store the error on the submissions and, unless it is transient, on the account. Commits."""
        self.session.rollback()
        locking.lock_orders(self.session, self.account_id)
        feeds.reschedule(submissions, self.clock(), error)
        if not error.is_temporary:
            accounts.record_failure(self.session.get_one(Account, self.account_id), error, self.clock())
        self.session.commit()


def _list_feeds(submissions: Sequence[Submission]) -> list[Feed]:
    return list({s.feed.id: s.feed for s in submissions if s.feed is not None}.values())
