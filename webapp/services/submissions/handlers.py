"""Submission handlers: one class for each kind of submission, with everything that differs between the kinds.

A kind is sent by a direct call (`build_call`), many at a time in a feed (`build_feed_document`), or by either. What is
needed is read first and returned as a function of the gateway, because Amazon is never called inside a transaction.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from webapp.domain.amazon.gateway import AmazonGateway
from webapp.domain.amazon.types import AmazonOrder, FeedReport, PreparedFeed
from webapp.models.submissions import Submission

# How long an accepted submission may take to show on the Amazon order before it is marked unconfirmed.
CONFIRMATION_TIMEOUT = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class FeedPolicy:
    """The way a kind of submission is sent in feeds.

    `max_submissions`: submissions in one document. `resend`: whether a feed that was not found after a lost response
    may be sent again; if not, its submissions end as unconfirmed. `exclusive`: the next feed of an account waits until
    the last one has ended.
    """

    feed_type: str
    max_submissions: int = 1000
    resend: bool = True
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class PreflightFailure:
    """The reason the preflight check stops a submission; `cause` is a message code.

    `conflict`: a person decides, and may send it nevertheless. Otherwise the submission is rejected.
    """

    cause: str
    conflict: bool = False


@dataclass(frozen=True, slots=True)
class Rejection:
    """Amazon's message, a message code for further advice, and additions to the submission's `details`."""

    message: str
    cause: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


class SubmissionHandler:
    """Base class with the common behavior. Only `resubmit` commits."""

    # As in `Submission.kind`. Names of its events begin with it: `<name>_requested`, `_accepted`, `_rejected` …
    name: str
    # Notes on the Amazon order are `note_<prefix>_<event>`; the cause of a timeout is `<prefix>_not_shown`.
    note_prefix: str
    # The cause if Amazon shows the change before the submission was sent.
    not_needed_cause: str
    feed: FeedPolicy | None = None
    confirmation_timeout = CONFIRMATION_TIMEOUT
    # Whether a recent sync can replace the preflight read when many submissions are waiting (`recent_reads`).
    accepts_synced_data = False
    # Whether acceptance verifies the submission, because the order cannot show the change.
    confirmed_by_acceptance = False

    def uses_direct_call(self, method: str) -> bool:
        """Return whether it is sent by a call. `method`: the setting `cancel_method`."""
        return self.feed is None

    def build_call(self, session: Session, submission: Submission) -> Callable[[AmazonGateway], None]:
        """Build the call that sends it. The call may be repeated if the order does not show the change."""
        raise NotImplementedError

    def falls_back_to_feed(self) -> bool:
        """Return whether a feed is used when the account may not use the call."""
        return False

    def build_feed_document(
        self, session: Session, submissions: Sequence[Submission]
    ) -> Callable[[AmazonGateway], PreparedFeed]:
        """Build the document with all of these, each under its `message_id`."""
        raise NotImplementedError

    def check_report(
        self, session: Session, submissions: Sequence[Submission], report: FeedReport | None
    ) -> str | None:
        """Return the reason the report of a completed feed is unusable, as a message code, or None.

        Changes that the order shows need no usable report: the order will be read.
        """
        return None

    def report_matches(self, session: Session, submissions: Sequence[Submission], report: FeedReport) -> bool:
        """Return whether a report with the right number of records can belong to a document with all of these."""
        return all(message.message_id <= report.processed for message in report.messages)

    def find_rejection(self, session: Session, submission: Submission, report: FeedReport) -> Rejection | None:
        """Return the rejection of the submission in the report, if there is one."""
        failed = {message.message_id: message for message in report.messages if message.failed}
        message = failed.get(submission.message_id or 0) or failed.get(0)
        return None if message is None else Rejection(message.words)

    def check_preflight(self, session: Session, submission: Submission) -> PreflightFailure | None:
        """Return the reason it must not be sent, now that the order has been read again, or None."""
        return None

    def is_shown_by(self, session: Session, submission: Submission, amazon_order: AmazonOrder) -> bool:
        """Return whether Amazon's data of the order shows the change, whoever made it."""
        return False

    def handle_event(self, session: Session, submission: Submission, event: str, *, now: datetime, actor: str) -> None:
        """Apply the consequences of `event`: accepted, verified, rejected, unproved, undone or conflict."""

    def update_order(self, session: Session, submission: Submission, *, now: datetime, actor: str) -> None:
        """Update the values derived from whether this is open, verified or failed, after its state has changed.

        Called once per transaction, unlike `handle_event`; `reconciliation.confirm_submissions` does it for the
        submissions that it verifies.
        """

    def event_args(self, submission: Submission) -> dict[str, Any]:
        """Return the message arguments of its events, besides Amazon's message and the cause."""
        return dict(submission.details)

    def order_id(self, session: Session, submission: Submission) -> int | None:
        """Return the order in whose history its events appear, in addition to that of the Amazon order."""
        return None

    def resubmit(
        self, session: Session, old: Submission, *, undo_seconds: int, now: datetime, actor: str
    ) -> Submission:
        """Request the same again, as a new submission. Commits. Raises RefusedError."""
        raise NotImplementedError

    def resubmit_error(self, session: Session, old: Submission) -> str | None:
        """Return the reason it cannot be requested again, as a message code, or None."""
        return None


# In the order in which they are sent. `webapp/services/__init__.py` imports the modules, which register their handlers.
NAMES = ("cancellation", "shipment", "refund", "vat_invoice")
_HANDLERS: dict[str, SubmissionHandler] = {}


def register(handler: type[SubmissionHandler]) -> type[SubmissionHandler]:
    """Decorate a handler class: make an instance available under its name."""
    _HANDLERS[handler.name] = handler()
    return handler


def get(name: str) -> SubmissionHandler:
    """Return the handler of a kind of submission. Raises KeyError."""
    return _HANDLERS[name]


def list_handlers() -> tuple[SubmissionHandler, ...]:
    """Return the handlers in the order in which their submissions are sent."""
    return tuple(get(name) for name in NAMES)
