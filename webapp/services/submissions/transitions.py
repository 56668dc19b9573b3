"""What can become of a submission, each with its event and its note on the order. None of these commits."""

import logging
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from webapp.domain.submissions import state_machine as submission_states
from webapp.models.submissions import Submission
from webapp.services import audit_log
from webapp.services.submissions import handlers as submission_handlers

logger = logging.getLogger(__name__)

# These say why beside their sentence.
_EXPLAINED = frozenset({"rejected", "unproved", "conflict"})


def apply(submission: Submission, name: str, now: datetime) -> None:
    """Move the submission along the state table, reset its tries and log it. Raises InvalidSubmissionTransition."""
    before, submission.state = submission.state, submission_states.check(name, submission.state).to
    log_state(submission, f"{before} → {submission.state}")
    submission.open = submission.state not in submission_states.ENDED
    submission.changed_at = now
    submission.tries = 0
    submission.version += 1


def log_state(submission: Submission, change: str) -> None:
    """Write one line to the program's log, by which a submission can be followed. It names no personal data."""
    number = submission.amazon_order.number
    logger.info("Submission %s (%s, order %s): %s", submission.id, submission.kind, number, change)


def accept(session: Session, submission: Submission, now: datetime) -> None:
    """Amazon has taken it; the order has to show it before it is believed, where an order can."""
    apply(submission, "accept", now)
    submission.message = submission.cause = None
    submission.accepted_at = now
    submission.due_at = now + timedelta(seconds=submission_states.backoff_seconds(0))
    log(session, submission, "accepted", now=now)
    if submission_handlers.get(submission.kind).proved_by_acceptance:
        confirm(session, submission, now)


def confirm(session: Session, submission: Submission, now: datetime, *, actor: str = "amazon") -> None:
    """Amazon has proved it, whether or not it was told by us; or a person (`by`) has seen the proof there."""
    ours = submission.state not in {submission_states.QUEUED, submission_states.CONFLICT}
    apply(submission, "verify", now)
    submission.verified_at = now
    submission.cause = None if ours else submission_handlers.get(submission.kind).meanwhile
    log(session, submission, "verified" if ours else "not_needed", now=now, actor=actor)


def reject(
    session: Session,
    submission: Submission,
    words: str | None,
    now: datetime,
    *,
    cause: str | None = None,
    request_id: str | None = None,
    actor: str = "amazon",
) -> None:
    """Amazon said no (`words`, its own) or the desk did not ask (`cause`, a code). Nothing changes on the order."""
    apply(submission, "reject", now)
    submission.message, submission.cause = words, cause
    submission.request_id = request_id or submission.request_id
    _note(submission, "rejected", words=(words or "")[:300], cause=cause or "")
    log(session, submission, "rejected", now=now, actor=actor)


def mark_unconfirmed(session: Session, submission: Submission, cause: str, now: datetime) -> None:
    """Accepted, but never shown: a person has to look."""
    apply(submission, "give_up", now)
    submission.cause = cause
    _note(submission, "unproved")
    log(session, submission, "unproved", now=now)


def conflict(session: Session, submission: Submission, cause: str, now: datetime) -> None:
    """The fresh look found the order otherwise than it was when this was asked: a person decides."""
    apply(submission, "conflict", now)
    submission.message, submission.cause = None, cause
    _note(submission, "conflict", cause=cause)
    log(session, submission, "conflict", now=now)


def undo(session: Session, submission: Submission, *, now: datetime, actor: str) -> None:
    """A person thought better of it before Amazon was told."""
    apply(submission, "undo", now)
    _note(submission, "undone")
    log(session, submission, "undone", now=now, actor=actor)


def log(session: Session, submission: Submission, what: str, *, now: datetime, actor: str = "amazon") -> None:
    """Write the event `<kind>_<what>`, and let the kind do what follows from it."""
    kind = submission_handlers.get(submission.kind)
    said = {"words": submission.message or "", "cause": submission.cause or ""} if what in _EXPLAINED else {}
    audit_log.record(
        session,
        f"{submission.kind}_{what}",
        now=now,
        actor=actor,
        args=kind.event_args(submission) | said,
        account_id=submission.account_id,
        store_id=submission.amazon_order.store_id,
        order_id=kind.order_id(session, submission),
        amazon_order_id=submission.amazon_order_id,
        submission_id=submission.id,
    )
    kind.outcome(session, submission, what, now=now, actor=actor)


def _note(submission: Submission, what: str, **args: Any) -> None:
    order = submission.amazon_order
    order.note, order.note_args = f"note_{submission_handlers.get(submission.kind).word}_{what}", args
