"""Amazon on bad days: whatever it does, every order is here once and whole in the end, and sync goes on by itself."""

from collections import Counter

import pytest
from sqlalchemy import func, select

from simulator.state.faults import FAULT_KINDS
from webapp.domain.amazon.errors import AmazonError
from webapp.models.amazon_orders import AmazonOrder, AmazonOrderItem
from webapp.models.orders import Order, OrderItem
from webapp.models.sync_runs import SyncRun
from webapp.services.sync import run as sync_run

# A sync cannot notice an order that Amazon does not show: the nightly check does, see tests/e2e/test_completeness.py.
HIDING = {"late_order", "omitted_order"}
# What could strike a sync; the others concern feeds and are met in the journeys.
STRIKING = [
    name
    for name, kind in FAULT_KINDS.items()
    if name not in HIDING and (not kind.operations or {"searchOrders", "token"} & set(kind.operations))
]
QUICK = {"slow": {"seconds": 0.05}, "hang": {"seconds": 2.5}}


def sync_until_done(harness, most=60):
    """As the schedule does: again and again, whatever the last run met. Answers how many runs failed."""
    failed = 0
    for _ in range(most):
        try:
            harness.sync()
        except AmazonError:
            failed += 1
            harness.later(60)
        else:
            return failed
    raise AssertionError(f"still failing after {most} syncs")


def assert_all_orders_complete(harness):
    session = harness.session
    session.expire_all()
    there = {order.id: order for order in harness.world.orders.values() if order.seller_id == harness.account.seller_id}
    here = {order.number: order for order in session.scalars(select(AmazonOrder))}
    assert set(here) == set(there)
    for number, order in here.items():
        assert order.status == there[number].status
    items = dict(
        session.execute(
            select(AmazonOrderItem.amazon_order_id, func.count()).group_by(AmazonOrderItem.amazon_order_id)
        ).all()
    )
    assert {o.number: items.get(o.id, 0) for o in here.values()} == {
        number: len(order.body["orderItems"]) for number, order in there.items()
    }
    orders = Counter(session.scalars(select(Order.amazon_order_id)))
    assert set(orders.values()) <= {1}
    lines = dict(session.execute(select(OrderItem.order_id, func.count()).group_by(OrderItem.order_id)).all())
    for order in session.scalars(select(Order)):
        assert lines[order.id] == items[order.amazon_order_id]
    numbers = [int(number) for number in session.scalars(select(Order.number))]
    assert sorted(numbers) == list(range(100001, 100001 + len(numbers)))


@pytest.mark.parametrize("name", STRIKING)
def test_a_sync_survives_each_fault_alone(harness, name):
    harness.world.reset("many:150")
    operation = "token" if name == "invalid_grant" else "searchOrders"
    harness.world.faults.arm(name, operation, times=2, **QUICK.get(name, {}))

    sync_until_done(harness)
    sync_until_done(harness)

    assert_all_orders_complete(harness)


def test_a_sync_of_two_thousand_orders_survives_random_faults(harness, monkeypatch):
    # All of them are read by the live sync.
    monkeypatch.setattr(sync_run, "LIVE_PAGES", 100)
    harness.world.reset("many:2000")
    for name in STRIKING:
        rare = 0.01 if name in {"hang", "slow"} else 0.015
        operation = "token" if name == "invalid_grant" else "searchOrders"
        harness.world.faults.arm(name, operation, times=None, probability=rare, **QUICK.get(name, {}))

    for _ in range(6):
        sync_until_done(harness)
        harness.world.place("DE")
        harness.later(1)
    harness.world.faults.disarm()
    sync_until_done(harness)

    assert_all_orders_complete(harness)
    assert harness.session.scalar(select(func.count()).where(SyncRun.state == "running")) == 0
