"""Moving an account's submissions on, as far as Amazon lets them go. Safe to run at any time, any number of times."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from webapp import crashpoints
from webapp.actions import accounts, feeds, leases, outcomes, syncing
from webapp.domain import cancellation, submissions
from webapp.domain.amazon_errors import AmazonError, BadCredentials, Forbidden, LostAnswer, NotThere
from webapp.domain.amazon_port import AmazonPort
from webapp.domain.errors import NotFoundError, RefusedError
from webapp.models.accounts import Account
from webapp.models.submissions import Feed, Submission

Clock = Callable[[], datetime]

# How long an accepted cancellation may take to show on its order before a person is asked to look.
PROOF = timedelta(minutes=30)
# How often an order is read after a lost answer of cancelOrder before it is asked again.
LOOKS = 2


def lease_name(account_id: int) -> str:
    return f"submissions-{account_id}"


def advance(
    session: Session,
    port: AmazonPort,
    account_id: int,
    *,
    clock: Clock,
    feed_interval: int,
    method: str = "feed",
) -> int:
    """Take every due step of the account's submissions; answers how many are still open.

    Raises BusyError while another is at it. An AmazonError of a passing kind postpones what it met, with its cause
    written on it; nothing is lost and nothing is asked twice.
    """
    owner = leases.take(session, lease_name(account_id), clock(), "submissions_running")
    desk = _Desk(session, port, account_id, owner, clock)
    try:
        desk.settle_lost()
        desk.poll_feeds()
        desk.prove()
        desk.send(feed_interval, method)
        return len(session.scalars(desk.open()).all())
    finally:
        session.rollback()
        leases.release(session, lease_name(account_id), owner)


def look_now(session: Session, submission_id: int, *, now: datetime) -> Submission:
    """Make it due, for the pass that is rung for next. Commits. Raises RefusedError where a look now proves nothing."""
    account_id = session.scalar(select(Submission.account_id).where(Submission.id == submission_id))
    if account_id is None:
        raise NotFoundError("submission_unknown", name=submission_id)
    accounts.lock(session, account_id)
    submission = session.get_one(Submission, submission_id, with_for_update=True)
    if not submissions.may_hurry(submission.state, submission.undo_until, now):
        session.rollback()
        raise RefusedError("look_too_soon")
    submission.due_at = min(submission.due_at, now)
    session.commit()
    return submission


class _Desk:
    """One pass over one account's submissions, under its lease."""

    def __init__(self, session: Session, port: AmazonPort, account_id: int, owner: str, clock: Clock) -> None:
        self.session, self.port, self.account_id = session, port, account_id
        self.owner, self.clock = owner, clock

    def open(self, *states: str) -> Select[Submission]:
        mine = select(Submission).where(Submission.open, Submission.account_id == self.account_id)
        return mine.where(Submission.state.in_(states)) if states else mine

    def due(self, *states: str) -> list[Submission]:
        leases.hold(self.session, lease_name(self.account_id), self.owner, self.clock())
        accounts.lock(self.session, self.account_id)
        found = self.open(*states).where(Submission.due_at <= self.clock()).order_by(Submission.due_at, Submission.id)
        return list(self.session.scalars(found))

    def settle_lost(self) -> None:
        """What was about to be sent when the process died or the answer was lost."""
        for feed in self._feeds_of(self.due(submissions.SENDING)):
            if feed.state == feeds.SENDING:
                self._try(feeds.look_for, feed)
            if feed.state == feeds.PREPARING:
                self._try(feeds.deliver, feed)
        for submission in self.due(submissions.SENDING):
            if submission.feed is None:
                self._look_at_order(submission, "requeue")

    def poll_feeds(self) -> None:
        for feed in self._feeds_of(self.due(submissions.SENT)):
            self._try(feeds.poll, feed)

    def prove(self) -> None:
        """Read the orders back: only Amazon's own word on the order proves a cancellation."""
        for submission in self.due(submissions.ACCEPTED):
            self._look_at_order(submission, None)

    def send(self, feed_interval: int, method: str) -> None:
        now = self.clock()
        due = self.due(submissions.QUEUED)
        slot = None if method == "rest" else feeds.next_slot(self.session, self.account_id, feed_interval)
        if due and slot is not None and slot > now:
            for submission in due:
                submission.due_at = slot
            self.session.commit()
            return
        ready = [submission for submission in due if self._still_right(submission)]
        if method == "rest":
            ready = [submission for submission in ready if not self._ask_directly(submission)]
        if ready:
            leases.hold(self.session, lease_name(self.account_id), self.owner, self.clock())
            feed = feeds.gather(self.session, self.account_id, ready, self.clock())
            if feed is not None:
                self._try(feeds.deliver, feed)

    def _still_right(self, submission: Submission) -> bool:
        """A fresh look before the irreversible: the buyer may have cancelled, someone may have shipped it."""
        try:
            syncing.refresh_order(self.session, self.port, submission.amazon_order, now=self.clock(), by="amazon")
        except AmazonError as error:
            self._trouble([submission], error)
            return False
        self._fresh(submission)
        if submission.state != submissions.QUEUED:
            return False
        order = submission.amazon_order
        refused = cancellation.refusal(order.status, order.fulfilled_by, writable=True, requested=False)
        if refused:
            outcomes.reject(self.session, submission, None, self.clock(), cause=refused)
            self.session.commit()
        return refused is None

    def _ask_directly(self, submission: Submission) -> bool:
        """cancelOrder; False where Amazon has not opened it, so that the feed carries it."""
        self._fresh(submission)
        if submission.state != submissions.QUEUED:
            return True
        outcomes.move(submission, "send", self.clock())
        submission.due_at = self.clock() + feeds.SETTLE
        number, reason = submission.amazon_order.number, submission.details["reason"]
        self.session.commit()
        crashpoints.crash("rest.before_cancel")
        try:
            self.port.cancel_order(number, reason)
        except LostAnswer as error:
            if self._is_sending(submission):
                feeds.postpone([submission], self.clock(), error)
        except AmazonError as error:
            return not self._is_sending(submission) or self._not_taken(submission, error)
        else:
            if self._is_sending(submission):
                outcomes.accept(self.session, submission, self.clock())
        self.session.commit()
        return True

    def _not_taken(self, submission: Submission, error: AmazonError) -> bool:
        closed = isinstance(error, Forbidden | NotThere)
        if closed or error.passing or isinstance(error, BadCredentials):
            outcomes.move(submission, "requeue", self.clock())
            if not closed:
                feeds.postpone([submission], self.clock(), error)
        else:
            outcomes.reject(self.session, submission, error.message, self.clock(), request_id=error.request_id)
        self.session.commit()
        return not closed

    def _look_at_order(self, submission: Submission, otherwise: str | None) -> None:
        """Read the order. Cancelled: `importing` has verified it. Not yet: look later, or take it back in line."""
        now = self.clock()
        try:
            syncing.refresh_order(self.session, self.port, submission.amazon_order, now=now, by="amazon")
        except AmazonError as error:
            self._trouble([submission], error)
            return
        self._fresh(submission)
        if not submission.open:
            return
        if otherwise and submission.tries >= LOOKS:
            outcomes.move(submission, otherwise, now)
        elif submission.accepted_at is not None and now - submission.accepted_at > PROOF:
            outcomes.give_up(self.session, submission, "cancel_not_shown", now)
        else:
            feeds.postpone([submission], now, None)
        self.session.commit()

    def _fresh(self, submission: Submission) -> None:
        """As it is now, until the transaction ends: a sync or a person may have moved it meanwhile."""
        accounts.lock(self.session, self.account_id)
        self.session.refresh(submission)

    def _is_sending(self, submission: Submission) -> bool:
        self._fresh(submission)
        return submission.state == submissions.SENDING

    def _feeds_of(self, found: list[Submission]) -> list[Feed]:
        return list({s.feed.id: s.feed for s in found if s.feed is not None}.values())

    def _try(self, step: Callable[[Session, AmazonPort, Feed, datetime], None], feed: Feed) -> None:
        try:
            step(self.session, self.port, feed, self.clock())
        except AmazonError as error:
            self._trouble([submission for submission in feed.submissions if submission.open], error)

    def _trouble(self, met: list[Submission], error: AmazonError) -> None:
        """Nothing was carried out. Write down why, on what met it and, where it will not pass, on the account."""
        self.session.rollback()
        accounts.lock(self.session, self.account_id)
        feeds.postpone(met, self.clock(), error)
        if not error.passing:
            accounts.note_trouble(self.session.get_one(Account, self.account_id), error, self.clock())
        self.session.commit()
