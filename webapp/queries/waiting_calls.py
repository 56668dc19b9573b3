"""Calls to Amazon that wait, by operation and priority."""

from collections import Counter
from datetime import datetime, timedelta
from math import ceil
from typing import NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from webapp.domain.mail import amazon_messages
from webapp.domain.mail import state_machine as mail_states
from webapp.domain.shipping import labels
from webapp.domain.submissions import cancellation, shipment_confirmation
from webapp.domain.submissions import state_machine as submission_states
from webapp.models.amazon_orders import QuarantinedOrder
from webapp.models.backfills import REPORT, RUNNING, SEARCH, Backfill
from webapp.models.completeness import CompletenessCheck
from webapp.models.mails import Mail
from webapp.models.recurring_jobs import RecurringJob
from webapp.models.shipping_labels import ShippingLabel
from webapp.models.stores import Store
from webapp.models.submissions import Feed, Submission
from webapp.queries.sync import order_reads


class WaitingCalls(NamedTuple):
    """`calls` of an operation wait at a priority."""

    operation: str
    priority: str
    calls: int


# One report covers so much of a backfill (`services/sync/report_windows.py`).
REPORT_WINDOW = timedelta(days=30)
FEED_CALLS = ("createFeedDocument", "createFeed", "getFeed", "getFeedDocument")
REPORT_CALLS = ("createReport", "getReport", "getReportDocument")

_Counts = Counter[tuple[str, str]]


def list_all(session: Session, account_id: int, cancel_method: str, now: datetime) -> list[WaitingCalls]:
    """List the waiting calls of an account, with those that must follow them.

    Not known beforehand: how many pages a search or a list of transactions has, and how often a feed or a report is
    looked at until it is done; each is counted once.
    """
    waiting: _Counts = Counter()
    _count_submissions(waiting, session, account_id, cancel_method)
    _count_messages(waiting, session, account_id)
    _count_labels(waiting, session, account_id)
    _count_searches(waiting, session, account_id, now)
    _count_reports(waiting, session, account_id, now)
    unresolved = select(func.count()).where(
        QuarantinedOrder.account_id == account_id,
        QuarantinedOrder.number.is_not(None),
        QuarantinedOrder.resolved_at.is_(None),
    )
    waiting["getOrder", "sync"] += session.scalar(unresolved) or 0
    waiting["getOrder", "backfill"] += order_reads.count_waiting(session, account_id)
    return [WaitingCalls(*key, calls) for key, calls in waiting.items() if calls]


def _count_submissions(waiting: _Counts, session: Session, account_id: int, cancel_method: str) -> None:
    """Count the calls of open submissions. One feed carries all of a kind."""
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
                waiting.update((name, "submission") for name in FEED_CALLS)
            # The order is read before each is sent, and after it.
            waiting["getOrder", "submission"] += 2 * count
        elif state == submission_states.ACCEPTED:
            waiting["getOrder", "submission"] += count
    feeds = select(func.count()).select_from(Feed).where(Feed.account_id == account_id, Feed.ended_at.is_(None))
    for name in FEED_CALLS[2:]:
        waiting[name, "submission"] += session.scalar(feeds.where(Feed.amazon_feed_id.is_not(None))) or 0


def _count_messages(waiting: _Counts, session: Session, account_id: int) -> None:
    """Count the calls of messages through Amazon: which kinds are allowed, and the message itself."""
    messages = (
        select(Mail.kind, func.count())
        .join(Store, Store.id == Mail.store_id)
        .where(Store.account_id == account_id, Mail.via == mail_states.AMAZON, Mail.due_at.is_not(None))
        .group_by(Mail.kind)
    )
    for kind, count in session.execute(messages):
        waiting["getMessagingActionsForOrder", "submission"] += count
        waiting[amazon_messages.OPERATIONS[kind], "submission"] += count


def _count_labels(waiting: _Counts, session: Session, account_id: int) -> None:
    """Count the calls of shipping labels. The order is read before each purchase and after a lost answer."""
    calls = {
        labels.REQUESTED: ("getEligibleShipmentServices",),
        labels.QUEUED: ("getOrder", "createShipment", "createRestrictedDataToken"),
        labels.UNKNOWN: ("getOrder",),
        labels.REFUND_QUEUED: ("getShipment", "cancelShipment", "createRestrictedDataToken"),
        labels.REFUND_PENDING: ("getShipment", "createRestrictedDataToken"),
    }
    due = (ShippingLabel.account_id == account_id, ShippingLabel.due_at.is_not(None))
    states = select(ShippingLabel.state, func.count()).where(*due).group_by(ShippingLabel.state)
    for state, count in session.execute(states):
        for operation in calls.get(state, ()):
            # A job fetches one restricted data token for all its labels.
            waiting[operation, "submission"] += 1 if operation == "createRestrictedDataToken" else count


def _count_searches(waiting: _Counts, session: Session, account_id: int, now: datetime) -> None:
    """Count the next page of the sync that is due or runs, of backfills by search, and of the refund check."""
    key = f"sync_account-{account_id}"
    due = or_(RecurringJob.next_run_at <= now, RecurringJob.enqueued_at > RecurringJob.finished_at)
    if session.scalar(select(RecurringJob.id).where(RecurringJob.key == key, due)):
        waiting["searchOrders", "sync"] += 1
    if session.scalar(select(RecurringJob.id).where(RecurringJob.key == "check_refunds", due)):
        waiting["listTransactions", "sync"] += 1
    searches = select(func.count()).where(
        Backfill.account_id == account_id, Backfill.state == RUNNING, Backfill.method == SEARCH
    )
    waiting["searchOrders", "backfill"] += session.scalar(searches) or 0


def _count_reports(waiting: _Counts, session: Session, account_id: int, now: datetime) -> None:
    """Count the calls of reports: of backfills by report, and of a completeness check that is due or runs."""
    backfills = select(Backfill).where(
        Backfill.account_id == account_id, Backfill.state == RUNNING, Backfill.method == REPORT
    )
    for row in session.scalars(backfills):
        windows = ceil((row.reached_at - row.starts_at) / REPORT_WINDOW)
        _count_windows(waiting, windows, is_requested=bool(row.slice))
    check = session.get(CompletenessCheck, account_id)
    if check is not None and (check.report_id is not None or check.next_try_at <= now):
        _count_windows(waiting, 1, is_requested=check.report_id is not None)


def _count_windows(waiting: _Counts, windows: int, *, is_requested: bool) -> None:
    for name in REPORT_CALLS:
        waiting[name, "backfill"] += windows
    if is_requested:
        waiting["createReport", "backfill"] -= 1
