"""What people do with a submission: ask for it, think better of it, look, ask again, go on in spite of a conflict.

Moving it on is `advancing`; what differs between the kinds is `kinds`.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.errors import NotFoundError, RefusedError
from webapp.domain.submissions import state_machine as submission_states
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.submissions import Submission
from webapp.services.accounts import accounts
from webapp.services.submissions import handlers as submission_handlers
from webapp.services.submissions import transitions as submission_transitions

# Where the one who asks does not say otherwise; the same as the setting `undo_seconds` begins with.
UNDO_SECONDS = 30
# What is kept of the order as it was known when something was asked, and shown beside what Amazon says later. It is
# stored in clear, so nothing personal may be among it.
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
    """Queue it; Amazon is told after `undo_seconds`. Does not commit; the account is locked by the caller.

    The flush raises IntegrityError where one of the kind is open for the subject: the index lets one click in.
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
    order.note, order.note_args = f"note_{submission_handlers.get(kind).word}_requested", dict(details)
    session.flush()
    submission_transitions.log_state(submission, submission.state)
    submission_transitions.log(session, submission, "requested", now=now, actor=actor)
    return submission


def undo(session: Session, submission_id: int, *, now: datetime, actor: str) -> Submission:
    """Take a queued one back. Commits. Raises RefusedError once Amazon is being told."""
    submission = locked(session, submission_id)
    if not submission_states.is_allowed("undo", submission.state):
        state = submission.state
        session.rollback()
        raise RefusedError("undo_too_late", state=state)
    submission_transitions.undo(session, submission, now=now, actor=actor)
    submission_handlers.get(submission.kind).settle(session, submission, now=now, actor=actor)
    session.commit()
    return submission


def override_conflict(session: Session, submission_id: int, *, now: datetime, actor: str) -> Submission:
    """Go on in spite of the conflict: Amazon is told at once, and decides. Commits. Raises RefusedError."""
    submission = locked(session, submission_id)
    if not submission_states.is_allowed("insist", submission.state):
        state = submission.state
        session.rollback()
        raise RefusedError("insist_no_conflict", state=state)
    submission_transitions.apply(submission, "insist", now)
    submission.details = submission.details | {"conflict_overridden": True}
    submission.undo_until = submission.due_at = now
    submission.cause = None
    submission_transitions.log(session, submission, "insisted", now=now, actor=actor)
    submission_handlers.get(submission.kind).settle(session, submission, now=now, actor=actor)
    session.commit()
    return submission


def check_now(session: Session, submission_id: int, *, now: datetime) -> Submission:
    """Make it due, for the pass that is rung for next. Commits. Raises RefusedError where a look now proves nothing."""
    submission = locked(session, submission_id)
    if not submission_states.may_check_early(submission.state, submission.undo_until, now):
        session.rollback()
        raise RefusedError("look_too_soon")
    submission.due_at = min(submission.due_at, now)
    session.commit()
    return submission


def resubmit(session: Session, submission_id: int, *, undo_seconds: int, now: datetime, actor: str) -> Submission:
    """Ask for the same once more, as a submission of its own. Commits. Raises RefusedError while it is open."""
    old = session.get(Submission, submission_id)
    if old is None:
        raise NotFoundError("submission_unknown", name=submission_id)
    if old.open:
        raise RefusedError("again_still_open")
    return submission_handlers.get(old.kind).again(session, old, undo_seconds=undo_seconds, now=now, actor=actor)


def resubmit_error(session: Session, old: Submission) -> str | None:
    """Why it cannot be asked once more, as a code of `sentences`, or None."""
    return "again_still_open" if old.open else submission_handlers.get(old.kind).refusal_again(session, old)


def locked(session: Session, submission_id: int) -> Submission:
    """As it is now, with nobody else at the orders of its account. Raises NotFoundError."""
    account_id = session.scalar(select(Submission.account_id).where(Submission.id == submission_id))
    if account_id is None:
        raise NotFoundError("submission_unknown", name=submission_id)
    accounts.lock_orders(session, account_id)
    return session.get_one(Submission, submission_id, with_for_update=True, populate_existing=True)
