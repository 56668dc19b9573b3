"""State transitions of submissions, with their events and the notes on the Amazon order. None of these commits."""

import logging
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session, object_session

from webapp.db.session_hooks import run_after_commit
from webapp.domain.submissions import state_machine as submission_states
from webapp.models.submissions import Submission
from webapp.services import audit_log
from webapp.services.submissions import handlers as submission_handlers

logger = logging.getLogger(__name__)

# Events whose text includes Amazon's message or the cause.
_EXPLAINED = frozenset({"rejected", "unproved", "conflict"})
# Events that name Amazon's request, for its support.
_ANSWERED = frozenset({"accepted", "rejected", "unproved"})


def apply(submission: Submission, name: str, now: datetime) -> None:
    """Move the submission along the state table, reset its tries and log it. Raises InvalidSubmissionTransition."""
    before, submission.state = submission.state, submission_states.check(name, submission.state).to_state
    log_state(submission, f"{before} → {submission.state}")
    submission.open = submission.state not in submission_states.ENDED
    submission.changed_at = now
    submission.tries = 0
    submission.version += 1


def log_state(submission: Submission, change: str) -> None:
    """Write one line to the program's log after the commit. It names no personal data."""
    session = object_session(submission)
    if session is None:
        raise ValueError("The submission belongs to no session.")
    values = (submission.id, submission.kind, submission.amazon_order.number, change)
    run_after_commit(session, partial(logger.info, "Submission %s (%s, order %s): %s", *values))


def accept(session: Session, submission: Submission, now: datetime) -> None:
    """Mark it as accepted by Amazon. If the order can show the change, it is verified only when it does."""
    apply(submission, "accept", now)
    submission.message = submission.cause = None
    submission.accepted_at = now
    submission.due_at = now + timedelta(seconds=submission_states.compute_backoff(0))
    record_event(session, submission, "accepted", now=now)
    if submission_handlers.get(submission.kind).confirmed_by_acceptance:
        confirm(session, submission, now)


def confirm(session: Session, submission: Submission, now: datetime, *, actor: str = "amazon") -> None:
    """Mark it as verified: Amazon shows the change, whoever made it, or `actor` has seen it in Seller Central."""
    was_sent = submission.state not in {submission_states.QUEUED, submission_states.CONFLICT}
    apply(submission, "verify", now)
    submission.verified_at = now
    submission.cause = None if was_sent else submission_handlers.get(submission.kind).not_needed_cause
    record_event(session, submission, "verified" if was_sent else "not_needed", now=now, actor=actor)


def reject(
    session: Session,
    submission: Submission,
    message: str | None,
    now: datetime,
    *,
    cause: str | None = None,
    request_id: str | None = None,
    actor: str = "amazon",
) -> None:
    """Mark it as rejected, by Amazon (`message`) or before it was sent (`cause`). The order does not change."""
    apply(submission, "reject", now)
    submission.message, submission.cause = message, cause
    submission.request_id = request_id or submission.request_id
    _set_order_note(submission, "rejected", words=(message or "")[:300], cause=cause or "")
    record_event(session, submission, "rejected", now=now, actor=actor)


def mark_unconfirmed(session: Session, submission: Submission, cause: str, now: datetime) -> None:
    """Mark it as unconfirmed: it may have had an effect that Amazon does not show, so a person has to check."""
    apply(submission, "give_up", now)
    submission.cause = cause
    _set_order_note(submission, "unproved")
    record_event(session, submission, "unproved", now=now)


def conflict(session: Session, submission: Submission, cause: str, now: datetime) -> None:
    """Stop it because the order has changed since the request; a person decides whether it is sent."""
    apply(submission, "conflict", now)
    submission.message, submission.cause = None, cause
    _set_order_note(submission, "conflict", cause=cause)
    record_event(session, submission, "conflict", now=now)


def undo(session: Session, submission: Submission, *, now: datetime, actor: str) -> None:
    """Withdraw it before it is sent."""
    apply(submission, "undo", now)
    _set_order_note(submission, "undone")
    record_event(session, submission, "undone", now=now, actor=actor)


def record_event(session: Session, submission: Submission, event: str, *, now: datetime, actor: str = "amazon") -> None:
    """Add the history entry `<kind>_<event>`, and let the handler apply what follows from it."""
    handler = submission_handlers.get(submission.kind)
    reason = {"words": submission.message or "", "cause": submission.cause or ""} if event in _EXPLAINED else {}
    if event in _ANSWERED and submission.request_id:
        reason["request_id"] = submission.request_id
    audit_log.record(
        session,
        f"{submission.kind}_{event}",
        now=now,
        actor=actor,
        args=handler.event_args(submission) | reason,
        account_id=submission.account_id,
        store_id=submission.amazon_order.store_id,
        order_id=handler.order_id(session, submission),
        amazon_order_id=submission.amazon_order_id,
        submission_id=submission.id,
    )
    handler.handle_event(session, submission, event, now=now, actor=actor)


def _set_order_note(submission: Submission, event: str, **args: Any) -> None:
    order = submission.amazon_order
    order.note, order.note_args = f"note_{submission_handlers.get(submission.kind).note_prefix}_{event}", args
