"""User actions on submissions: request, undo, check now, resubmit, override a conflict.

Sending them is `processor`; what differs between the kinds is in `handlers`.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from webapp.domain.errors import RefusedError, require
from webapp.domain.submissions import state_machine as submission_states
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.submissions import Submission
from webapp.services.accounts import locking
from webapp.services.submissions import handlers as submission_handlers
from webapp.services.submissions import transitions as submission_transitions

# Used by callers that pass no other value; the same as the default of the setting `undo_seconds`.
UNDO_SECONDS = 30
# Columns of the order copied at the time of the request, to compare with Amazon's later data. They are not encrypted,
# so they must not be personal data.
SNAPSHOT_FIELDS = ("status", "quantity", "quantity_shipped", "cancel_requested", "total", "currency")


def enqueue(
    session: Session,
    kind: str,
    order: AmazonOrder,
    details: dict[str, Any],
    *,
    subject: str = "",
    undo_seconds: int,
    now: datetime,
    actor: str,
) -> Submission:
    """Queue a submission; it is sent after `undo_seconds`. Requires the account lock; does not commit.

    The flush raises IntegrityError if a submission of the kind is already open for the subject.
    """
    submission = Submission(
        kind=kind,
        subject=subject,
        account_id=order.account_id,
        amazon_order_id=order.id,
        amazon_order=order,
        state=submission_states.QUEUED,
        details=details,
        snapshot={name: getattr(order, name) for name in SNAPSHOT_FIELDS},
        requested_by=actor,
        requested_at=now,
        undo_until=now + timedelta(seconds=undo_seconds),
        due_at=now + timedelta(seconds=undo_seconds),
        changed_at=now,
    )
    session.add(submission)
    order.note, order.note_args = f"note_{submission_handlers.get(kind).note_prefix}_requested", dict(details)
    session.flush()
    submission_transitions.log_state(submission, submission.state)
    submission_transitions.record_event(session, submission, "requested", now=now, actor=actor)
    return submission


def undo(session: Session, submission_id: int, *, now: datetime, actor: str) -> Submission:
    """Withdraw a queued submission. Commits. Raises RefusedError once it is being sent."""
    submission = load_locked(session, submission_id)
    if not submission_states.is_allowed("undo", submission.state):
        state = submission.state
        session.rollback()
        raise RefusedError("undo_too_late", state=state)
    submission_transitions.undo(session, submission, now=now, actor=actor)
    submission_handlers.get(submission.kind).update_order(session, submission, now=now, actor=actor)
    session.commit()
    return submission


def override_conflict(session: Session, submission_id: int, *, now: datetime, actor: str) -> Submission:
    """Send it at once in spite of the conflict, and let Amazon decide. Commits. Raises RefusedError."""
    submission = load_locked(session, submission_id)
    if not submission_states.is_allowed("force", submission.state):
        state = submission.state
        session.rollback()
        raise RefusedError("force_no_conflict", state=state)
    submission_transitions.apply(submission, "force", now)
    submission.details = submission.details | {"conflict_overridden": True}
    submission.undo_until = submission.due_at = now
    submission.cause = None
    submission_transitions.record_event(session, submission, "insisted", now=now, actor=actor)
    submission_handlers.get(submission.kind).update_order(session, submission, now=now, actor=actor)
    session.commit()
    return submission


def check_now(session: Session, submission_id: int, *, now: datetime) -> Submission:
    """Make it due at once. Commits. Raises RefusedError if it is too early to check."""
    submission = load_locked(session, submission_id)
    if not submission_states.may_check_early(submission.state, submission.undo_until, now):
        session.rollback()
        raise RefusedError("look_too_soon")
    submission.due_at = min(submission.due_at, now)
    session.commit()
    return submission


def resubmit(session: Session, submission_id: int, *, undo_seconds: int, now: datetime, actor: str) -> Submission:
    """Request the same again, as a new submission. Commits. Raises RefusedError, for example while it is open."""
    old = require(session.get(Submission, submission_id), "submission_unknown", name=submission_id)
    if old.open:
        raise RefusedError("again_still_open")
    return submission_handlers.get(old.kind).resubmit(session, old, undo_seconds=undo_seconds, now=now, actor=actor)


def resubmit_error(session: Session, old: Submission) -> str | None:
    """Return the reason it cannot be requested again, as a message code, or None."""
    return "again_still_open" if old.open else submission_handlers.get(old.kind).resubmit_error(session, old)


def load_locked(session: Session, submission_id: int) -> Submission:
    """Load a submission with fresh values, under the lock of its account's orders. Raises NotFoundError."""
    return locking.load_locked(session, Submission, submission_id, "submission_unknown", name=submission_id)
