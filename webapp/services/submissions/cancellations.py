"""Asking Amazon to cancel an unshipped order."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.domain.amazon import statuses
from webapp.domain.amazon import types as amazon_types
from webapp.domain.amazon.gateway import AmazonGateway
from webapp.domain.amazon.types import Cancellation, PreparedFeed
from webapp.domain.errors import InvalidError, NotFoundError, RefusedError
from webapp.domain.submissions import cancellation
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.orders import Order
from webapp.models.shipments import Parcel
from webapp.models.submissions import Submission
from webapp.services.accounts import accounts
from webapp.services.submissions import user_actions as submission_actions
from webapp.services.submissions.handlers import FeedPolicy, PreflightFailure, SubmissionHandler, register


def request(
    session: Session, amazon_order_id: int, reason: str, *, undo_seconds: int, now: datetime, actor: str
) -> Submission:
    """Queue a cancellation; Amazon is told after `undo_seconds`. Nothing else changes before Amazon has said so.

    Raises InvalidError for a reason Amazon does not have, RefusedError where the order cannot be cancelled.
    """
    _check_reason(reason)
    account_id = session.scalar(select(AmazonOrder.account_id).where(AmazonOrder.id == amazon_order_id))
    if account_id is None:
        raise NotFoundError("amazon_order_unknown", number=amazon_order_id)
    accounts.lock_orders(session, account_id)
    order = session.get_one(AmazonOrder, amazon_order_id, with_for_update=True)
    try:
        submission = ask(session, order, reason, undo_seconds=undo_seconds, now=now, actor=actor)
    except RefusedError:
        session.rollback()
        raise
    session.commit()
    return submission


def ask(
    session: Session, order: AmazonOrder, reason: str, *, undo_seconds: int, now: datetime, actor: str
) -> Submission:
    """As `request`, for a caller who has locked the account; does not commit, and a refusal is to be rolled back."""
    _check_reason(reason)
    refused = refusal(session, order)
    if refused:
        raise RefusedError(refused)
    try:
        return submission_actions.enqueue(
            session, KIND.name, order, {"reason": reason}, undo_seconds=undo_seconds, now=now, actor=actor
        )
    except IntegrityError:
        # Another click was quicker between our look and our write: the index let one of them in.
        raise RefusedError("cancel_requested_already") from None


def _check_reason(reason: str) -> None:
    if reason not in cancellation.CODES:
        known = ", ".join(row.code for row in cancellation.REASONS)
        raise InvalidError("reason_unknown", field="reason", reason=reason, known=known)


def refusal(session: Session, order: AmazonOrder) -> str | None:
    """Why this order cannot be cancelled now, as a code of `sentences`, or None."""
    asked = select(Submission.id).where(
        Submission.amazon_order_id == order.id, Submission.kind == cancellation.KIND, Submission.open
    )
    left = select(Parcel.id).join(Order, Order.id == Parcel.order_id).where(Order.amazon_order_id == order.id).limit(1)
    return cancellation.refusal(
        order.status,
        order.fulfilled_by,
        writable=order.store.import_orders,
        requested=session.scalar(asked) is not None,
        left=order.status == statuses.UNSHIPPED and session.scalar(left) is not None,
    )


class _Cancellation(SubmissionHandler):
    """By a feed for many, or by `cancelOrder` where Amazon has opened it to the account."""

    name = cancellation.KIND
    word = "cancel"
    meanwhile = "cancelled_meanwhile"
    feed = FeedPolicy("POST_ORDER_ACKNOWLEDGEMENT_DATA")

    def directly(self, method: str) -> bool:
        return method == "rest"

    def falls_back(self) -> bool:
        return True

    def call(self, session: Session, submission: Submission) -> Callable[[AmazonGateway], None]:
        number, reason = submission.amazon_order.number, submission.details["reason"]
        return lambda port: port.cancel_order(number, reason)

    def document(self, session: Session, asked: Sequence[Submission]) -> Callable[[AmazonGateway], PreparedFeed]:
        cancellations = [
            Cancellation(
                message_id=one.message_id or 0,
                number=one.amazon_order.number,
                order_item_ids=tuple(item.order_item_id for item in one.amazon_order.items),
                reason=one.details["reason"],
            )
            for one in asked
        ]
        marketplaces = sorted({one.amazon_order.store.marketplace_id for one in asked})
        return lambda port: port.prepare_cancellations(marketplaces, cancellations)

    def objection(self, session: Session, submission: Submission) -> PreflightFailure | None:
        order = submission.amazon_order
        refused = cancellation.refusal(order.status, order.fulfilled_by, writable=True, requested=False)
        return PreflightFailure(refused) if refused else None

    def proved(self, session: Session, submission: Submission, said: amazon_types.AmazonOrder) -> bool:
        return said.status == statuses.CANCELLED

    def again(self, session: Session, old: Submission, *, undo_seconds: int, now: datetime, actor: str) -> Submission:
        reason = old.details["reason"]
        return request(session, old.amazon_order_id, reason, undo_seconds=undo_seconds, now=now, actor=actor)

    def refusal_again(self, session: Session, old: Submission) -> str | None:
        return refusal(session, old.amazon_order)


KIND = register(_Cancellation())
