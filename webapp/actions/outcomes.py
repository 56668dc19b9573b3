"""What can become of a submission, each with its event and its note on the order. None of these commits."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from webapp.actions import events
from webapp.domain import submissions
from webapp.models.submissions import Submission


def move(submission: Submission, name: str, now: datetime) -> None:
    """Along the table, with a fresh count of tries. Raises SubmissionMoveRefused."""
    submission.state = submissions.check(name, submission.state).to
    submission.open = submission.state not in submissions.ENDED
    submission.changed_at = now
    submission.tries = 0
    submission.version += 1


def accept(session: Session, submission: Submission, now: datetime) -> None:
    """Amazon has taken it; the order has to show it before it is believed."""
    move(submission, "accept", now)
    submission.message = submission.cause = None
    submission.accepted_at = now
    submission.due_at = now + timedelta(seconds=submissions.next_look(0))
    _tell(session, submission, "cancellation_accepted", now)


def reject(
    session: Session,
    submission: Submission,
    words: str | None,
    now: datetime,
    *,
    cause: str | None = None,
    request_id: str | None = None,
) -> None:
    """Amazon said no (`words`, its own) or the desk did not ask (`cause`, a code). Nothing changes on the order."""
    move(submission, "reject", now)
    submission.message, submission.cause = words, cause
    submission.request_id = request_id or submission.request_id
    order = submission.amazon_order
    order.note = "note_cancel_rejected"
    order.note_args = {"words": (words or "")[:300], "cause": cause or ""}
    _tell(session, submission, "cancellation_rejected", now)


def give_up(session: Session, submission: Submission, cause: str, now: datetime) -> None:
    """Accepted, but never shown: a person has to look."""
    move(submission, "give_up", now)
    submission.cause = cause
    submission.amazon_order.note, submission.amazon_order.note_args = "note_cancel_unproved", {}
    _tell(session, submission, "cancellation_unproved", now)


def _tell(session: Session, submission: Submission, kind: str, now: datetime) -> None:
    events.record(
        session,
        kind,
        now=now,
        by="amazon",
        args={"words": submission.message or "", "cause": submission.cause or ""},
        account_id=submission.account_id,
        store_id=submission.amazon_order.store_id,
        amazon_order_id=submission.amazon_order_id,
        submission_id=submission.id,
    )
