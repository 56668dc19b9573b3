from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from simulator.state.limits import Limits
from simulator.state.marketplaces import minor_units
from webapp.domain.amazon.errors import AmazonError, BadCredentials, InvalidResponse
from webapp.domain.errors import BusyError
from webapp.models.amazon_orders import AmazonOrder, QuarantinedOrder
from webapp.models.orders import Order
from webapp.models.sync_runs import SyncRun
from webapp.services.sync import run as sync_run

pytestmark = pytest.mark.both_databases


def statuses_at_amazon(harness):
    orders = [order for order in harness.world.orders.values() if order.seller_id == harness.account.seller_id]
    return Counter(order.status for order in orders)


def amounts_by_type(body, *types):
    """The amounts of an order's lines as Amazon sends them, without those that only detail them."""
    parts = [part for item in body["orderItems"] for part in item["proceeds"]["breakdowns"]]
    return {type_: sum(minor_units(part["subtotal"]) for part in parts if part["type"] == type_) for type_ in types}


def statuses_here(harness):
    grouped = select(AmazonOrder.status, func.count()).group_by(AmazonOrder.status)
    return Counter(dict(harness.session.execute(grouped).all()))


def test_all_orders_of_a_busy_day_are_imported(harness):
    harness.world.reset("busy_monday")

    run = harness.sync()

    assert (run.state, run.quarantined) == ("done", 0)
    assert statuses_here(harness) == statuses_at_amazon(harness)
    assert run.new == sum(statuses_here(harness).values()) == run.received
    assert len(statuses_here(harness)) == 7
    fbm = {"UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED"}
    expected = select(func.count()).where(
        ((AmazonOrder.fulfilled_by == "MERCHANT") & AmazonOrder.status.in_(fbm))
        | ((AmazonOrder.fulfilled_by == "AMAZON") & (AmazonOrder.status == "SHIPPED"))
    )
    made = harness.session.scalar(select(func.count()).select_from(Order))
    assert made == run.orders_created == harness.session.scalar(expected)
    for order in harness.session.scalars(select(Order)):
        assert order.subtotal + order.shipping + order.tax + order.discount + order.other == order.total
        assert order.total == order.amazon_order.total
        body = harness.world.orders[order.amazon_order.number].body
        assert {
            "ITEM": order.subtotal,
            "SHIPPING": order.shipping,
            "TAX": order.tax,
            "DISCOUNT": order.discount,
        } == amounts_by_type(body, "ITEM", "SHIPPING", "TAX", "DISCOUNT")


def test_the_next_sync_brings_only_what_changed(harness):
    harness.world.reset("busy_monday")
    harness.sync()
    new = harness.world.place("DE")

    run = harness.sync()

    assert (run.new, run.changed) == (1, 0)
    assert run.same < 20
    assert harness.order(new).status == "UNSHIPPED"
    assert harness.commerce_order(new).state == "processing"


def test_the_cursor_stays_where_it_was_when_a_page_fails(harness):
    harness.world.reset("many:250")
    before = harness.account.cursor
    # The third page of three, each time the client requests it.
    harness.world.faults.arm("malformed_json", "searchOrders", times=None)

    with pytest.raises(AmazonError):
        harness.sync()

    harness.session.refresh(harness.account)
    assert harness.account.cursor == before
    assert harness.account.error_code == "invalid_response"
    failed = harness.session.scalars(select(SyncRun)).one()
    assert (failed.state, failed.cause) == ("failed", "invalid_response")
    harness.world.faults.disarm()
    run = harness.sync()
    assert (run.state, run.new) == ("done", 250)
    harness.session.refresh(harness.account)
    assert (harness.account.error_code, harness.account.cursor > before) == (None, True)


def test_a_page_token_that_repeats_is_detected(harness):
    harness.world.reset("many:250")
    harness.world.faults.arm("repeated_page", "searchOrders", times=None)

    with pytest.raises(InvalidResponse):
        harness.sync()

    harness.world.faults.disarm()
    harness.sync()
    assert sum(statuses_here(harness).values()) == 250


def test_an_account_has_one_sync_at_a_time(harness):
    from webapp.db import leases

    leases.acquire(harness.session, leases.build_lease_name("sync", harness.account.id), harness.clock())

    with pytest.raises(BusyError) as refused:
        harness.sync()

    assert refused.value.code == "sync_running"
    harness.later(leases.LEASE.total_seconds() + 1)
    assert harness.sync().state == "done"


def test_a_wrong_refresh_token_is_reported_and_sync_stays_enabled(harness):
    harness.world.faults.arm("invalid_grant", "token", times=1)
    with pytest.raises(BadCredentials):
        harness.sync()
    harness.session.refresh(harness.account)
    assert harness.account.error_code == "bad_credentials"

    assert harness.sync().state == "done"


def test_a_forbidden_dataset_is_left_out_and_asked_for_again_after_a_day(harness):
    number = harness.world.place("DE")
    harness.world.faults.arm("forbidden_dataset", dataset="RECIPIENT", times=None)

    harness.sync()

    harness.session.refresh(harness.account)
    assert harness.account.missing_datasets == ["RECIPIENT"]
    assert (harness.order(number).recipient, harness.order(number).buyer_name is None) == (None, False)
    harness.world.faults.disarm()
    harness.later(timedelta(days=1, minutes=1).total_seconds())
    harness.sync(since=harness.clock() - timedelta(days=3))
    harness.session.refresh(harness.account)
    assert harness.account.missing_datasets == []
    assert harness.order(number).recipient is not None


def test_an_order_unreadable_once_is_read_at_once_by_itself(harness):
    numbers = [harness.world.place("DE") for _ in range(3)]
    harness.world.faults.arm("unreadable_order", "searchOrders", order_id=numbers[1])

    run = harness.sync()

    assert (run.new, run.quarantined, run.state) == (3, 1, "done")
    assert harness.session.scalars(select(QuarantinedOrder)).one().resolved_at is not None
    assert harness.order(numbers[1]).status == "UNSHIPPED"


def test_an_order_that_stays_unreadable_waits_in_quarantine_until_it_can_be_read(harness):
    numbers = [harness.world.place("DE") for _ in range(3)]
    harness.world.faults.arm("unreadable_order", order_id=numbers[1], times=None)

    run = harness.sync()

    assert (run.new, run.quarantined) == (2, 1)
    quarantined = harness.session.scalars(select(QuarantinedOrder)).one()
    assert (quarantined.number, quarantined.times_seen, quarantined.resolved_at) == (numbers[1], 2, None)
    calls = harness.world.call_counts["getOrder"]
    harness.world.faults.disarm()
    harness.later(60)
    harness.sync()
    assert harness.session.scalars(select(QuarantinedOrder.resolved_at)).one() is not None
    assert harness.world.call_counts["getOrder"] == calls
    assert harness.order(numbers[1]).status == "UNSHIPPED"


def test_a_body_without_a_number_has_its_window_read_again(harness):
    numbers = [harness.world.place("DE") for _ in range(3)]
    harness.world.faults.arm("unreadable_order", "searchOrders", order_id=numbers[1], how="text")
    before = harness.account.cursor

    harness.sync()

    harness.session.refresh(harness.account)
    assert harness.account.cursor == before
    assert harness.sync().new == 1
    harness.session.refresh(harness.account)
    assert harness.account.cursor > before
    assert harness.session.scalars(select(QuarantinedOrder.resolved_at)).one() is not None


@pytest.fixture
def no_backfill(monkeypatch):
    """A window of any length is read by the live sync."""
    monkeypatch.setattr(sync_run, "LIVE_PAGES", 100)


def at_amazons_pace(harness):
    """Amazon's own limits from here on."""
    harness.world.limits = Limits("amazon")
    harness.world.reset("many:2500")
    harness.world.limits = Limits("amazon")


def test_a_backlog_longer_than_the_calls_saved_up_is_read_over_several_runs(harness, no_backfill):
    at_amazons_pace(harness)
    before = harness.account.cursor

    first = harness.sync()

    assert (first.state, first.cause) == ("waiting", "throttled")
    harness.session.refresh(harness.account)
    assert (harness.account.cursor, harness.account.error_code) == (before, None)
    runs = [first]
    while runs[-1].state == "waiting":
        harness.world.limits = Limits("amazon")
        harness.later(600)
        runs.append(harness.sync())
    assert sum(run.new for run in runs) == sum(run.received for run in runs) == 2500
    harness.session.refresh(harness.account)
    assert harness.account.sync_window is None
    assert harness.account.cursor > before


def test_an_expired_page_token_restarts_the_window(harness, no_backfill):
    at_amazons_pace(harness)
    harness.sync()
    harness.account.sync_window = harness.account.sync_window | {"token": "gone"}
    harness.session.commit()
    harness.world.limits = Limits("relaxed")
    harness.later(600)

    run = harness.sync()

    assert (run.state, run.received) == ("done", 2500)
    assert sum(statuses_here(harness).values()) == 2500
