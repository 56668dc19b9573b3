"""Read the refunds in Amazon's payments, and compare them with the credit memos.

Amazon's processing report shows that a refund was accepted; its payments show the actual refunds, including repeated
ones and those made in Seller Central.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from webapp.domain.amazon import statuses
from webapp.domain.amazon.errors import Forbidden, InvalidResponse
from webapp.domain.amazon.gateway import AmazonGateway
from webapp.domain.amazon.types import TransactionPage
from webapp.domain.common import clocks
from webapp.domain.common.money import Money
from webapp.domain.errors import require
from webapp.domain.invoicing import amazon_refunds
from webapp.domain.invoicing.refund_matching import (
    AMAZONS_DELAY,
    ELSEWHERE,
    ExpectedRefund,
    Finding,
    PostedRefund,
    match_refunds,
)
from webapp.domain.submissions import state_machine as submission_states
from webapp.models.accounts import Account
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.documents import CreditMemo
from webapp.models.orders import Order
from webapp.models.refund_transactions import RefundFinding, RefundTransaction, UnreadableTransaction
from webapp.models.submissions import Submission
from webapp.services import audit_log
from webapp.services.accounts import accounts, locking
from webapp.services.invoicing import credit_memos, transactions
from webapp.services.orders import editing as order_editing
from webapp.services.submissions import transitions as submission_transitions

log = logging.getLogger(__name__)

# Amazon shows transactions late, so the last days are read again each time.
OVERLAP = timedelta(days=3)
# Amazon returns nothing for a longer period; a shorter one makes an interrupted first run continue where it ended.
WINDOW = timedelta(days=7)
MAX_AGE = timedelta(days=179)
# Amazon accepts no time that is less than two minutes ago.
_LATEST = timedelta(minutes=3)
# A refused account is tried again once a day, since the role may have been granted.
REFUSAL_PAUSE = timedelta(days=1)
# Orders are compared again for this long after their refund.
COMPARED_FOR = timedelta(days=30)

Clock = Callable[[], datetime]


def check_account(session: Session, gateway: AmazonGateway, account_id: int, *, clock: Clock) -> None:
    """Read the payments posted since the last run, and compare the orders concerned. Commits.

    Does nothing for a day after Amazon has refused the call: without the role, refunds are only known from Amazon's
    processing reports. Raises AmazonError for other errors; what was read until then stays.
    """
    account = accounts.find_by_id(session, account_id)
    now = clock()
    if clocks.is_within(account.finances_refused_at, REFUSAL_PAUSE, now):
        return
    try:
        _read(session, gateway, account, now)
    except Forbidden as error:
        session.rollback()
        _record_refusal(session, account_id, error, now)
        return
    compare_account(session, account_id, now=now)


def compare_account(session: Session, account_id: int, *, now: datetime) -> None:
    """Compare the orders of an account with Amazon's stored payments. Commits."""
    _link_orders(session, account_id, now)
    account = session.get_one(Account, account_id)
    since, until = account.finances_since or now, account.finances_until or now
    for order_id in _list_orders(session, account_id, since, now):
        locking.lock_orders(session, account_id)
        _compare_order(session, order_id, since, until, now)
        session.commit()


def read_order(session: Session, gateway: AmazonGateway, order_id: int, *, now: datetime) -> None:
    """Read all transactions of one order from Amazon, and compare its refunds. Commits. Raises AmazonError."""
    amazon_order = session.get_one(Order, order_id).amazon_order
    account_id, number = amazon_order.account_id, amazon_order.number
    session.commit()
    for page in _read_pages(lambda token: gateway.order_transactions(number, token)):
        _store(session, account_id, page, now)
    _link_orders(session, account_id, now)
    account = session.get_one(Account, account_id)
    since, until = account.finances_since or now, account.finances_until or now
    locking.lock_orders(session, account_id)
    _compare_order(session, order_id, since, until, now)
    session.commit()


def resolve(session: Session, finding_id: int, *, now: datetime, actor: str) -> RefundFinding:
    """Mark a finding as checked by a person. Commits. Raises NotFoundError."""
    finding = require(
        session.get(RefundFinding, finding_id, with_for_update=True), "refund_finding_unknown", name=finding_id
    )
    if finding.resolved_at is None:
        finding.resolved_at, finding.resolved_by = now, actor
        order = session.get_one(Order, finding.order_id)
        audit_log.record_on_order(session, "refund_finding_checked", order, now=now, actor=actor, **_args(finding))
    session.commit()
    return finding


def _read(session: Session, gateway: AmazonGateway, account: Account, now: datetime) -> None:
    account_id = account.id
    since = account.finances_since or max(account.created_at, now - MAX_AGE)
    end = now - timedelta(seconds=max(0, account.clock_offset or 0)) - _LATEST
    after = max(since, min(account.finances_until or since, now) - OVERLAP, now - MAX_AGE)
    session.commit()
    while after < end:
        before = min(after + WINDOW, end)
        # Amazon ends the last window itself, since the clock of this machine may be ahead.
        _read_window(session, gateway, account_id, after, before if before < end else None, now)
        account = session.get_one(Account, account_id)
        account.finances_since, account.finances_until, account.finances_refused_at = since, before, None
        session.commit()
        after = before


def _read_window(
    session: Session, gateway: AmazonGateway, account_id: int, after: datetime, before: datetime | None, now: datetime
) -> None:
    for page in _read_pages(lambda token: gateway.transactions(posted_after=after, posted_before=before, token=token)):
        _store(session, account_id, page, now)


def _read_pages(read: Callable[[str | None], TransactionPage]) -> Iterator[TransactionPage]:
    """Yield the pages of a list. Raises InvalidResponse if it does not end."""
    token: str | None = None
    tokens: set[str] = set()
    while True:
        page = read(token)
        yield page
        token = page.next_token
        if token is None:
            return
        if token in tokens:
            raise InvalidResponse("Amazon's list of transactions does not end.", operation="listTransactions")
        tokens.add(token)


def _store(session: Session, account_id: int, page: TransactionPage, now: datetime) -> None:
    """Store the transactions of a page, and which of them could not be parsed. Commits."""
    transactions.store(session, account_id, page.transactions, now)
    ids = [refund.transaction_id for refund in page.refunds]
    stored = select(RefundTransaction).where(
        RefundTransaction.account_id == account_id, RefundTransaction.transaction_id.in_(ids)
    )
    rows = {row.transaction_id: row for row in session.scalars(stored)}
    for refund in page.refunds:
        row = rows.get(refund.transaction_id)
        if row is None:
            row = rows[refund.transaction_id] = RefundTransaction(
                account_id=account_id,
                transaction_id=refund.transaction_id,
                number=refund.number,
                posted_at=refund.posted_at,
                read_at=now,
                request_id=page.request_id,
            )
            session.add(row)
        row.kind, row.currency, row.amount = refund.kind, refund.total.currency, refund.refunded.minor
        row.tax = -refund.tax.minor
    session.execute(
        delete(UnreadableTransaction).where(
            UnreadableTransaction.account_id == account_id,
            or_(
                UnreadableTransaction.transaction_id.in_([row.transaction_id for row in page.transactions]),
                # Amazon does not return it any more.
                UnreadableTransaction.first_seen_at < now - MAX_AGE,
            ),
        )
    )
    for transaction in page.unreadable:
        unreadable = session.get(UnreadableTransaction, (account_id, transaction.transaction_id))
        if unreadable is None:
            log.warning(
                "Account %s: transaction %s in Amazon's payments cannot be read and is not compared: %s",
                account_id,
                transaction.transaction_id or "without an id",
                transaction.cause,
            )
            unreadable = UnreadableTransaction(
                account_id=account_id, transaction_id=transaction.transaction_id, first_seen_at=now
            )
            session.add(unreadable)
        unreadable.number, unreadable.cause = transaction.number, transaction.cause[:200]
    session.commit()


def _record_refusal(session: Session, account_id: int, error: Forbidden, now: datetime) -> None:
    """Store that Amazon refuses the account this call, with one event until it is allowed. Commits."""
    account = session.get_one(Account, account_id)
    if account.finances_refused_at is None:
        audit_log.record(
            session, "finances_refused", now=now, actor="amazon", account_id=account_id, args={"words": error.message}
        )
        log.warning("Amazon refuses account %s its payments: %s", account_id, error.message)
    account.finances_refused_at = now
    session.commit()


def _link_orders(session: Session, account_id: int, now: datetime) -> None:
    """Link transactions with their orders, and note those in the history that no credit memo can stand for. Commits."""
    statement = (
        select(RefundTransaction, AmazonOrder, Order.id)
        .join(
            AmazonOrder,
            (AmazonOrder.account_id == RefundTransaction.account_id) & (AmazonOrder.number == RefundTransaction.number),
        )
        .outerjoin(Order, Order.amazon_order_id == AmazonOrder.id)
        .where(RefundTransaction.account_id == account_id, RefundTransaction.amazon_order_id.is_(None))
    )
    for transaction, amazon_order, order_id in session.execute(statement).all():
        transaction.amazon_order_id = amazon_order.id
        if order_id is None or amazon_order.fulfilled_by == statuses.AMAZON:
            amount = Money(transaction.amount, transaction.currency)
            audit_log.record(
                session,
                "refund_posted",
                now=now,
                actor="amazon",
                args={"amount": amount.amount, "currency": amount.currency, "day": _day(transaction.posted_at)},
                store_id=amazon_order.store_id,
                order_id=order_id,
                amazon_order_id=amazon_order.id,
            )
    session.commit()


def _list_orders(session: Session, account_id: int, since: datetime, now: datetime) -> Sequence[int]:
    """List the orders that have a refund not confirmed, a transaction not explained, or an unresolved finding."""
    start = now - COMPARED_FOR
    orders = select(Order.id).join(AmazonOrder, AmazonOrder.id == Order.amazon_order_id)
    unresolved = orders.where(AmazonOrder.account_id == account_id)
    memos = select(CreditMemo.order_id).where(
        CreditMemo.created_at >= max(start, since), CreditMemo.offline.is_(False), CreditMemo.confirmed_at.is_(None)
    )
    transactions = select(RefundTransaction.amazon_order_id).where(
        RefundTransaction.account_id == account_id,
        RefundTransaction.posted_at >= start,
        RefundTransaction.credit_memo_id.is_(None),
    )
    findings = select(RefundFinding.order_id).where(
        RefundFinding.account_id == account_id, RefundFinding.resolved_at.is_(None)
    )
    unresolved = unresolved.where(or_(Order.id.in_(memos), AmazonOrder.id.in_(transactions), Order.id.in_(findings)))
    order_ids = session.scalars(unresolved.order_by(Order.id)).all()
    session.rollback()
    return order_ids


def _compare_order(session: Session, order_id: int, since: datetime, until: datetime, now: datetime) -> None:
    order = session.get_one(Order, order_id, populate_existing=True)
    memos = {memo.id: memo for memo in session.scalars(select(CreditMemo).where(CreditMemo.order_id == order_id))}
    submissions = _load_submissions(session, order)
    rows = session.scalars(
        select(RefundTransaction).where(RefundTransaction.amazon_order_id == order.amazon_order_id)
    ).all()
    by_id = {row.id: row for row in rows}
    expected = [_expect(memo, submissions.get(str(memo.id)), since, until) for memo in memos.values()]
    matches = match_refunds(
        [memo for memo in expected if memo is not None],
        [PostedRefund(row.id, row.amount, row.posted_at, row.tax) for row in rows if row.currency == order.currency],
    )
    explained = {row.id: memo_id for memo_id, parts in matches.confirmed.items() for row in parts}
    for row in rows:
        row.credit_memo_id = explained.get(row.id)
    for memo_id, parts in matches.confirmed.items():
        if memo_id in matches.taxes:
            _book_tax(session, order, memos[memo_id], matches.taxes[memo_id], now)
        _confirm(session, order, memos[memo_id], submissions.get(str(memo_id)), parts, now)
    findings = matches.findings + [
        Finding(ELSEWHERE, transaction_id=row.id) for row in rows if row.currency != order.currency
    ]
    if order.amazon_order.fulfilled_by == statuses.AMAZON:
        # Amazon refunds the orders that it ships.
        findings = []
    _store_findings(session, order, findings, memos, by_id, now)


def _load_submissions(session: Session, order: Order) -> dict[str, Submission]:
    """Return the latest refund of each credit memo, by the credit memo's id as text."""
    statement = select(Submission).where(
        Submission.amazon_order_id == order.amazon_order_id, Submission.kind == amazon_refunds.KIND
    )
    return {submission.subject: submission for submission in session.scalars(statement.order_by(Submission.id))}


def _expect(memo: CreditMemo, submission: Submission | None, since: datetime, until: datetime) -> ExpectedRefund | None:
    """Return the refund expected in Amazon's payments for a credit memo; None for one that was not sent."""
    if memo.state == amazon_refunds.OFFLINE:
        return ExpectedRefund(memo.id, memo.total, memo.created_at, submitted=False)
    if memo.state not in amazon_refunds.LIVE or submission is None:
        return None
    if submission.state in {submission_states.QUEUED, submission_states.CONFLICT}:
        return None
    amount = sum(sum(row["parts"].values()) for row in memo.amazon_lines)
    sent_at = submission.accepted_at or submission.changed_at
    # A refund from before payments were read cannot be found in them.
    overdue = not submission.open and sent_at + AMAZONS_DELAY <= until and memo.created_at >= since
    return ExpectedRefund(
        memo.id,
        amount,
        memo.created_at,
        submitted=True,
        overdue=overdue,
        tax=amazon_refunds.sum_tax(row["parts"] for row in memo.amazon_lines),
    )


def _confirm(
    session: Session,
    order: Order,
    memo: CreditMemo,
    submission: Submission | None,
    rows: Sequence[PostedRefund],
    now: datetime,
) -> None:
    """Store that Amazon's payments show the refund of a credit memo. This also settles an unconfirmed refund."""
    if memo.confirmed_at is not None:
        return
    memo.confirmed_at = max(row.posted_at for row in rows)
    amount = Money(memo.total, order.currency)
    audit_log.record_on_order(
        session,
        "refund_confirmed",
        order,
        now=now,
        actor="amazon",
        number=memo.number,
        amount=amount.amount,
        currency=amount.currency,
        day=_day(memo.confirmed_at),
    )
    if submission is not None and submission.state == submission_states.UNPROVED:
        submission.message = None
        submission_transitions.confirm(session, submission, now)


def _book_tax(session: Session, order: Order, memo: CreditMemo, tax: int, now: datetime) -> None:
    """Correct the tax of a credit memo to what Amazon refunded: it may ignore the tax that it was asked to refund."""
    before = amazon_refunds.sum_tax(row["parts"] for row in memo.amazon_lines)
    credit_memos.apply_quantities(order, memo, -1)
    credit_memos.replace_tax(memo, tax)
    credit_memos.apply_quantities(order, memo, 1)
    audit_log.record_on_order(
        session,
        "refund_tax_corrected",
        order,
        now=now,
        actor="amazon",
        number=memo.number,
        before=Money(before, order.currency).amount,
        after=Money(tax, order.currency).amount,
        currency=order.currency,
    )
    order_editing.recompute(session, order, now=now, actor="amazon")


def _store_findings(
    session: Session,
    order: Order,
    findings: Sequence[Finding],
    memos: dict[int, CreditMemo],
    transactions: dict[int, RefundTransaction],
    now: datetime,
) -> None:
    """Add new findings, and resolve those whose cause has gone. A finding that was checked is not added again."""
    stored = session.scalars(select(RefundFinding).where(RefundFinding.order_id == order.id)).all()
    rows_by_finding = {Finding(row.kind, row.credit_memo_id, row.refund_transaction_id): row for row in stored}
    for finding, row in rows_by_finding.items():
        if row.resolved_at is None and finding not in findings:
            row.resolved_at, row.resolved_by = now, "amazon"
    for finding in findings:
        if finding in rows_by_finding:
            continue
        memo = memos.get(finding.memo_id or 0)
        transaction = transactions.get(finding.transaction_id or 0)
        row = RefundFinding(
            kind=finding.kind,
            account_id=order.amazon_order.account_id,
            store_id=order.store_id,
            order_id=order.id,
            credit_memo_id=finding.memo_id,
            refund_transaction_id=finding.transaction_id,
            currency=transaction.currency if transaction else order.currency,
            expected=memo.total if memo else None,
            amount=transaction.amount if transaction else None,
            found_at=now,
        )
        session.add(row)
        args = _args(row) | ({"number": memo.number} if memo else {})
        if transaction is not None:
            args["day"] = _day(transaction.posted_at)
        audit_log.record_on_order(session, f"refund_{finding.kind}", order, now=now, actor="amazon", **args)


def _args(finding: RefundFinding) -> dict[str, str]:
    """Return the message arguments about a finding."""
    amounts = {"amount": finding.amount, "expected": finding.expected}
    texts = {name: Money(minor, finding.currency).amount for name, minor in amounts.items() if minor is not None}
    return {"currency": finding.currency, **texts}


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
