"""What Amazon can be told: one kind of submission, one object. Everything that differs between them is asked of it.

A kind is told by a direct call (`call`), or many of it by one document (`feed` and `document`), or by either. What is
needed for it is read first and answered as a function of the port alone, because Amazon is never called inside a
transaction.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from webapp.domain.amazon.gateway import AmazonGateway
from webapp.domain.amazon.types import AmazonOrder, FeedReport, PreparedFeed
from webapp.models.submissions import Submission

# How long what Amazon accepted may take to show on its order before a person is asked to look.
PROOF = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class FeedPolicy:
    """How a document of a kind goes to Amazon.

    `feed_type`: Amazon's word. `most`: submissions in one document. `resend`: may be sent again when it was looked for
    after a lost answer and not found; where it may not, the submissions of it end as not proved. `exclusive`: the next
    one of an account waits until the last one has ended.
    """

    feed_type: str
    most: int = 1000
    resend: bool = True
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class PreflightFailure:
    """Why the pre-flight does not let it pass; `cause` is a code of `sentences`.

    `conflict`: a person decides, and may insist. Otherwise it is rejected, since it makes no sense whoever insists.
    """

    cause: str
    conflict: bool = False


@dataclass(frozen=True, slots=True)
class Rejection:
    """Amazon's words, a code of `sentences` where these are not all there is to say, and what to keep in `details`."""

    words: str
    cause: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


class SubmissionHandler:
    """The base of all: does nothing beyond what is the same for every kind. None of its methods commits but `again`."""

    # As in `Submission.kind`; the names of its events begin with it: `<name>_requested`, `_accepted`, `_rejected` …
    name: str
    # The notes on the Amazon order are `note_<word>_<outcome>`, and what Amazon never showed is `<word>_not_shown`.
    word: str
    # The cause where it was done by another door before Amazon was told.
    meanwhile: str
    feed: FeedPolicy | None = None
    proof = PROOF
    # Where many are under way, what Amazon lately said of an order counts as read afresh (`freshness`).
    fresh_by_sync = False
    # Where the order cannot show it: what Amazon accepted is verified with that.
    proved_by_acceptance = False

    def directly(self, method: str) -> bool:
        """Whether it is told by a call. `method`: the setting `cancel_method`."""
        return self.feed is None

    def call(self, session: Session, submission: Submission) -> Callable[[AmazonGateway], None]:
        """The call that tells Amazon. It may be made again when the order did not show it after a lost answer."""
        raise NotImplementedError

    def falls_back(self) -> bool:
        """Whether its feed carries it where Amazon has not opened the call."""
        return False

    def document(self, session: Session, submissions: Sequence[Submission]) -> Callable[[AmazonGateway], PreparedFeed]:
        """The document with all of these, each under its `message_id`."""
        raise NotImplementedError

    def doubt(self, session: Session, told: Sequence[Submission], report: FeedReport | None) -> str | None:
        """Why the report of a feed that is done proves nothing of all it told, as a code of `sentences`, or None.

        For what the order shows there is no doubt: it will be read.
        """
        return None

    def recognises(self, session: Session, told: Sequence[Submission], report: FeedReport) -> bool:
        """Whether a report with the right number of records can be about the document with all of these."""
        return all(message.message_id <= report.processed for message in report.messages)

    def refused_in(self, session: Session, submission: Submission, report: FeedReport) -> Rejection | None:
        """What the report says against it, where it says anything."""
        failed = {message.message_id: message for message in report.messages if message.failed}
        said = failed.get(submission.message_id or 0) or failed.get(0)
        return None if said is None else Rejection(said.words)

    def objection(self, session: Session, submission: Submission) -> PreflightFailure | None:
        """Whether it still makes sense, now that the order has been read afresh."""
        return None

    def proved(self, session: Session, submission: Submission, said: AmazonOrder) -> bool:
        """Whether the order as Amazon describes it shows that it was done, whoever did it."""
        return False

    def outcome(self, session: Session, submission: Submission, what: str, *, now: datetime, actor: str) -> None:
        """What else happens here with `what`: accepted, verified, rejected, unproved, undone or conflict."""

    def settle(self, session: Session, submission: Submission, *, now: datetime, actor: str) -> None:
        """Update what depends on whether this is under way, done or failed, after its state has changed.

        Called once per transaction, unlike `outcome`; `following.settle_submissions` does it for what it verifies.
        """

    def event_args(self, submission: Submission) -> dict[str, Any]:
        """What the sentences of its events say of it, beside Amazon's words and the cause."""
        return dict(submission.details)

    def order_id(self, session: Session, submission: Submission) -> int | None:
        """The Order in whose history its events stand, beside that of the Amazon order."""
        return None

    def again(self, session: Session, old: Submission, *, undo_seconds: int, now: datetime, actor: str) -> Submission:
        """Ask for the same once more, as a submission of its own. Commits. Raises RefusedError."""
        raise NotImplementedError

    def refusal_again(self, session: Session, old: Submission) -> str | None:
        """Why it cannot be asked once more, as a code of `sentences`, or None."""
        return None


# In the order in which they are sent. `webapp/services/__init__.py` imports the modules, which register their handlers.
NAMES = ("cancellation", "shipment", "refund", "vat_invoice")
_HANDLERS: dict[str, SubmissionHandler] = {}


def register(handler: SubmissionHandler) -> SubmissionHandler:
    """Make a handler known by its name."""
    _HANDLERS[handler.name] = handler
    return handler


def get(name: str) -> SubmissionHandler:
    """Return the handler of a kind of submission. Raises KeyError."""
    return _HANDLERS[name]


def all_handlers() -> tuple[SubmissionHandler, ...]:
    return tuple(get(name) for name in NAMES)
