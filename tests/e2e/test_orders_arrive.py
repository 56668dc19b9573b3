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

pytestmark = pytest.mark.both_databases


def statuses_at_amazon(desk):
    mine = [order for order in desk.world.orders.values() if order.seller_id == desk.account.seller_id]
    return Counter(order.status for order in mine)


def amounts_by_type(body, *types):
    """The amounts of an order's lines as Amazon sends them, without those that only detail them."""
    parts = [part for item in body["orderItems"] for part in item["proceeds"]["breakdowns"]]
    return {type_: sum(minor_units(part["subtotal"]) for part in parts if part["type"] == type_) for type_ in types}


def statuses_here(desk):
    grouped = select(AmazonOrder.status, func.count()).group_by(AmazonOrder.status)
    return Counter(dict(desk.session.execute(grouped).all()))


def test_a_busy_monday_arrives_whole(desk):
    desk.world.reset("busy_monday")

    run = desk.sync()

    assert (run.state, run.quarantined) == ("done", 0)
    assert statuses_here(desk) == statuses_at_amazon(desk)
    assert run.new == sum(statuses_here(desk).values()) == run.received
    assert len(statuses_here(desk)) == 7
    fbm = {"UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED"}
    expected = select(func.count()).where(
        ((AmazonOrder.fulfilled_by == "MERCHANT") & AmazonOrder.status.in_(fbm))
        | ((AmazonOrder.fulfilled_by == "AMAZON") & (AmazonOrder.status == "SHIPPED"))
    )
    made = desk.session.scalar(select(func.count()).select_from(Order))
    assert made == run.orders_created == desk.session.scalar(expected)
    for order in desk.session.scalars(select(Order)):
        assert order.subtotal + order.shipping + order.tax + order.discount + order.other == order.total
        assert order.total == order.amazon_order.total
        body = desk.world.orders[order.amazon_order.number].body
        assert {
            "ITEM": order.subtotal,
            "SHIPPING": order.shipping,
            "TAX": order.tax,
            "DISCOUNT": order.discount,
        } == amounts_by_type(body, "ITEM", "SHIPPING", "TAX", "DISCOUNT")


def test_the_next_sync_brings_only_what_changed(desk):
    desk.world.reset("busy_monday")
    desk.sync()
    new = desk.world.place("DE")

    run = desk.sync()

    assert (run.new, run.changed) == (1, 0)
    assert run.same < 20
    assert desk.order(new).status == "UNSHIPPED"
    assert desk.commerce_order(new).state == "processing"


def test_the_cursor_stays_where_it_was_when_a_page_fails(desk):
    desk.world.reset("many:250")
    before = desk.account.cursor
    # The third page of three, each time the port tries it.
    desk.world.faults.arm("malformed_json", "searchOrders", times=None)

    with pytest.raises(AmazonError):
        desk.sync()

    desk.session.refresh(desk.account)
    assert desk.account.cursor == before
    assert desk.account.trouble == "unintelligible"
    failed = desk.session.scalars(select(SyncRun)).one()
    assert (failed.state, failed.cause) == ("failed", "unintelligible")
    desk.world.faults.disarm()
    run = desk.sync()
    assert (run.state, run.new) == ("done", 250)
    desk.session.refresh(desk.account)
    assert (desk.account.trouble, desk.account.cursor > before) == (None, True)


def test_a_page_that_repeats_for_ever_is_noticed(desk):
    desk.world.reset("many:250")
    desk.world.faults.arm("repeated_page", "searchOrders", times=None)

    with pytest.raises(InvalidResponse):
        desk.sync()

    desk.world.faults.disarm()
    desk.sync()
    assert sum(statuses_here(desk).values()) == 250


def test_two_syncs_of_an_account_do_not_meet(desk):
    from webapp.db import leases
    from webapp.services.sync import run as sync_run

    leases.acquire(desk.session, sync_run.lease_name(desk.account.id), desk.clock())

    with pytest.raises(BusyError) as refused:
        desk.sync()

    assert refused.value.code == "sync_running"
    desk.later(leases.LEASE.total_seconds() + 1)
    assert desk.sync().state == "done"


def test_a_wrong_refresh_token_is_said_and_sync_is_never_switched_off(desk):
    desk.world.faults.arm("invalid_grant", "token", times=1)
    with pytest.raises(BadCredentials):
        desk.sync()
    desk.session.refresh(desk.account)
    assert desk.account.trouble == "bad_credentials"

    assert desk.sync().state == "done"


def test_a_forbidden_dataset_is_left_out_and_asked_for_again_after_a_day(desk):
    number = desk.world.place("DE")
    desk.world.faults.arm("forbidden_dataset", dataset="RECIPIENT", times=None)

    desk.sync()

    desk.session.refresh(desk.account)
    assert desk.account.missing_datasets == ["RECIPIENT"]
    assert (desk.order(number).recipient, desk.order(number).buyer_name is None) == (None, False)
    desk.world.faults.disarm()
    desk.later(timedelta(days=1, minutes=1).total_seconds())
    desk.sync(since=desk.clock() - timedelta(days=3))
    desk.session.refresh(desk.account)
    assert desk.account.missing_datasets == []
    assert desk.order(number).recipient is not None


def test_an_order_unreadable_once_is_read_at_once_by_itself(desk):
    numbers = [desk.world.place("DE") for _ in range(3)]
    desk.world.faults.arm("unreadable_order", "searchOrders", order_id=numbers[1])

    run = desk.sync()

    assert (run.new, run.quarantined, run.state) == (3, 1, "done")
    assert desk.session.scalars(select(QuarantinedOrder)).one().resolved_at is not None
    assert desk.order(numbers[1]).status == "UNSHIPPED"


def test_an_order_that_stays_unreadable_waits_in_quarantine_until_it_can_be_read(desk):
    numbers = [desk.world.place("DE") for _ in range(3)]
    desk.world.faults.arm("unreadable_order", order_id=numbers[1], times=None)

    run = desk.sync()

    assert (run.new, run.quarantined) == (2, 1)
    kept = desk.session.scalars(select(QuarantinedOrder)).one()
    assert (kept.number, kept.times_seen, kept.resolved_at) == (numbers[1], 2, None)
    calls = desk.world.call_counts["getOrder"]
    desk.world.faults.disarm()
    desk.later(60)
    desk.sync()
    assert desk.session.scalars(select(QuarantinedOrder.resolved_at)).one() is not None
    assert desk.world.call_counts["getOrder"] == calls
    assert desk.order(numbers[1]).status == "UNSHIPPED"


def test_a_body_without_a_number_has_its_window_read_again(desk):
    numbers = [desk.world.place("DE") for _ in range(3)]
    desk.world.faults.arm("unreadable_order", "searchOrders", order_id=numbers[1], how="text")
    before = desk.account.cursor

    desk.sync()

    desk.session.refresh(desk.account)
    assert desk.account.cursor == before
    assert desk.sync().new == 1
    desk.session.refresh(desk.account)
    assert desk.account.cursor > before
    assert desk.session.scalars(select(QuarantinedOrder.resolved_at)).one() is not None


def at_amazons_pace(desk):
    """Amazon's own limits from here on."""
    desk.world.limits = Limits("amazon")
    desk.world.reset("many:2500")
    desk.world.limits = Limits("amazon")


def test_a_backlog_longer_than_the_calls_saved_up_is_read_over_several_runs(desk):
    at_amazons_pace(desk)
    before = desk.account.cursor

    first = desk.sync()

    assert (first.state, first.cause) == ("waiting", "throttled")
    desk.session.refresh(desk.account)
    assert (desk.account.cursor, desk.account.trouble) == (before, None)
    runs = [first]
    while runs[-1].state == "waiting":
        desk.world.limits = Limits("amazon")
        desk.later(600)
        runs.append(desk.sync())
    assert sum(run.new for run in runs) == sum(run.received for run in runs) == 2500
    desk.session.refresh(desk.account)
    assert desk.account.open_window is None
    assert desk.account.cursor > before


def test_a_page_that_is_no_longer_to_be_had_begins_the_window_anew(desk):
    at_amazons_pace(desk)
    desk.sync()
    desk.account.open_window = desk.account.open_window | {"token": "gone"}
    desk.session.commit()
    desk.world.limits = Limits("relaxed")
    desk.later(600)

    run = desk.sync()

    assert (run.state, run.received) == ("done", 2500)
    assert sum(statuses_here(desk).values()) == 2500
