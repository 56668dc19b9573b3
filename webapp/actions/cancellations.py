"""Asking Amazon to cancel an unshipped order, and thinking better of it."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.actions import accounts, events
from webapp.domain import amazon_status, cancellation, submissions
from webapp.domain.errors import InvalidError, NotFoundError, RefusedError
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.orders import Order
from webapp.models.shipments import Parcel
from webapp.models.submissions import Submission


def request(
    session: Session, amazon_order_id: int, reason: str, *, undo_seconds: int, now: datetime, by: str
) -> Submission:
    """Queue a cancellation; Amazon is told after `undo_seconds`. Nothing else changes before Amazon has said so.

    Raises InvalidError for a reason Amazon does not have, RefusedError where the order cannot be cancelled.
    """
    if reason not in cancellation.CODES:
        known = ", ".join(row.code for row in cancellation.REASONS)
        raise InvalidError("reason_unknown", field="reason", reason=reason, known=known)
    account_id = session.scalar(select(AmazonOrder.account_id).where(AmazonOrder.id == amazon_order_id))
    if account_id is None:
        raise NotFoundError("amazon_order_unknown", number=amazon_order_id)
    accounts.lock(session, account_id)
    order = session.get_one(AmazonOrder, amazon_order_id, with_for_update=True)
    refused = refusal(session, order)
    if refused:
        session.rollback()
        raise RefusedError(refused)
    submission = Submission(
        kind=cancellation.KIND,
        account_id=order.account_id,
        amazon_order_id=order.id,
        state=submissions.QUEUED,
        details={"reason": reason},
        requested_by=by,
        requested_at=now,
        undo_until=now + timedelta(seconds=undo_seconds),
        due_at=now + timedelta(seconds=undo_seconds),
        changed_at=now,
    )
    session.add(submission)
    order.note, order.note_args = "note_cancel_requested", {"reason": reason}
    try:
        session.flush()
    except IntegrityError:
        # Another click was quicker between our look and our write: the index let one of them in.
        session.rollback()
        raise RefusedError("cancel_requested_already") from None
    _tell(session, "cancellation_requested", submission, now=now, by=by)
    session.commit()
    return submission


def undo(session: Session, submission_id: int, *, now: datetime, by: str) -> Submission:
    """Take a queued submission back. Raises RefusedError once Amazon is being told."""
    account_id = session.scalar(select(Submission.account_id).where(Submission.id == submission_id))
    if account_id is None:
        raise NotFoundError("submission_unknown", name=submission_id)
    accounts.lock(session, account_id)
    submission = session.get_one(Submission, submission_id, with_for_update=True)
    if not submissions.may("undo", submission.state):
        state = submission.state
        session.rollback()
        raise RefusedError("undo_too_late", state=state)
    submission.state = submissions.UNDONE
    submission.open = False
    submission.changed_at = now
    submission.version += 1
    submission.amazon_order.note, submission.amazon_order.note_args = "note_cancel_undone", {}
    _tell(session, "cancellation_undone", submission, now=now, by=by)
    session.commit()
    return submission


def refusal(session: Session, order: AmazonOrder) -> str | None:
    """Why this order cannot be cancelled now, as a code of `sentences`, or None."""
    asked = select(Submission.id).where(
        Submission.amazon_order_id == order.id, Submission.kind == cancellation.KIND, Submission.open
    )
    # Amazon may not have heard of a parcel that left here.
    left = select(Parcel.id).join(Order, Order.id == Parcel.order_id).where(Order.amazon_order_id == order.id)
    if order.status == amazon_status.UNSHIPPED and session.scalar(left.limit(1)) is not None:
        return "cancel_shipped"
    return cancellation.refusal(
        order.status,
        order.fulfilled_by,
        writable=order.store.import_orders,
        requested=session.scalar(asked) is not None,
    )


def _tell(session: Session, kind: str, submission: Submission, *, now: datetime, by: str) -> None:
    events.record(
        session,
        kind,
        now=now,
        by=by,
        args=dict(submission.details),
        account_id=submission.account_id,
        store_id=submission.amazon_order.store_id,
        amazon_order_id=submission.amazon_order_id,
        submission_id=submission.id,
    )
