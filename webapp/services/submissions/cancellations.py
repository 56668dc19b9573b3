"""Cancel unshipped orders at Amazon."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.domain.amazon import statuses
from webapp.domain.amazon import types as amazon_types
from webapp.domain.amazon.gateway import AmazonGateway
from webapp.domain.amazon.types import Cancellation, PreparedFeed
from webapp.domain.errors import InvalidError, RefusedError
from webapp.domain.submissions import cancellation
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.orders import Order
from webapp.models.shipments import Parcel
from webapp.models.submissions import Submission
from webapp.services.accounts import locking
from webapp.services.submissions import user_actions as submission_actions
from webapp.services.submissions.handlers import FeedPolicy, PreflightFailure, SubmissionHandler, register


def request(
    session: Session, amazon_order_id: int, reason: str, *, undo_seconds: int, now: datetime, actor: str
) -> Submission:
    """Queue a cancellation, sent after `undo_seconds`. The order itself changes when Amazon shows it. Commits.

    Raises InvalidError for a reason Amazon does not have, RefusedError if the order cannot be cancelled.
    """
    _check_reason(reason)
    order = locking.load_locked(session, AmazonOrder, amazon_order_id, "amazon_order_unknown", number=amazon_order_id)
    try:
        submission = enqueue(session, order, reason, undo_seconds=undo_seconds, now=now, actor=actor)
    except RefusedError:
        session.rollback()
        raise
    session.commit()
    return submission


def enqueue(
    session: Session, order: AmazonOrder, reason: str, *, undo_seconds: int, now: datetime, actor: str
) -> Submission:
    """Queue a cancellation like `request`. Requires the account lock; does not commit. Roll back after RefusedError."""
    _check_reason(reason)
    error = load_refusal_reason(session, order)
    if error:
        raise RefusedError(error)
    try:
        return submission_actions.enqueue(
            session, cancellation.KIND, order, {"reason": reason}, undo_seconds=undo_seconds, now=now, actor=actor
        )
    except IntegrityError:
        # Another request was queued since the open submissions were read; the unique index allows only one.
        raise RefusedError("cancel_requested_already") from None


def _check_reason(reason: str) -> None:
    if reason not in cancellation.CODES:
        codes = ", ".join(row.code for row in cancellation.REASONS)
        raise InvalidError("reason_unknown", field="reason", reason=reason, known=codes)


def load_refusal_reason(session: Session, order: AmazonOrder) -> str | None:
    """Return the reason this order cannot be cancelled now, as a message code, or None."""
    open_submission = select(Submission.id).where(
        Submission.amazon_order_id == order.id, Submission.kind == cancellation.KIND, Submission.open
    )
    parcel = (
        select(Parcel.id).join(Order, Order.id == Parcel.order_id).where(Order.amazon_order_id == order.id).limit(1)
    )
    return cancellation.find_refusal_reason(
        order.status,
        order.fulfilled_by,
        writable=order.store.import_orders,
        requested=session.scalar(open_submission) is not None,
        has_parcel=order.status == statuses.UNSHIPPED and session.scalar(parcel) is not None,
    )


@register
class CancellationHandler(SubmissionHandler):
    """Sent in feeds, or by `cancelOrder` if the account may use it."""

    name = cancellation.KIND
    note_prefix = "cancel"
    not_needed_cause = "cancelled_meanwhile"
    feed = FeedPolicy("POST_ORDER_ACKNOWLEDGEMENT_DATA")

    def uses_direct_call(self, method: str) -> bool:
        return method == "rest"

    def falls_back_to_feed(self) -> bool:
        return True

    def build_call(self, session: Session, submission: Submission) -> Callable[[AmazonGateway], None]:
        number, reason = submission.amazon_order.number, submission.details["reason"]
        return lambda gateway: gateway.cancel_order(number, reason)

    def build_feed_document(
        self, session: Session, submissions: Sequence[Submission]
    ) -> Callable[[AmazonGateway], PreparedFeed]:
        cancellations = [
            Cancellation(
                message_id=submission.message_id or 0,
                number=submission.amazon_order.number,
                order_item_ids=tuple(item.order_item_id for item in submission.amazon_order.items),
                reason=submission.details["reason"],
            )
            for submission in submissions
        ]
        marketplaces = sorted({submission.amazon_order.store.marketplace_id for submission in submissions})
        return lambda gateway: gateway.prepare_cancellations(marketplaces, cancellations)

    def check_preflight(self, session: Session, submission: Submission) -> PreflightFailure | None:
        order = submission.amazon_order
        error = cancellation.find_refusal_reason(order.status, order.fulfilled_by, writable=True, requested=False)
        return PreflightFailure(error) if error else None

    def is_shown_by(self, session: Session, submission: Submission, amazon_order: amazon_types.AmazonOrder) -> bool:
        return amazon_order.status == statuses.CANCELLED

    def resubmit(
        self, session: Session, old: Submission, *, undo_seconds: int, now: datetime, actor: str
    ) -> Submission:
        reason = old.details["reason"]
        return request(session, old.amazon_order_id, reason, undo_seconds=undo_seconds, now=now, actor=actor)

    def resubmit_error(self, session: Session, old: Submission) -> str | None:
        return load_refusal_reason(session, old.amazon_order)
