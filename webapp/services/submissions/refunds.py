"""Asking Amazon to refund a credit memo, and what becomes of the credit memo with Amazon's answer.

A refund is not to be told twice: Amazon would carry it out twice. No order shows it either, so Amazon's word is the
processing report alone, and where that is missing or contradicts itself a person decides.
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
from webapp.services.accounts import accounts
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

PARTLY = "refund_partly_refused"
_PARTS = ("subtotal", "shipping", "tax", "discount", "other")


class _Refund(SubmissionHandler):
    """By a feed for many, one of an account at a time; each credit memo is some lines of it."""

    name = amazon_refunds.KIND
    word = "refund"
    meanwhile = "refund_arrived"
    feed = FeedPolicy(amazon_refunds.FEED_TYPE, resend=False, exclusive=True)
    proved_by_acceptance = True

    def document(self, session: Session, asked: Sequence[Submission]) -> Callable[[AmazonGateway], PreparedFeed]:
        """`message_id` becomes the first line of each: the report counts lines."""
        lines: list[Refund] = []
        for one in asked:
            one.message_id = len(lines) + 1
            lines += _lines(one, memo_of(session, one))
        marketplaces = sorted({one.amazon_order.store.marketplace_id for one in asked})
        return lambda port: port.prepare_refunds(marketplaces, lines)

    def doubt(self, session: Session, told: Sequence[Submission], report: FeedReport | None) -> str | None:
        if report is None:
            return "refund_without_report"
        lines = _lines_of(session, told)
        failed = amazon_refunds.failures(report, lines)
        whole = failed is not None and 0 in failed
        contradicts = failed is None or report.is_contradictory or (report.processed != len(lines) and not whole)
        return "refund_report_contradicts" if contradicts else None

    def recognises(self, session: Session, told: Sequence[Submission], report: FeedReport) -> bool:
        """The report counts lines, and may name the order and the item of each."""
        return amazon_refunds.failures(report, _lines_of(session, told)) is not None

    def refused_in(self, session: Session, submission: Submission, report: FeedReport) -> Rejection | None:
        """Line by line: what Amazon refused of a credit memo can be asked for again, the rest of it stays."""
        memo = memo_of(session, submission)
        told = submission.feed.submissions if submission.feed is not None else [submission]
        failed = amazon_refunds.failures(report, _lines_of(session, told)) or {}
        first = submission.message_id or 0
        said = [failed.get(first + place) or failed.get(0) for place in range(len(memo.amazon_lines))]
        if not any(said):
            return None
        words = "; ".join(dict.fromkeys(one.words for one in said if one is not None))
        return Rejection(words, None if all(said) else PARTLY, {"refused": _refused(memo, said)})

    def objection(self, session: Session, submission: Submission) -> PreflightFailure | None:
        memo = memo_of(session, submission)
        there = queries.at_amazon(session, session.get_one(Order, memo.order_id))
        if there.refused:
            return PreflightFailure(there.refused)
        for row in memo.amazon_lines:
            line = there.lines[row["line"]]
            # What is asked for here stands among what is under way.
            if row["cancelled"] and line.unshipped < 0:
                return PreflightFailure("refund_shipped_meanwhile")
            if any(line.refunded[name] + line.pending[name] > line.paid[name] for name in row["parts"]):
                return PreflightFailure("refund_over_now")
        return None

    def outcome(self, session: Session, submission: Submission, what: str, *, now: datetime, actor: str) -> None:
        memo = memo_of(session, submission)
        if what not in {"verified", "not_needed", "rejected", "undone"} or memo.state != amazon_refunds.ASKED:
            return
        order = order_editing.fresh(session, memo.order_id)
        credit_memos.count(order, memo, -1)
        memo.state = _state_after(session, memo, submission, what)
        if order.state == order_states.CANCELED and memo.state not in amazon_refunds.LIVE:
            # Amazon has cancelled the order meanwhile, and with it gave back what it was not asked for.
            memo.state, memo.offline = amazon_refunds.OFFLINE, True
        if memo.state in amazon_refunds.LIVE:
            credit_memos.count(order, memo, 1)
            if submission.cause == PARTLY:
                audit_log.record(
                    session,
                    "refunded_in_part",
                    now=now,
                    actor=actor,
                    args=credit_memos.summary(memo, order),
                    account_id=submission.account_id,
                    store_id=order.store_id,
                    order_id=order.id,
                    amazon_order_id=order.amazon_order_id,
                    submission_id=submission.id,
                )
            _tell_buyer(session, order, memo, submission, now)
        order_editing.recompute(session, order, now=now, actor=actor)

    def order_id(self, session: Session, submission: Submission) -> int | None:
        return memo_of(session, submission).order_id

    def event_args(self, submission: Submission) -> dict[str, Any]:
        """Of what was refused in part, the sentences speak of that part."""
        said = {name: submission.details[name] for name in ("reason", "number", "amount", "currency")}
        if submission.cause == PARTLY:
            refused = sum(row["amount"] for row in submission.details["refused"])
            said["amount"] = Money(refused, said["currency"]).amount
        return said

    def again(self, session: Session, old: Submission, *, undo_seconds: int, now: datetime, actor: str) -> Submission:
        """A credit memo of what was refused, as one of its own."""
        accounts.lock_orders(session, old.account_id)
        memo = memo_of(session, old)
        refused = self.refusal_again(session, old)
        if refused:
            session.rollback()
            raise RefusedError(refused)
        new = credit_memos.create(
            session,
            memo.order_id,
            _asked_again(memo, old),
            on_amazon=True,
            reason=old.details["reason"],
            undo_seconds=undo_seconds,
            return_to_stock=[item.order_item_id for item in memo.items if item.return_to_stock],
            again_of=old.id,
            now=now,
            actor=actor,
        )
        asked = select(Submission).where(Submission.kind == self.name, Submission.subject == str(new.id))
        return session.scalars(asked).one()

    def refusal_again(self, session: Session, old: Submission) -> str | None:
        if old.state == domain.UNPROVED:
            return "refund_in_doubt"
        if _asked_since(session, old):
            return "refund_again_done"
        order = session.get_one(Order, memo_of(session, old).order_id)
        if not order_states.is_allowed("refund", order.state):
            return "refund_again_closed"
        pieces = _asked_again(memo_of(session, old), old).quantities or {}
        gone = any(order_states.left_to_refund(line) < pieces.get(line.id, 0) for line in order.items)
        return "refund_again_gone" if gone else queries.at_amazon(session, order).refused


KIND = register(_Refund())


def memo_of(session: Session, submission: Submission) -> CreditMemo:
    return session.get_one(CreditMemo, int(submission.subject))


def arrived(session: Session, submission_id: int, *, now: datetime, actor: str) -> Submission:
    """A person has seen at Amazon that the refund happened. Commits. Raises RefusedError where that is not in doubt."""
    submission = _doubtful(session, submission_id)
    submission.message = None
    submission_transitions.confirm(session, submission, now, actor=actor)
    session.commit()
    return submission


def missed(session: Session, submission_id: int, *, now: datetime, actor: str) -> Submission:
    """A person has seen at Amazon that it did not happen: what was held for it can be refunded again. Commits."""
    submission = _doubtful(session, submission_id)
    submission_transitions.reject(session, submission, None, now, cause="refund_missed", actor=actor)
    session.commit()
    return submission


def send_again(session: Session, submission_id: int, *, now: datetime, actor: str) -> Submission:
    """A person has seen at Amazon that it did not happen, and wants it told once more. Commits."""
    submission = _doubtful(session, submission_id)
    submission_transitions.apply(submission, "resend", now)
    submission.feed = submission.message_id = submission.message = submission.cause = None
    submission.undo_until = submission.due_at = now
    submission_transitions.log(session, submission, "resent", now=now, actor=actor)
    session.commit()
    return submission


def _doubtful(session: Session, submission_id: int) -> Submission:
    submission = submission_actions.locked(session, submission_id)
    if submission.kind != amazon_refunds.KIND or submission.state != domain.UNPROVED:
        session.rollback()
        raise RefusedError("refund_not_in_doubt")
    return submission


def _lines_of(session: Session, told: Sequence[Submission]) -> list[tuple[str, str]]:
    """(number of the order, id of the item) of each line of the document, in its order."""
    in_order = sorted(told, key=lambda one: one.message_id or 0)
    return [(one.amazon_order.number, row["item"]) for one in in_order for row in memo_of(session, one).amazon_lines]


def _lines(submission: Submission, memo: CreditMemo) -> list[Refund]:
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


def _refused(memo: CreditMemo, said: Sequence[FeedMessage | None]) -> list[dict[str, Any]]:
    """The lines Amazon says something against, with what the credit memo gives back of each."""
    items = {item.order_item_id: item for item in memo.items}
    found = []
    for row, message in zip(memo.amazon_lines, said, strict=True):
        if message is None:
            continue
        item = items.get(row["line"])
        found.append(
            {
                "line": row["line"],
                "quantity": item.quantity if item else 0,
                "shipping": item.shipping if item else 0,
                "worth": item.total if item else 0,
                "amount": sum(row["parts"].values()),
                "words": message.words,
            }
        )
    return found


def _tell_buyer(session: Session, order: Order, memo: CreditMemo, submission: Submission, now: datetime) -> None:
    """What was asked for with the credit memo; a buyer who cannot be written to any more is not."""
    details = submission.details
    if details.get("notify") and mailing.cannot_mail_reason(session, order) is None:
        comment = session.get(Comment, details["comment"]) if details.get("comment") else None
        mail_outbox.queue_document(
            session, "credit_memo", order, memo.id, comment=comment, now=now, actor=details["actor"]
        )


def _state_after(session: Session, memo: CreditMemo, submission: Submission, what: str) -> str:
    """Where the credit memo stands now; what was not said to be refused line by line was refused as a whole."""
    if what == "undone":
        return amazon_refunds.UNDONE
    if what == "rejected":
        told = {row["line"] for row in memo.amazon_lines}
        refused = {row["line"] for row in submission.details.get("refused", ())} or told
        if refused >= told:
            return amazon_refunds.REFUSED
        _keep_the_rest(session, memo, refused)
    return amazon_refunds.REFUNDED


def _keep_the_rest(session: Session, memo: CreditMemo, refused: Collection[int]) -> None:
    """Take the refused lines out of the credit memo, so that it says what Amazon gave back, to the last unit."""
    memo.amazon_lines = [row for row in memo.amazon_lines if row["line"] not in refused]
    for item in [item for item in memo.items if item.order_item_id in refused]:
        memo.items.remove(item)
        session.delete(item)
    for name in _PARTS:
        setattr(memo, name, sum(getattr(item, name) for item in memo.items))
    memo.total = sum(sum(row["parts"].values()) for row in memo.amazon_lines)
    beside = memo.total - sum(item.total for item in memo.items)
    memo.adjustment_refund, memo.adjustment_fee = max(0, beside), max(0, -beside)
    session.flush()


def _asked_since(session: Session, old: Submission) -> bool:
    """Whether somebody asked for the same again and let it stand. Money beside the lines has no pieces to count by."""
    later = select(Submission).where(Submission.amazon_order_id == old.amazon_order_id, Submission.id > old.id)
    stands = session.scalars(later.where(Submission.state != domain.UNDONE))
    return any(one.details.get("again_of") == old.id for one in stands)


def _asked_again(memo: CreditMemo, old: Submission) -> drafts.CreditRequest:
    if memo.state == amazon_refunds.REFUSED:
        pieces = {item.order_item_id: item.quantity for item in memo.items}
        return drafts.CreditRequest(pieces, memo.shipping, memo.adjustment_refund, memo.adjustment_fee)
    rows = old.details.get("refused", ())
    beside = sum(row["amount"] - row["worth"] for row in rows)
    return drafts.CreditRequest(
        {row["line"]: row["quantity"] for row in rows if row["quantity"]},
        sum(row["shipping"] for row in rows),
        max(0, beside),
        max(0, -beside),
    )
