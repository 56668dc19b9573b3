"""Calls to Amazon that wait, by operation and priority."""

from collections import Counter
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.domain.mail import state_machine as mail_states
from webapp.domain.submissions import cancellation, shipment_confirmation
from webapp.domain.submissions import state_machine as submission_states
from webapp.models.amazon_orders import QuarantinedOrder
from webapp.models.mails import Mail
from webapp.models.stores import Store
from webapp.models.submissions import Submission
from webapp.queries.sync import order_reads


class WaitingCalls(NamedTuple):
    """`calls` of an operation wait at a priority."""

    operation: str
    priority: str
    calls: int


def list_all(session: Session, account_id: int, cancel_method: str) -> list[WaitingCalls]:
    """List the waiting calls of an account. One feed carries all submissions of a kind."""
    waiting: Counter[tuple[str, str]] = Counter()
    open_submissions = (
        select(Submission.kind, Submission.state, func.count())
        .where(Submission.open, Submission.account_id == account_id)
        .group_by(Submission.kind, Submission.state)
    )
    for kind, state, count in session.execute(open_submissions):
        if state == submission_states.QUEUED:
            is_direct = kind == shipment_confirmation.KIND or (kind == cancellation.KIND and cancel_method == "rest")
            operation = {shipment_confirmation.KIND: "confirmShipment"}.get(kind, "cancelOrder")
            if is_direct:
                waiting[operation, "submission"] += count
            else:
                waiting["createFeed", "submission"] += 1
            # The order is read before each is sent.
            waiting["getOrder", "submission"] += count
        elif state == submission_states.ACCEPTED:
            waiting["getOrder", "submission"] += count
        elif state == submission_states.SENT:
            waiting["getFeed", "submission"] += 1
    messages = (
        select(func.count())
        .select_from(Mail)
        .join(Store, Store.id == Mail.store_id)
        .where(Store.account_id == account_id, Mail.via == mail_states.AMAZON, Mail.due_at.is_not(None))
    )
    waiting["getMessagingActionsForOrder", "submission"] += session.scalar(messages) or 0
    unresolved = select(func.count()).where(
        QuarantinedOrder.account_id == account_id,
        QuarantinedOrder.number.is_not(None),
        QuarantinedOrder.resolved_at.is_(None),
    )
    waiting["getOrder", "sync"] += session.scalar(unresolved) or 0
    waiting["getOrder", "backfill"] += order_reads.count_waiting(session, account_id)
    return [WaitingCalls(*key, calls) for key, calls in waiting.items() if calls]
