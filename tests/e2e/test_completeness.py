"""Orders that Amazon shows late or leaves out of a page are named and repaired the next night."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from webapp.domain.amazon.errors import InvalidResponse
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.completeness import CompletenessCheck, CompletenessDay
from webapp.models.reported_orders import OrderRead, ReportedOrder
from webapp.queries.sync import completeness as queries
from webapp.services.sync import backfill, completeness, order_reads

pytestmark = pytest.mark.both_databases


def check(harness, passes=10):
    """Carry out the check and the repairs, as the scheduler does."""
    completeness.request(harness.session, harness.account.id, now=harness.clock())
    row = harness.session.get_one(CompletenessCheck, harness.account.id)
    before = row.checked_at
    for _ in range(passes):
        completeness.run(harness.session, harness.amazon, harness.account.id, clock=harness.clock)
        harness.session.refresh(row)
        if row.checked_at != before:
            break
        harness.ahead += timedelta(seconds=31)
    order_reads.run(harness.session, harness.amazon, harness.account.id, clock=harness.clock, limit=500)
    harness.ahead = timedelta()


def gaps(harness):
    """Return the numbers of the orders found so far, by reason."""
    found = {"missing": set(), "differing": set()}
    for read in harness.session.scalars(select(OrderRead).where(OrderRead.reason.in_(order_reads.GAPS))):
        found[read.reason].add(read.number)
    return found


def here(harness):
    return set(harness.session.scalars(select(AmazonOrder.number)))


@pytest.fixture
def synced(harness):
    """An account that is up to date, and a cursor that has passed all orders."""
    harness.world.reset("many:60")
    harness.sync()
    harness.account.cursor = harness.clock()
    harness.session.commit()
    return harness


def test_a_complete_account_raises_no_alarm(synced):
    check(synced)

    assert gaps(synced) == {"missing": set(), "differing": set()}
    days = synced.session.scalars(select(CompletenessDay)).all()
    assert len(days) > 20
    assert all((day.at_amazon, day.missing, day.differing) == (day.here, 0, 0) for day in days)


@pytest.mark.parametrize(
    ("fault", "options"), [("omitted_order", {"share": 0.2}), ("late_order", {"share": 0.2, "seconds": 10**8})]
)
def test_all_orders_that_were_hidden_are_named_and_repaired_and_no_others(harness, fault, options):
    harness.world.reset("many:100")
    harness.world.faults.arm(fault, times=None, **options)
    harness.sync()
    harness.account.cursor = harness.clock()
    harness.session.commit()
    hidden = set(harness.world.orders) - here(harness)
    assert 5 < len(hidden) < 50

    check(harness)

    assert gaps(harness) == {"missing": hidden, "differing": set()}
    assert here(harness) == set(harness.world.orders)
    assert harness.session.scalar(select(func.count()).select_from(ReportedOrder)) == 0
    assert queries.count_unrepaired(harness.session) == 0
    found = {day.missing for day in harness.session.scalars(select(CompletenessDay))}
    assert found != {0}

    check(harness)
    assert len(gaps(harness)["missing"]) == len(hidden)
    assert {day.missing for day in harness.session.scalars(select(CompletenessDay))} == {0}


def test_an_order_that_changed_unseen_is_named_and_repaired(synced):
    number = next(number for number in synced.world.orders if synced.order(number).status == "UNSHIPPED")
    synced.world.faults.arm("omitted_order", times=None, order_id=number)
    synced.at_amazon(number, "cancel")
    body = synced.world.orders[number].body
    body["lastUpdatedTime"] = (synced.clock() - timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M:%S.000Z")

    check(synced)

    assert gaps(synced) == {"missing": set(), "differing": {number}}
    assert synced.order(number).status == "CANCELLED"


def test_orders_that_the_live_sync_has_not_reached_are_no_gaps(synced):
    synced.account.cursor = synced.clock() - timedelta(hours=1)
    synced.session.commit()
    synced.world.place("DE")

    check(synced)

    assert gaps(synced) == {"missing": set(), "differing": set()}


def test_orders_that_a_backfill_has_not_reached_are_no_gaps(harness):
    harness.world.reset("many:60")
    harness.account.cursor = harness.clock()
    harness.session.commit()
    options = {"method": backfill.SEARCH, "now": harness.clock(), "actor": "test"}
    backfill.start(harness.session, harness.account.id, 40, **options)

    check(harness)

    assert gaps(harness) == {"missing": set(), "differing": set()}


def test_a_failed_report_is_shown_and_requested_again(synced):
    synced.world.faults.arm("report_fatal")
    with pytest.raises(InvalidResponse):
        check(synced)
    synced.session.rollback()
    row = synced.session.get_one(CompletenessCheck, synced.account.id, populate_existing=True)
    assert (row.cause, row.report_id) == ("invalid_response", None)
    assert row.next_try_at > synced.clock()

    synced.ahead = timedelta()
    check(synced)

    synced.session.refresh(row)
    assert row.cause is None


def test_a_check_is_due_each_night_and_long_from_sunday_to_monday(synced):
    account_id = synced.account.id
    row = synced.session.get_one(CompletenessCheck, account_id)
    assert timedelta() < row.next_try_at - synced.clock() <= timedelta(days=1)
    assert queries.list_due_accounts(synced.session, synced.clock()) == []
    assert queries.list_due_accounts(synced.session, row.next_try_at) == [account_id]

    check(synced)

    synced.session.refresh(row)
    assert (row.next_try_at.hour, row.next_try_at.minute) == (2, 30)
    assert row.is_long is (row.next_try_at.weekday() == 0)


def test_lines_that_cannot_be_read_are_no_silent_gap(synced, monkeypatch):
    # The simulator writes no bad lines, so the document is changed on its way.
    document = synced.amazon.report_document
    monkeypatch.setattr(
        type(synced.amazon), "report_document", lambda _gateway, report: document(report).replace("+00:00", "+0x:00")
    )
    check(synced)

    row = synced.session.get_one(CompletenessCheck, synced.account.id, populate_existing=True)
    assert row.cause == "report_lines_unreadable"
    assert gaps(synced) == {"missing": set(), "differing": set()}
