"""Refund credit memos at Amazon, and update the credit memos with the result.

A refund must not be sent twice: Amazon would carry it out twice. The order does not show refunds, so the processing
report is the only confirmation; if it is missing or contradicts itself, a user decides.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.amazon.gateway import AmazonGateway
from webapp.domain.amazon.types import FeedMessage, FeedReport, PreparedFeed
from webapp.domain.common.money import Money
from webapp.domain.errors import RefusedError
from webapp.domain.invoicing import amazon_refunds, drafts
from webapp.domain.invoicing.amazon_refunds import Refund
from webapp.domain.orders import state_machine as order_states
from webapp.domain.submissions import state_machine as domain
from webapp.models.comments import Comment
from webapp.models.documents import CreditMemo
from webapp.models.orders import Order
from webapp.models.submissions import Submission
from webapp.queries import mails as mailing
from webapp.queries.invoicing import refundable as queries
from webapp.services import audit_log
from webapp.services.accounts import locking
from webapp.services.invoicing import credit_memos
from webapp.services.mail import outbox as mail_outbox
from webapp.services.orders import editing as order_editing
from webapp.services.submissions import transitions as submission_transitions
from webapp.services.submissions import user_actions as submission_actions
from webapp.services.submissions.handlers import (
    FeedPolicy,
    PreflightFailure,
    Rejection,
    SubmissionHandler,
    register,
)

PARTLY_REJECTED = "refund_partly_refused"
_AMOUNTS = ("subtotal", "shipping", "tax", "discount", "other")


@register
class RefundHandler(SubmissionHandler):
    """Sent in feeds, one of an account at a time. Each credit memo is one or more lines of the document."""

    name = amazon_refunds.KIND
    note_prefix = "refund"
    not_needed_cause = "refund_arrived"
    feed = FeedPolicy(amazon_refunds.FEED_TYPE, resend=False, exclusive=True)
    confirmed_by_acceptance = True

    def build_feed_document(
        self, session: Session, submissions: Sequence[Submission]
    ) -> Callable[[AmazonGateway], PreparedFeed]:
        """Build the document; `message_id` becomes the first line of each, since the report counts lines."""
        lines: list[Refund] = []
        for submission in submissions:
            submission.message_id = len(lines) + 1
            lines += _build_lines(submission, load_memo(session, submission))
        marketplaces = sorted({submission.amazon_order.store.marketplace_id for submission in submissions})
        return lambda gateway: gateway.prepare_refunds(marketplaces, lines)

    def check_report(
        self, session: Session, submissions: Sequence[Submission], report: FeedReport | None
    ) -> str | None:
        if report is None:
            return "refund_without_report"
        lines = _list_document_lines(session, submissions)
        failed = amazon_refunds.find_failures(report, lines)
        is_rejected_whole = failed is not None and 0 in failed
        contradicts = (
            failed is None or report.is_contradictory or (report.processed != len(lines) and not is_rejected_whole)
        )
        return "refund_report_contradicts" if contradicts else None

    def report_matches(self, session: Session, submissions: Sequence[Submission], report: FeedReport) -> bool:
        """Compare the order and the item of each line, as far as the report names them."""
        return amazon_refunds.find_failures(report, _list_document_lines(session, submissions)) is not None

    def find_rejection(self, session: Session, submission: Submission, report: FeedReport) -> Rejection | None:
        """Collect the rejected lines of the credit memo: they can be requested again, the others stay."""
        memo = load_memo(session, submission)
        submissions = submission.feed.submissions if submission.feed is not None else [submission]
        failed = amazon_refunds.find_failures(report, _list_document_lines(session, submissions)) or {}
        first = submission.message_id or 0
        messages = [failed.get(first + index) or failed.get(0) for index in range(len(memo.amazon_lines))]
        if not any(messages):
            return None
        text = "; ".join(dict.fromkeys(message.words for message in messages if message is not None))
        return Rejection(
            text, None if all(messages) else PARTLY_REJECTED, {"refused": _list_rejected_lines(memo, messages)}
        )

    def check_preflight(self, session: Session, submission: Submission) -> PreflightFailure | None:
        memo = load_memo(session, submission)
        balance = queries.load_refundable(session, session.get_one(Order, memo.order_id))
        if balance.refused:
            return PreflightFailure(balance.refused)
        for amazon_line in memo.amazon_lines:
            line = balance.lines[amazon_line["line"]]
            # `pending` includes this submission.
            if amazon_line["cancelled"] and line.unshipped < 0:
                return PreflightFailure("refund_shipped_meanwhile")
            if any(line.refunded[name] + line.pending[name] > line.paid[name] for name in amazon_line["parts"]):
                return PreflightFailure("refund_over_now")
        return None

    def handle_event(self, session: Session, submission: Submission, event: str, *, now: datetime, actor: str) -> None:
        memo = load_memo(session, submission)
        if event not in {"verified", "not_needed", "rejected", "undone"} or memo.state != amazon_refunds.ASKED:
            return
        order = order_editing.reload_locked(session, memo.order_id)
        credit_memos.apply_quantities(order, memo, -1)
        memo.state = _next_state(session, memo, submission, event)
        if order.state == order_states.CANCELED and memo.state not in amazon_refunds.LIVE:
            # The order was cancelled at Amazon meanwhile, which refunds the buyer.
            memo.state, memo.offline = amazon_refunds.OFFLINE, True
        if memo.state in amazon_refunds.LIVE:
            credit_memos.apply_quantities(order, memo, 1)
            if submission.cause == PARTLY_REJECTED:
                audit_log.record(
                    session,
                    "refunded_in_part",
                    now=now,
                    actor=actor,
                    args=credit_memos.build_summary(memo, order),
                    account_id=submission.account_id,
                    store_id=order.store_id,
                    order_id=order.id,
                    amazon_order_id=order.amazon_order_id,
                    submission_id=submission.id,
                )
            _notify_buyer(session, order, memo, submission, now)
        order_editing.recompute(session, order, now=now, actor=actor)

    def order_id(self, session: Session, submission: Submission) -> int | None:
        return load_memo(session, submission).order_id

    def event_args(self, submission: Submission) -> dict[str, Any]:
        """Return the rejected amount instead of the total if only a part was rejected."""
        args = {name: submission.details[name] for name in ("reason", "number", "amount", "currency")}
        if submission.cause == PARTLY_REJECTED:
            rejected_amount = sum(row["amount"] for row in submission.details["refused"])
            args["amount"] = Money(rejected_amount, args["currency"]).amount
        return args

    def resubmit(
        self, session: Session, old: Submission, *, undo_seconds: int, now: datetime, actor: str
    ) -> Submission:
        """Create a new credit memo of the rejected lines."""
        locking.lock_orders(session, old.account_id)
        memo = load_memo(session, old)
        error = self.resubmit_error(session, old)
        if error:
            session.rollback()
            raise RefusedError(error)
        new = credit_memos.create(
            session,
            memo.order_id,
            _build_resubmission(memo, old),
            on_amazon=True,
            reason=old.details["reason"],
            undo_seconds=undo_seconds,
            return_to_stock=[item.order_item_id for item in memo.items if item.return_to_stock],
            again_of=old.id,
            now=now,
            actor=actor,
        )
        statement = select(Submission).where(Submission.kind == self.name, Submission.subject == str(new.id))
        return session.scalars(statement).one()

    def resubmit_error(self, session: Session, old: Submission) -> str | None:
        if old.state == domain.UNPROVED:
            return "refund_in_doubt"
        if _has_been_resubmitted(session, old):
            return "refund_again_done"
        order = session.get_one(Order, load_memo(session, old).order_id)
        if not order_states.is_allowed("refund", order.state):
            return "refund_again_closed"
        quantities = _build_resubmission(load_memo(session, old), old).quantities or {}
        exceeds = any(order_states.count_left_to_refund(line) < quantities.get(line.id, 0) for line in order.items)
        return "refund_again_gone" if exceeds else queries.load_refundable(session, order).refused


def load_memo(session: Session, submission: Submission) -> CreditMemo:
    return session.get_one(CreditMemo, int(submission.subject))


def mark_refunded(session: Session, submission_id: int, *, now: datetime, actor: str) -> Submission:
    """Verify a refund that a user has seen in Seller Central. Commits. Raises RefusedError unless unconfirmed."""
    submission = _load_unconfirmed(session, submission_id)
    submission.message = None
    submission_transitions.confirm(session, submission, now, actor=actor)
    session.commit()
    return submission


def mark_not_refunded(session: Session, submission_id: int, *, now: datetime, actor: str) -> Submission:
    """Reject a refund that a user did not find in Seller Central, so that it can be requested again. Commits."""
    submission = _load_unconfirmed(session, submission_id)
    submission_transitions.reject(session, submission, None, now, cause="refund_missed", actor=actor)
    session.commit()
    return submission


def resend(session: Session, submission_id: int, *, now: datetime, actor: str) -> Submission:
    """Queue a refund again that a user did not find in Seller Central. Commits."""
    submission = _load_unconfirmed(session, submission_id)
    submission_transitions.apply(submission, "resend", now)
    submission.feed = submission.message_id = submission.message = submission.cause = None
    submission.undo_until = submission.due_at = now
    # Somebody has looked in Seller Central, which is what a fence waits for.
    submission.released_at = now
    submission_transitions.record_event(session, submission, "resent", now=now, actor=actor)
    session.commit()
    return submission


def _load_unconfirmed(session: Session, submission_id: int) -> Submission:
    submission = submission_actions.load_locked(session, submission_id)
    if submission.kind != amazon_refunds.KIND or submission.state != domain.UNPROVED:
        session.rollback()
        raise RefusedError("refund_not_in_doubt")
    return submission


def _list_document_lines(session: Session, submissions: Sequence[Submission]) -> list[tuple[str, str]]:
    """Return (number of the order, id of the item) of each line of the document, in order."""
    in_order = sorted(submissions, key=lambda submission: submission.message_id or 0)
    return [
        (submission.amazon_order.number, row["item"])
        for submission in in_order
        for row in load_memo(session, submission).amazon_lines
    ]


def _build_lines(submission: Submission, memo: CreditMemo) -> list[Refund]:
    currency = submission.details["currency"]
    return [
        Refund(
            number=submission.amazon_order.number,
            order_item_id=row["item"],
            reason=submission.details["reason"],
            quantity_cancelled=row["cancelled"],
            **{name: Money(amount, currency) for name, amount in row["parts"].items() if amount},
        )
        for row in memo.amazon_lines
    ]


def _list_rejected_lines(memo: CreditMemo, messages: Sequence[FeedMessage | None]) -> list[dict[str, Any]]:
    """Return the rejected lines with their amounts in the credit memo and Amazon's messages."""
    items = {item.order_item_id: item for item in memo.items}
    rejected = []
    for row, message in zip(memo.amazon_lines, messages, strict=True):
        if message is None:
            continue
        item = items.get(row["line"])
        rejected.append(
            {
                "line": row["line"],
                "quantity": item.quantity if item else 0,
                "shipping": item.shipping if item else 0,
                "worth": item.total if item else 0,
                "amount": sum(row["parts"].values()),
                "words": message.words,
            }
        )
    return rejected


def _notify_buyer(session: Session, order: Order, memo: CreditMemo, submission: Submission, now: datetime) -> None:
    """Queue the e-mail requested with the credit memo, unless the buyer can no longer be contacted."""
    details = submission.details
    if details.get("notify") and mailing.find_mail_refusal_reason(session, order) is None:
        comment = session.get(Comment, details["comment"]) if details.get("comment") else None
        mail_outbox.queue_document(
            session, "credit_memo", order, memo.id, comment=comment, now=now, actor=details["actor"]
        )


def _next_state(session: Session, memo: CreditMemo, submission: Submission, event: str) -> str:
    """Return the new state of the credit memo. A rejection that names no lines concerns all of them."""
    if event == "undone":
        return amazon_refunds.UNDONE
    if event == "rejected":
        line_ids = {row["line"] for row in memo.amazon_lines}
        rejected = {row["line"] for row in submission.details.get("refused", ())} or line_ids
        if rejected >= line_ids:
            return amazon_refunds.REFUSED
        _remove_rejected_lines(session, memo, rejected)
    return amazon_refunds.REFUNDED


def _remove_rejected_lines(session: Session, memo: CreditMemo, rejected: Collection[int]) -> None:
    """Remove the rejected lines from the credit memo, so that its amounts are exactly those that Amazon refunded."""
    memo.amazon_lines = [row for row in memo.amazon_lines if row["line"] not in rejected]
    for item in [item for item in memo.items if item.order_item_id in rejected]:
        memo.items.remove(item)
        session.delete(item)
    for name in _AMOUNTS:
        setattr(memo, name, sum(getattr(item, name) for item in memo.items))
    memo.total = sum(sum(row["parts"].values()) for row in memo.amazon_lines)
    adjustment = memo.total - sum(item.total for item in memo.items)
    memo.adjustment_refund, memo.adjustment_fee = max(0, adjustment), max(0, -adjustment)
    session.flush()


def _has_been_resubmitted(session: Session, old: Submission) -> bool:
    """Return whether it was requested again and not undone. Adjustments have no quantities that could be counted."""
    later = select(Submission).where(Submission.amazon_order_id == old.amazon_order_id, Submission.id > old.id)
    not_undone = session.scalars(later.where(Submission.state != domain.UNDONE))
    return any(submission.details.get("again_of") == old.id for submission in not_undone)


def _build_resubmission(memo: CreditMemo, old: Submission) -> drafts.CreditRequest:
    if memo.state == amazon_refunds.REFUSED:
        quantities = {item.order_item_id: item.quantity for item in memo.items}
        return drafts.CreditRequest(quantities, memo.shipping, memo.adjustment_refund, memo.adjustment_fee)
    rows = old.details.get("refused", ())
    adjustment = sum(row["amount"] - row["worth"] for row in rows)
    return drafts.CreditRequest(
        {row["line"]: row["quantity"] for row in rows if row["quantity"]},
        sum(row["shipping"] for row in rows),
        max(0, adjustment),
        max(0, -adjustment),
    )
