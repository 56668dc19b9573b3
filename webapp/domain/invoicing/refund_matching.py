"""Match the refunds that Amazon's payments show with the credit memos of one order."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations

# Amazon shows a transaction up to 48 hours after it was posted.
AMAZONS_DELAY = timedelta(hours=48)
# Clocks differ: a refund may seem to be posted somewhat before its credit memo was created.
_TOLERANCE = timedelta(minutes=15)
# More transactions than these are not tried in all combinations.
_MAX_COMBINED = 10

# Kinds of findings. MISSING: Amazon accepted the refund, and its payments do not show it after 48 hours. DIFFERS: they
# show another amount. DOUBLED: the same amount is there once more. ELSEWHERE: no credit memo stands for it.
MISSING, DIFFERS, DOUBLED, ELSEWHERE = "missing", "differs", "doubled", "elsewhere"
FINDINGS = (DOUBLED, DIFFERS, MISSING, ELSEWHERE)


@dataclass(frozen=True, slots=True)
class ExpectedRefund:
    """A credit memo. `amount` in minor units.

    `submitted`: the refund was sent to Amazon, so a transaction must follow; otherwise the credit memo only records a
    refund, which may or may not be one at Amazon. `overdue`: payments have been read until 48 hours after Amazon
    accepted it. `tax`: the part of the amount that is tax.
    """

    id: int
    amount: int
    created_at: datetime
    submitted: bool
    overdue: bool = False
    tax: int = 0


@dataclass(frozen=True, slots=True)
class PostedRefund:
    """A transaction, with its `amount` in minor units, and the `tax` in it where it is known."""

    id: int
    amount: int
    posted_at: datetime
    tax: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A discrepancy for a user to review, of one of the kinds above."""

    kind: str
    memo_id: int | None = None
    transaction_id: int | None = None


@dataclass(slots=True)
class Matches:
    """`confirmed`: the transactions of each credit memo that Amazon's payments show, by its id.

    `taxes`: the tax that was refunded for a credit memo, by its id, where it differs from the requested one.
    """

    confirmed: dict[int, list[PostedRefund]] = field(default_factory=dict)
    taxes: dict[int, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def match_refunds(memos: Collection[ExpectedRefund], transactions: Collection[PostedRefund]) -> Matches:
    """Match the credit memos and the transactions of one order, all in the same currency.

    Same amounts first, in the order of time; then several transactions that make up one credit memo; then the same
    amounts without tax, since Amazon may ignore the requested tax; then transactions that make up all credit memos
    left. A transaction that matches nothing is judged once no submitted refund of the order can still be posted.
    """
    matches = Matches()
    submitted = sorted((memo for memo in memos if memo.submitted), key=lambda memo: (memo.created_at, memo.id))
    recorded = sorted((memo for memo in memos if not memo.submitted), key=lambda memo: (memo.created_at, memo.id))
    free = sorted(transactions, key=lambda row: (row.posted_at, row.id))
    for memo in (*submitted, *recorded):
        _confirm(matches, memo, _find_same(memo, free), free)
    for memo in _unconfirmed(matches, submitted):
        _confirm(matches, memo, _find_parts(memo, free), free)
    for memo in _unconfirmed(matches, submitted):
        row = _find_same_net(memo, free)
        if row is not None and row.tax is not None:
            matches.taxes[memo.id] = row.tax
            _confirm(matches, memo, [row], free)
    unmatched = _unconfirmed(matches, submitted)
    rows = [row for row in free if all(_may_be(memo, row) for memo in unmatched)]
    if unmatched and sum(memo.amount for memo in unmatched) == sum(row.amount for row in rows):
        for memo in unmatched:
            _confirm(matches, memo, rows, free)
        unmatched = []
    _find_problems(matches, unmatched, free, {memo.amount for memo in memos if memo.id in matches.confirmed})
    return matches


def _find_same(memo: ExpectedRefund, free: Sequence[PostedRefund]) -> list[PostedRefund]:
    return [row for row in free if row.amount == memo.amount and _may_be(memo, row)][:1]


def _find_same_net(memo: ExpectedRefund, free: Sequence[PostedRefund]) -> PostedRefund | None:
    """Find the transaction of the same amount without tax."""
    net = memo.amount - memo.tax
    rows = (row for row in free if row.tax is not None and row.amount - row.tax == net > 0 and _may_be(memo, row))
    return next(rows, None)


def _find_parts(memo: ExpectedRefund, free: Sequence[PostedRefund]) -> Sequence[PostedRefund]:
    candidates = [row for row in free if _may_be(memo, row)][:_MAX_COMBINED]
    for count in range(2, len(candidates) + 1):
        for rows in combinations(candidates, count):
            if sum(row.amount for row in rows) == memo.amount:
                return rows
    return []


def _may_be(memo: ExpectedRefund, row: PostedRefund) -> bool:
    # A refund made in Seller Central is often recorded later.
    return not memo.submitted or row.posted_at >= memo.created_at - _TOLERANCE


def _confirm(matches: Matches, memo: ExpectedRefund, rows: Sequence[PostedRefund], free: list[PostedRefund]) -> None:
    if rows:
        matches.confirmed[memo.id] = list(rows)
        free[:] = [row for row in free if row not in rows]


def _unconfirmed(matches: Matches, memos: Sequence[ExpectedRefund]) -> list[ExpectedRefund]:
    return [memo for memo in memos if memo.id not in matches.confirmed]


def _find_problems(
    matches: Matches, unmatched: Sequence[ExpectedRefund], free: list[PostedRefund], confirmed_amounts: set[int]
) -> None:
    for memo in unmatched:
        if memo.overdue:
            row = next((row for row in free if _may_be(memo, row)), None)
            matches.findings.append(Finding(MISSING if row is None else DIFFERS, memo.id, row.id if row else None))
            if row is not None:
                free.remove(row)
    if all(memo.overdue for memo in unmatched):
        kinds = {row.id: DOUBLED if row.amount in confirmed_amounts else ELSEWHERE for row in free}
        matches.findings += [Finding(kind, transaction_id=id_) for id_, kind in kinds.items()]
