"""Moving an account's submissions on, as far as Amazon lets them go. Safe to run at any time, any number of times."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from webapp.core import fault_points
from webapp.db import leases
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
from webapp.services import clock_corrections
from webapp.services.accounts import accounts
from webapp.services.submissions import (
    feeds,
    recent_reads,
)
from webapp.services.submissions import (
    handlers as submission_handlers,
)
from webapp.services.submissions import (
    transitions as submission_transitions,
)
from webapp.services.submissions.error_isolation import RetryAfterError, isolate_errors
from webapp.services.submissions.handlers import SubmissionHandler
from webapp.services.sync import reconciliation
from webapp.services.sync import run as sync_run

Clock = Callable[[], datetime]

# So often an order is read after a lost answer before the call is made again.
LOOKS = 2
# Steps of one sort in one pass, so that a pass ends well within the time of a job; who rings it rings again.
MOST = 100
# However slow Amazon is, a pass begins nothing more after this.
LONGEST = timedelta(seconds=60)
# getOrder refills one call in two seconds, and people need it too: so many are read in one pass. Where more are under
# way, what Amazon said lately of an order is fresh: a sync brings a hundred orders in one call.
FEW = 25
# Within it Amazon's calls to tell of parcels are all there again: proofs that take no longer hold up no telling.
BESIDE = timedelta(seconds=3)


def lease_name(account_id: int) -> str:
    return f"submissions-{account_id}"


def run(
    session: Session,
    port: AmazonGateway,
    account_id: int,
    *,
    clock: Clock,
    feed_interval: int,
    method: str = "feed",
) -> int:
    """Take the due steps of the account's submissions, up to a bound; answers how many are still open.

    Raises BusyError while another is at it. A passing AmazonError postpones what it met, with its cause written on it.
    """
    owner = leases.acquire(session, lease_name(account_id), clock(), "submissions_running")
    desk = SubmissionProcessor(session, port, account_id, owner, clock)
    try:
        clock_corrections.pull_back_account(session, account_id, clock())
        with suppress(RetryAfterError):
            desk.settle_lost()
        desk.poll_feeds()
        for kind in submission_handlers.all_handlers():
            desk.send(kind, feed_interval, method)
        with suppress(RetryAfterError):
            desk.prove()
        return session.scalar(select(func.count()).select_from(desk.open().subquery())) or 0
    finally:
        session.rollback()
        leases.release(session, lease_name(account_id), owner)


class SubmissionProcessor:
    """One pass over one account's submissions, under its lease."""

    def __init__(self, session: Session, port: AmazonGateway, account_id: int, owner: str, clock: Clock) -> None:
        self.session, self.port, self.account_id = session, port, account_id
        self.owner, self.clock = owner, clock
        self.began = clock()
        # The orders read in this pass, which is short.
        self.read: set[int] = set()

    def open(self, *states: str) -> Select[Submission]:
        mine = select(Submission).where(Submission.open, Submission.account_id == self.account_id)
        return mine.where(Submission.state.in_(states)) if states else mine

    def due(self, state: str, kind: SubmissionHandler | None = None, most: int = MOST) -> Sequence[Submission]:
        self._hold()
        found = self._due(state, kind).order_by(Submission.due_at, Submission.id).limit(most)
        return self.session.scalars(found).all()

    def _due(self, state: str, kind: SubmissionHandler | None = None) -> Select[Submission]:
        found = self.open(state).where(Submission.due_at <= self.clock())
        return found if kind is None else found.where(Submission.kind == kind.name)

    def _many(self, found: Select[Submission]) -> bool:
        return self.session.scalar(found.offset(FEW).limit(1)) is not None

    def settle_lost(self) -> None:
        """What was about to be sent when the process died or the answer was lost."""
        lost = self.due(submission_states.SENDING)
        for feed in _feeds_of(lost):
            if feed.state == feeds.SENDING:
                self._try(feeds.recover_lost, feed)
            if feed.state == feeds.PREPARING:
                self._try(feeds.submit, feed)
        for submission in lost:
            if submission.feed is None and submission.state == submission_states.SENDING:
                with isolate_errors(self.session, [submission], self.clock()):
                    self._look_at_order(submission, "requeue")

    def poll_feeds(self) -> None:
        for feed in _feeds_of(self.due(submission_states.SENT)):
            self._try(feeds.poll, feed)

    def prove(self) -> None:
        """Read the orders back: only Amazon's own word on the order proves that it was done."""
        until = self.began + LONGEST
        if self._many(self._due(submission_states.QUEUED)):
            until = min(until, self.clock() + BESIDE)
        for submission in self.due(submission_states.ACCEPTED, most=FEW):
            # Another of the order may have been proved by the same look.
            if submission.state == submission_states.ACCEPTED and self.clock() <= until:
                with isolate_errors(self.session, [submission], self.clock()):
                    self._look_at_order(submission, None)

    def send(self, kind: SubmissionHandler, feed_interval: int, method: str) -> None:
        directly = kind.directly(method)
        due = self.due(submission_states.QUEUED, kind, MOST if directly or kind.feed is None else kind.feed.most)
        if not due or (not directly and self._waits(kind, feed_interval)):
            return
        ready, known = [], set[Submission]()
        under_way = self.open(submission_states.QUEUED, submission_states.ACCEPTED).where(Submission.kind == kind.name)
        if kind.fresh_by_sync and self._many(under_way):
            waiting = self._due(submission_states.QUEUED, kind)
            lately, others = recent_reads.split(self.session, waiting, self.account_id, self.clock(), MOST, FEW)
            known, due = set(lately), [*lately, *others]
        for submission in due:
            if directly and self._late():
                break
            try:
                with isolate_errors(self.session, [submission], self.clock()):
                    if not self._still_right(kind, submission, known=submission in known):
                        continue
                    if not (directly and self._tell(kind, submission)):
                        ready.append(submission)
            except RetryAfterError as stop:
                # Where only the looks are used up, those that need none go on.
                if submission in known or not known:
                    self._postpone_queued(kind, stop.until)
                break
        if ready and kind.feed is not None:
            self._hold()
            feed = feeds.create_batch(self.session, self.account_id, kind, ready, self.clock())
            if feed is not None:
                self._try(feeds.submit, feed)

    def _waits(self, kind: SubmissionHandler, feed_interval: int) -> bool:
        """Whether the next feed of the kind is not due yet; then neither is what would go with it."""
        slot = feeds.next_slot(self.session, self.account_id, kind, feed_interval, self.clock())
        if slot is not None:
            self._postpone_queued(kind, slot)
        return slot is not None

    def _postpone_queued(self, kind: SubmissionHandler, until: datetime) -> None:
        """None of the kind comes through before then. What waits is not asked one by one only to be told so."""
        self._hold()
        mine = (Submission.open, Submission.account_id == self.account_id, Submission.state == submission_states.QUEUED)
        early = (Submission.kind == kind.name, Submission.due_at < until)
        self.session.execute(update(Submission).where(*mine, *early).values(due_at=until, changed_at=self.clock()))
        self.session.commit()

    def _still_right(self, kind: SubmissionHandler, submission: Submission, *, known: bool) -> bool:
        """A fresh look before the irreversible: the buyer may have cancelled, someone may have shipped it."""
        if known or submission.amazon_order_id in self.read:
            self._fresh(submission)
        elif not self._read(submission):
            return False
        if submission.state != submission_states.QUEUED:
            return False
        objection = kind.objection(self.session, submission)
        if objection is None or (objection.conflict and submission.details.get("conflict_overridden")):
            return True
        if objection.conflict:
            submission_transitions.conflict(self.session, submission, objection.cause, self.clock())
        else:
            submission_transitions.reject(self.session, submission, None, self.clock(), cause=objection.cause)
        kind.settle(self.session, submission, now=self.clock(), actor="amazon")
        self.session.commit()
        return False

    def _tell(self, kind: SubmissionHandler, submission: Submission) -> bool:
        """The call; False where Amazon has not opened it and the feed carries it."""
        self._fresh(submission)
        if submission.state != submission_states.QUEUED:
            return True
        submission_transitions.apply(submission, "send", self.clock())
        submission.due_at = self.clock() + feeds.SETTLE
        call = kind.call(self.session, submission)
        self.session.commit()
        fault_points.crash(f"{kind.name}.before_call")
        try:
            call(self.port)
        except OutcomeUnknown as error:
            if self._is_sending(submission):
                feeds.reschedule([submission], self.clock(), error)
        except AmazonError as error:
            return not self._is_sending(submission) or self._not_taken(kind, submission, error)
        else:
            fault_points.crash(f"{kind.name}.after_call")
            if self._is_sending(submission):
                submission_transitions.accept(self.session, submission, self.clock())
        self.session.commit()
        return True

    def _not_taken(self, kind: SubmissionHandler, submission: Submission, error: AmazonError) -> bool:
        closed = kind.falls_back() and isinstance(error, Forbidden | ResourceNotFound)
        if closed or error.is_temporary or isinstance(error, BadCredentials):
            submission_transitions.apply(submission, "requeue", self.clock())
            if not closed:
                feeds.reschedule([submission], self.clock(), error)
        else:
            submission_transitions.reject(
                self.session, submission, error.message, self.clock(), request_id=error.request_id
            )
            kind.settle(self.session, submission, now=self.clock(), actor="amazon")
        self.session.commit()
        self._stop_for(error)
        return not closed

    def _look_at_order(self, submission: Submission, otherwise: str | None) -> None:
        """Read the order. Proved: `following` has verified it. Not yet: look later, or take it back in line."""
        now = self.clock()
        if not self._read(submission) or not submission.open:
            return
        kind = submission_handlers.get(submission.kind)
        if otherwise and submission.tries >= LOOKS:
            submission_transitions.apply(submission, otherwise, now)
        elif submission.accepted_at is not None and now - submission.accepted_at > kind.proof:
            submission_transitions.mark_unconfirmed(self.session, submission, f"{kind.word}_not_shown", now)
            kind.settle(self.session, submission, now=now, actor="amazon")
        else:
            feeds.reschedule([submission], now, None)
        self.session.commit()

    def _read(self, submission: Submission) -> bool:
        """Read its order again and settle what it proves; False where Amazon did not answer. Leaves it locked."""
        mirror_id, order = submission.amazon_order_id, submission.amazon_order
        try:
            said = sync_run.refresh_order(self.session, self.port, order, now=self.clock(), actor="amazon")
        except AmazonError as error:
            self._trouble([submission], error)
            self._stop_for(error)
            return False
        self.read.add(mirror_id)
        self._fresh(submission)
        # The order may have shown it before, and then nothing in it has changed.
        reconciliation.confirm_submissions(self.session, [(mirror_id, said)], now=self.clock())
        return True

    def _stop_for(self, error: AmazonError) -> None:
        """What the next one would meet as well is not asked of Amazon for each of a thousand."""
        if isinstance(error, Throttled | BadCredentials):
            raise RetryAfterError(self.clock() + timedelta(seconds=getattr(error, "wait", None) or 2))

    def _late(self) -> bool:
        return self.clock() - self.began > LONGEST

    def _hold(self) -> None:
        """Still the one at it, and alone with the account's orders until the transaction ends."""
        leases.renew(self.session, lease_name(self.account_id), self.owner, self.clock())
        accounts.lock_orders(self.session, self.account_id)

    def _fresh(self, submission: Submission) -> None:
        """As it is now, until the transaction ends: a sync or a person may have moved it meanwhile."""
        self._hold()
        self.session.refresh(submission)

    def _is_sending(self, submission: Submission) -> bool:
        """Whether it is still ours to write what Amazon answered; that is written even when the lease was lost."""
        accounts.lock_orders(self.session, self.account_id)
        self.session.refresh(submission)
        return submission.state == submission_states.SENDING

    def _try(self, step: Callable[[Session, AmazonGateway, Feed, datetime], None], feed: Feed) -> None:
        met = [submission for submission in feed.submissions if submission.open]
        try:
            with isolate_errors(self.session, met, self.clock()):
                step(self.session, self.port, feed, self.clock())
        except AmazonError as error:
            self._trouble([submission for submission in met if submission.open], error)

    def _trouble(self, met: list[Submission], error: AmazonError) -> None:
        """Nothing was carried out. Write down why, on what met it and, where it will not pass, on the account."""
        self.session.rollback()
        accounts.lock_orders(self.session, self.account_id)
        feeds.reschedule(met, self.clock(), error)
        if not error.is_temporary:
            accounts.record_failure(self.session.get_one(Account, self.account_id), error, self.clock())
        self.session.commit()


def _feeds_of(found: Sequence[Submission]) -> list[Feed]:
    return list({s.feed.id: s.feed for s in found if s.feed is not None}.values())
