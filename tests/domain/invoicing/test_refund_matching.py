"""Which transaction is which credit memo, and what is left over."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from webapp.domain.invoicing.refund_matching import (
    DIFFERS,
    DOUBLED,
    ELSEWHERE,
    MISSING,
    ExpectedRefund,
    Finding,
    PostedRefund,
    match_refunds,
)

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def memo(id_, amount, *, hours=0, submitted=True, overdue=False):
    return ExpectedRefund(id_, amount, START + timedelta(hours=hours), submitted, overdue)


def posted(id_, amount, *, hours=1.0):
    return PostedRefund(id_, amount, START + timedelta(hours=hours))


def matched(memos, transactions):
    """Return the ids of the transactions by credit memo, and the findings."""
    matches = match_refunds(memos, transactions)
    return {id_: [row.id for row in rows] for id_, rows in matches.confirmed.items()}, matches.findings


def test_same_amounts_are_matched_in_the_order_of_time():
    memos = [memo(2, 500, hours=2), memo(1, 500), memo(3, 700)]
    transactions = [posted(12, 500, hours=3), posted(11, 500), posted(13, 700)]
    assert matched(memos, transactions) == ({1: [11], 2: [12], 3: [13]}, [])


def test_a_refund_that_amazon_may_still_show_is_waited_for():
    assert matched([memo(1, 500)], []) == ({}, [])
    # Whether this one was made elsewhere is not known before.
    assert matched([memo(1, 500)], [posted(11, 300)]) == ({}, [])


def test_a_refund_that_amazon_does_not_show_in_time_is_missing():
    assert matched([memo(1, 500, overdue=True)], []) == ({}, [Finding(MISSING, 1)])


def test_another_amount_is_a_difference():
    assert matched([memo(1, 500, overdue=True)], [posted(11, 450)]) == ({}, [Finding(DIFFERS, 1, 11)])


def test_the_same_amount_once_more_is_doubled_and_another_was_made_elsewhere():
    transactions = [posted(11, 500), posted(12, 500), posted(13, 300)]
    assert matched([memo(1, 500)], transactions) == (
        {1: [11]},
        [Finding(DOUBLED, transaction_id=12), Finding(ELSEWHERE, transaction_id=13)],
    )


def test_a_transaction_from_before_the_credit_memo_is_not_its_refund():
    early = posted(11, 500, hours=-1)
    assert matched([memo(1, 500, overdue=True)], [early]) == (
        {},
        [Finding(MISSING, 1), Finding(ELSEWHERE, transaction_id=11)],
    )
    # Clocks differ by minutes.
    assert matched([memo(1, 500)], [posted(11, 500, hours=-0.2)]) == ({1: [11]}, [])


def test_a_credit_memo_that_records_a_refund_explains_it_and_needs_none():
    assert matched([memo(1, 500, hours=9, submitted=False)], [posted(11, 500)]) == ({1: [11]}, [])
    assert matched([memo(1, 500, submitted=False)], []) == ({}, [])


def test_a_submitted_refund_is_matched_before_a_recorded_one():
    memos = [memo(1, 500, submitted=False), memo(2, 500, hours=1)]
    assert matched(memos, [posted(11, 500, hours=2)]) == ({2: [11]}, [])


def test_several_transactions_can_make_up_one_credit_memo():
    assert matched([memo(1, 500)], [posted(11, 300), posted(12, 200), posted(13, 77)]) == (
        {1: [11, 12]},
        [Finding(ELSEWHERE, transaction_id=13)],
    )


def test_one_transaction_can_stand_for_several_credit_memos():
    assert matched([memo(1, 500), memo(2, 200)], [posted(11, 700)]) == ({1: [11], 2: [11]}, [])


def with_tax(expected, tax):
    return replace(expected, tax=tax)


def test_the_same_amount_with_another_tax_is_the_refund_and_its_tax_is_kept():
    memos = [with_tax(memo(1, 1190), 190), with_tax(memo(2, 500), 80)]
    transactions = [with_tax(posted(11, 1000), 0), with_tax(posted(12, 500), 80)]
    matches = match_refunds(memos, transactions)
    assert {id_: [row.id for row in rows] for id_, rows in matches.confirmed.items()} == {1: [11], 2: [12]}
    assert (matches.taxes, matches.findings) == ({1: 0}, [])


def test_a_transaction_whose_tax_is_unknown_is_no_refund_with_another_tax():
    assert match_refunds([with_tax(memo(1, 1190), 190)], [posted(11, 1000)]).confirmed == {}


def test_a_refund_of_tax_alone_is_not_matched_with_nothing():
    matches = match_refunds([with_tax(memo(1, 190), 190)], [with_tax(posted(11, 80), 80)])
    assert (matches.confirmed, matches.taxes) == ({}, {})
    matches = match_refunds([with_tax(memo(1, 191), 190)], [with_tax(posted(11, 81), 80)])
    assert matches.taxes == {1: 80}
