"""A backlog is read apart from the live sync, and new orders arrive meanwhile."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from simulator.state.limits import Limits
from webapp.domain.amazon.errors import AmazonError, InvalidResponse
from webapp.domain.errors import BusyError, InvalidError, RefusedError
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.backfills import Backfill
from webapp.queries.sync import backfills
from webapp.services.sync import backfill
from webapp.services.sync import run as sync_run

pytestmark = pytest.mark.both_databases


def run(harness, **options):
    return backfill.run(harness.session, harness.amazon, harness.account.id, clock=harness.clock, **options)


def run_until_done(harness, passes=200):
    for _ in range(passes):
        run(harness)
        if not backfill.list_unfinished(harness.session, harness.account.id):
            return
        harness.later(60)
    raise AssertionError("the backfill does not end")


def start(harness, days=40):
    options = {"method": backfill.SEARCH, "now": harness.clock(), "actor": "test"}
    return backfill.start(harness.session, harness.account.id, days, **options)


def count_orders(harness):
    return harness.session.scalar(select(func.count(AmazonOrder.id)))


def status(harness):
    return backfills.find_status(harness.session, harness.account.id, harness.clock())


@pytest.fixture
def small_windows(monkeypatch):
    """A backlog is anything above 200 orders."""
    monkeypatch.setattr(sync_run, "LIVE_PAGES", 2)


def test_a_backlog_is_left_to_the_backfill_and_new_orders_arrive_at_once(harness, small_windows):
    harness.world.reset("many:500")

    first = harness.sync()
    new = harness.world.place("DE")
    second = harness.sync()

    assert (first.state, first.pages) == ("done", 2)
    assert second.new >= 1
    assert harness.order(new).status == "UNSHIPPED"
    assert status(harness).state == "running"
    run_until_done(harness)
    assert count_orders(harness) == 501
    assert status(harness).state == "done"


def test_a_window_that_is_no_backlog_needs_no_backfill(harness, small_windows):
    harness.world.reset("many:200")

    harness.sync()

    assert count_orders(harness) == 200
    assert status(harness) is None


def test_the_backfill_reads_what_changed_within_its_days_the_newest_first(harness):
    harness.account.cursor = harness.clock()
    harness.session.commit()
    harness.world.reset("many:300")
    start(harness, days=15)

    run(harness, max_pages=1)
    newest = harness.session.scalar(select(func.min(AmazonOrder.last_updated_at)))
    run_until_done(harness)

    first_read = harness.clock() - newest if newest else timedelta()
    assert first_read < timedelta(days=2)
    expected = sum(
        order.body["lastUpdatedTime"] >= (harness.clock() - timedelta(days=15)).isoformat()
        for order in harness.world.orders.values()
    )
    assert count_orders(harness) == expected > 100


def test_a_second_backfill_changes_nothing(harness):
    harness.world.reset("many:150")
    start(harness)
    run_until_done(harness)
    start(harness)
    run_until_done(harness)

    rows = harness.session.scalars(select(Backfill).order_by(Backfill.id)).all()
    assert [(row.new, row.changed) for row in rows] == [(150, 0), (0, 0)]


def test_a_slice_with_too_many_pages_is_cut_in_half(harness, monkeypatch):
    monkeypatch.setattr(backfill, "MAX_SLICE_PAGES", 2)
    monkeypatch.setattr(backfill, "FEW_PAGES", 2)
    monkeypatch.setattr(backfill, "FIRST_SLICE", timedelta(days=40))
    harness.world.reset("many:500")
    start(harness)

    run_until_done(harness)

    row = harness.session.scalars(select(Backfill)).one()
    assert row.new == 500
    assert row.slice_seconds < timedelta(days=40).total_seconds()


def test_an_expired_page_token_restarts_the_slice(harness, monkeypatch):
    monkeypatch.setattr(backfill, "FIRST_SLICE", timedelta(days=40))
    harness.world.reset("many:300")
    row = start(harness)
    run(harness, max_pages=2)
    row.slice = row.slice | {"token": "gone"}
    harness.session.commit()

    run_until_done(harness)

    assert count_orders(harness) == 300


@pytest.mark.parametrize(("hours", "is_restarted"), [(19, False), (21, True)])
def test_a_slice_is_read_with_its_token_for_twenty_hours(harness, monkeypatch, hours, is_restarted):
    monkeypatch.setattr(backfill, "FIRST_SLICE", timedelta(days=40))
    harness.world.reset("many:300")
    row = start(harness)
    run(harness, max_pages=1)
    harness.later(hours * 3600)

    run(harness, max_pages=1)

    assert (row.slice_seconds < timedelta(days=40).total_seconds()) is is_restarted
    run_until_done(harness)
    assert count_orders(harness) == 300


def test_the_rate_limit_is_waited_for(harness):
    harness.world.limits = Limits("amazon")
    harness.world.reset("many:5")
    harness.world.limits = Limits("amazon")
    harness.world.faults.arm("throttled", "searchOrders", times=None)
    row = start(harness)

    assert run(harness) == 0

    assert row.cause is None
    assert timedelta() < row.next_try_at - harness.clock() <= backfills.MAX_WAIT
    assert backfills.list_due_accounts(harness.session, harness.clock()) == []
    harness.world.faults.disarm()
    harness.later(1000)
    assert backfills.list_due_accounts(harness.session, harness.clock()) == [harness.account.id]
    run_until_done(harness)
    assert count_orders(harness) == 5


def test_an_error_is_shown_until_a_page_is_read(harness):
    harness.world.reset("many:5")
    row = start(harness)
    harness.world.faults.arm("error_500", "searchOrders", times=10)

    with pytest.raises(AmazonError):
        run(harness)

    assert row.cause == "unavailable"
    assert status(harness).cause == "unavailable"
    harness.world.faults.disarm()
    harness.later(400)
    run(harness, max_pages=1)
    assert row.cause is None


def test_a_page_that_repeats_is_an_error(harness):
    harness.world.reset("many:150")
    start(harness)
    harness.world.faults.arm("repeated_page", "searchOrders", times=None)

    with pytest.raises(InvalidResponse, match="again and again"):
        run_until_done(harness)

    harness.world.faults.disarm()
    harness.later(400)
    run_until_done(harness)
    assert count_orders(harness) == 150


def test_a_paused_backfill_reads_nothing_until_it_is_resumed(harness):
    harness.world.reset("many:50")
    start(harness)
    backfill.pause(harness.session, harness.account.id, now=harness.clock(), actor="test")

    assert run(harness) == 0
    assert (status(harness).state, status(harness).ready_at) == ("paused", None)
    with pytest.raises(RefusedError, match="backfill_not_running"):
        backfill.pause(harness.session, harness.account.id, now=harness.clock(), actor="test")

    backfill.resume(harness.session, harness.account.id, now=harness.clock(), actor="test")
    run_until_done(harness)
    assert count_orders(harness) == 50
    with pytest.raises(RefusedError, match="backfill_not_paused"):
        backfill.resume(harness.session, harness.account.id, now=harness.clock(), actor="test")


def test_an_account_has_one_backfill_at_a_time(harness):
    from webapp.db import leases

    start(harness)
    with pytest.raises(RefusedError, match="backfill_unfinished"):
        start(harness)
    with pytest.raises(InvalidError, match="backfill_days_out_of_range"):
        start(harness, days=731)
    leases.acquire(harness.session, leases.build_lease_name("backfill", harness.account.id), harness.clock())
    with pytest.raises(BusyError):
        run(harness)


def test_progress_and_the_expected_end_follow_the_time_that_was_read(harness):
    harness.world.reset("many:50")
    row = start(harness, days=40)
    row.reached_at = row.ends_at - (row.ends_at - row.starts_at) / 4
    harness.session.commit()
    harness.later(3600)

    found = status(harness)

    assert found.percent == 25
    assert abs(found.ready_at - harness.clock() - timedelta(hours=3)) < timedelta(minutes=1)
