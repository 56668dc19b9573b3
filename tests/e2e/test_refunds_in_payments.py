"""Refunds as Amazon's payments show them: confirmed, doubled, different, made elsewhere, or missing."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from simulator.operations import control, finances
from simulator.state.marketplaces import minor_units
from tests.support.refunds import submission_of
from webapp.domain.amazon.errors import Unavailable
from webapp.domain.invoicing.drafts import CreditRequest
from webapp.models.audit_log import Event
from webapp.models.order_transactions import OrderTransaction
from webapp.models.refund_transactions import RefundFinding, RefundTransaction, UnreadableTransaction
from webapp.services.invoicing import credit_memos, refund_check
from webapp.services.submissions import refunds

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def account_age(harness):
    """An account that was connected ten days ago."""
    harness.world.finances_delay = 0
    harness.account.created_at = datetime.now(UTC) - timedelta(days=10)
    harness.session.commit()


@pytest.fixture
def number(harness):
    number = harness.world.place("DE", status="SHIPPED", lines=((0, 2), (1, 1)))
    harness.sync()
    return number


def refund(harness, number, *args, **options):
    """Refund at Amazon, until its report has confirmed it."""
    memo = harness.refund(number, *args, **options)
    harness.later(31)
    harness.advance_until_ended(submission_of(harness.session, memo))
    return memo


def check(harness, hours=0.1):
    """Let time pass on both clocks, then check."""
    seconds = hours * 3600
    control.run(harness.world, lambda world: control.set_clock(world, {"move": seconds}))
    harness.later(seconds)
    refund_check.check_account(harness.session, harness.amazon, harness.account.id, clock=harness.clock)
    harness.session.expire_all()


def kinds(harness, number, prefix="refund"):
    """Return the events of the refund check in the order's history."""
    statement = select(Event.kind).where(Event.order_id == harness.commerce_order(number).id).order_by(Event.id)
    others = {"refund_requested", "refund_accepted", "refund_verified", "refund_unproved"}
    return [kind for kind in harness.session.scalars(statement) if kind.startswith(prefix) and kind not in others]


def findings(harness):
    rows = harness.session.scalars(select(RefundFinding).order_by(RefundFinding.id))
    return [(row.kind, row.expected, row.amount) for row in rows if row.resolved_at is None]


def transactions(harness):
    return harness.session.scalars(select(RefundTransaction).order_by(RefundTransaction.id)).all()


def test_a_refund_is_confirmed_by_its_amount_and_its_day(harness, number):
    memo = refund(harness, number)
    check(harness)
    (row,) = transactions(harness)
    assert (row.credit_memo_id, row.amount, row.currency, row.number) == (memo.id, memo.total, "EUR", number)
    assert row.request_id
    assert memo.confirmed_at == row.posted_at
    assert kinds(harness, number) == ["refund_confirmed"]
    check(harness)
    assert (kinds(harness, number), findings(harness)) == (["refund_confirmed"], [])


def test_two_refunds_of_one_order_are_both_confirmed(harness, number):
    first, _ = (item.id for item in harness.commerce_order(number).items)
    memo, rest = refund(harness, number, {first: 1}, 0), refund(harness, number)
    check(harness)
    assert [row.credit_memo_id for row in transactions(harness)] == [memo.id, rest.id]
    assert findings(harness) == []


def test_a_transaction_that_amazon_shows_a_day_late_is_found(harness, number):
    harness.world.finances_delay = 47 * 3600
    memo = refund(harness, number)
    for _ in range(4):
        check(harness, hours=12)
        assert (memo.confirmed_at is None, findings(harness)) == (harness.ahead < timedelta(hours=47), [])
    assert memo.confirmed_at is not None


def test_a_refund_that_amazon_does_not_show_within_48_hours_is_missing_until_it_does(harness, number):
    harness.world.finances_delay = 60 * 3600
    memo = refund(harness, number)
    check(harness, hours=47)
    assert findings(harness) == []
    check(harness, hours=2)
    assert findings(harness) == [("missing", memo.total, None)]
    check(harness, hours=12)
    assert findings(harness) == []
    assert kinds(harness, number) == ["refund_missing", "refund_confirmed"]
    assert harness.session.scalars(select(RefundFinding.resolved_by)).all() == ["amazon"]


def test_a_refund_made_in_seller_central_is_found_and_explained_by_an_offline_credit_memo(harness, number):
    harness.at_amazon(number, "refund", amount="12.00")
    check(harness)
    assert findings(harness) == [("elsewhere", None, 1200)]
    assert kinds(harness, number) == ["refund_elsewhere"]
    order = harness.commerce_order(number)
    request = CreditRequest({}, 0, adjustment_refund=1200)
    memo = credit_memos.create(harness.session, order.id, request, now=harness.clock(), actor="test")
    check(harness)
    assert findings(harness) == []
    assert memo.confirmed_at is not None


def test_a_refund_that_was_made_twice_is_found(harness, number):
    memo = refund(harness, number, {}, 0, adjustment_refund=500)
    assert memo.total == 500
    harness.at_amazon(number, "refund", amount="5.00")
    check(harness)
    assert findings(harness) == [("doubled", None, 500)]
    assert kinds(harness, number) == ["refund_confirmed", "refund_doubled"]


def test_another_amount_than_was_requested_is_found(harness, number):
    memo = refund(harness, number, {}, 0, adjustment_refund=500)
    amount = max(
        (amount for entry in harness.world.effects("refund", number) for amount in entry["amounts"].values()),
        key=minor_units,
    )
    amount["amount"] = f"{(minor_units(amount) - 100) / 100:.2f}"
    check(harness)
    assert findings(harness) == []
    check(harness, hours=49)
    assert findings(harness) == [("differs", 500, 400)]
    assert memo.confirmed_at is None


def test_a_finding_that_was_checked_does_not_come_back(harness, number):
    harness.at_amazon(number, "refund", amount="12.00")
    check(harness)
    finding = harness.session.scalars(select(RefundFinding)).one()
    refund_check.resolve(harness.session, finding.id, now=harness.clock(), actor="user:1")
    check(harness)
    assert findings(harness) == []
    assert kinds(harness, number) == ["refund_elsewhere", "refund_finding_checked"]


def test_tax_that_amazon_did_not_refund_is_taken_from_the_credit_memo(harness, number):
    harness.world.switches["vat_exclusive_refunds"] = True
    memo = refund(harness, number)
    requested, tax = memo.total, memo.tax
    assert tax > 0
    assert harness.commerce_order(number).total_refunded == requested
    check(harness)

    (row,) = transactions(harness)
    order = harness.commerce_order(number)
    assert (row.amount, row.tax, memo.tax, memo.total) == (requested - tax, 0, 0, requested - tax)
    assert (order.total_refunded, sum(item.total for item in memo.items)) == (memo.total, memo.total)
    assert [item.tax for item in memo.items] == [0, 0]
    assert (memo.adjustment_refund, memo.adjustment_fee, findings(harness)) == (0, 0, [])
    assert kinds(harness, number) == ["refund_tax_corrected", "refund_confirmed"]
    check(harness)
    assert kinds(harness, number) == ["refund_tax_corrected", "refund_confirmed"]


def test_tax_that_amazon_did_not_refund_is_taken_from_an_unconfirmed_refund_too(harness, number):
    harness.world.switches["vat_exclusive_refunds"] = True
    harness.world.faults.arm("contradicting_report", "createFeed")
    memo = refund(harness, number, {}, 0, adjustment_refund=500)
    net = sum(amount for row in memo.amazon_lines for name, amount in row["parts"].items() if "tax" not in name)
    check(harness)
    order = harness.commerce_order(number)
    assert (memo.state, memo.total, order.total_refunded, order.total_refunding) == ("refunded", net, net, 0)


def test_the_sale_and_the_refund_of_an_order_are_stored_with_amazons_fees(harness, number):
    memo = refund(harness, number)
    check(harness)
    rows = harness.session.scalars(select(OrderTransaction).order_by(OrderTransaction.id)).all()
    assert [(row.kind, row.number) for row in rows] == [("Shipment", number), ("Refund", number)]
    sale, refunded = rows
    order = harness.commerce_order(number)
    assert (sale.charges + sale.tax, refunded.charges + refunded.tax) == (order.total, -memo.total)
    assert (sale.fees < 0, refunded.fees > 0, len(sale.shipment_id)) == (True, True, 15)
    assert all(row.charges + row.tax + row.fees + row.other == row.total for row in rows)
    check(harness)
    assert len(harness.session.scalars(select(OrderTransaction)).all()) == 2


def test_the_transactions_of_one_order_are_read_at_once_of_any_age(harness, number):
    memo = refund(harness, number)
    other = harness.world.place("DE", status="SHIPPED")
    harness.sync()
    control.run(harness.world, lambda world: control.set_clock(world, {"move": 200}))
    harness.account.created_at = datetime.now(UTC) + timedelta(days=1)
    harness.session.commit()

    refund_check.read_order(harness.session, harness.amazon, harness.commerce_order(number).id, now=harness.clock())

    harness.session.expire_all()
    numbers = set(harness.session.scalars(select(OrderTransaction.number)))
    assert (numbers, other in numbers) == ({number}, False)
    assert memo.confirmed_at is not None


def test_an_unconfirmed_refund_is_settled_by_amazons_payments(harness, number):
    harness.world.faults.arm("contradicting_report", "createFeed")
    memo = refund(harness, number)
    submission = submission_of(harness.session, memo)
    assert (submission.state, memo.state) == ("unproved", "asked")
    check(harness)
    assert (submission.state, memo.state) == ("verified", "refunded")
    assert harness.commerce_order(number).total_refunded == memo.total
    assert len(harness.world.effects("refund", number)) == 2


def test_an_unconfirmed_refund_that_amazon_does_not_show_stays_with_a_person(harness, number):
    harness.world.faults.arm("feed_fatal", "createFeed")
    memo = harness.refund(number)
    harness.later(31)
    submission = submission_of(harness.session, memo)
    harness.advance_until_ended(submission)
    if submission.state != "unproved":
        pytest.skip("a failed feed is a rejection")
    check(harness, hours=49)
    assert (submission.state, findings(harness)) == ("unproved", [("missing", memo.total, None)])
    refunds.mark_not_refunded(harness.session, submission.id, now=harness.clock(), actor="test")
    check(harness)
    assert findings(harness) == []


def test_a_refund_by_amazon_of_an_order_it_ships_is_only_noted(harness):
    number = harness.world.place("DE", status="SHIPPED", fulfilled_by="AMAZON")
    harness.sync()
    harness.at_amazon(number, "refund")
    check(harness)
    assert (len(transactions(harness)), findings(harness)) == (1, [])
    events = select(Event.kind).where(Event.amazon_order_id == harness.order(number).id)
    assert "refund_posted" in harness.session.scalars(events).all()
    check(harness)
    assert list(harness.session.scalars(events)).count("refund_posted") == 1


def test_a_transaction_of_an_order_that_comes_later_is_linked_then(harness):
    number = harness.world.place("DE", status="SHIPPED")
    harness.at_amazon(number, "refund", amount="3.00")
    check(harness)
    (row,) = transactions(harness)
    assert (row.amazon_order_id, findings(harness)) == (None, [])
    harness.sync()
    check(harness)
    assert row.amazon_order_id == harness.order(number).id
    assert findings(harness) == [("elsewhere", None, 300)]


def test_without_the_role_it_is_said_once_and_nothing_is_missing(harness, number):
    harness.world.switches["finances"] = False
    memo = refund(harness, number)
    tried_at = set()
    for _ in range(6):
        check(harness, hours=12)
        tried_at.add(harness.account.finances_refused_at)
    assert len(tried_at) == 3, "once a day"
    refused = select(Event.args).where(Event.kind == "finances_refused")
    assert len(harness.session.scalars(refused).all()) == 1
    assert (harness.account.finances_refused_at is not None, findings(harness)) == (True, [])
    harness.world.switches["finances"] = True
    check(harness, hours=25)
    assert harness.account.finances_refused_at is None
    assert memo.confirmed_at is not None


def test_a_run_that_was_interrupted_continues_with_the_week_it_did_not_read(harness, number):
    refund(harness, number)
    harness.world.faults.arm("error_500", "listTransactions", times=None)
    with pytest.raises(Unavailable):
        check(harness)
    assert harness.account.finances_until is None
    harness.world.faults.disarm()
    check(harness)
    read = harness.account.finances_until
    assert len(transactions(harness)) == 1
    check(harness, hours=1)
    assert harness.account.finances_until - read > timedelta(minutes=50)
    assert len(transactions(harness)) == 1


def test_all_pages_are_read(harness):
    numbers = [harness.world.place("DE", status="SHIPPED") for _ in range(120)]
    for number in numbers:
        harness.at_amazon(number, "refund", amount="1.00")
    check(harness)
    assert sorted(row.number for row in transactions(harness)) == sorted(numbers)


def test_a_transaction_that_cannot_be_read_does_not_stop_the_others(harness, number, monkeypatch):
    other = harness.world.place("DE", status="SHIPPED", lines=((0, 1),))
    harness.sync()
    refund(harness, number)
    refund(harness, other)
    list_transactions = finances.list_transactions

    def return_one_unreadable(world, seller_id):
        rows = list_transactions(world, seller_id)
        first = next(row for row in rows if row["transactionType"] == "Refund")
        first["totalAmount"] = {"currencyCode": "EUR", "currencyAmount": 0.001}
        return rows

    with monkeypatch.context() as patch:
        patch.setattr(finances, "list_transactions", return_one_unreadable)
        check(harness)
        check(harness, hours=1)
    assert [row.number for row in transactions(harness)] == [other]
    (unreadable,) = harness.session.scalars(select(UnreadableTransaction))
    assert unreadable.transaction_id
    assert (unreadable.number, unreadable.cause) == (number, "totalAmount.currencyAmount is not an amount of EUR")
    check(harness, hours=1)
    assert harness.session.scalars(select(UnreadableTransaction)).all() == []
    assert {row.number for row in transactions(harness)} == {number, other}
