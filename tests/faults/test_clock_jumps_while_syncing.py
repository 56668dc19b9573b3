"""The clock of the machine jumps while orders are synced: no order is left out."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.support.account_harness import AmazonProxy
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.orders import Order
from webapp.services.sync import run as sync_run

pytestmark = pytest.mark.both_databases

JUMPS = [timedelta(days=-2), timedelta(days=10), timedelta(days=-10), timedelta(days=400), timedelta(seconds=-90)]


class Jumping(AmazonProxy):
    """Moves the clock when a page is asked for and when it has come."""

    def __init__(self, client, jump):
        super().__init__(client)
        self.jump = jump

    def search_orders(self, **wishes):
        self.jump()
        page = self.amazon.search_orders(**wishes)
        self.jump()
        return page


def sync_with(harness, jump):
    client = Jumping(harness.amazon, jump)
    return sync_run.sync_account(harness.session, client, harness.account.id, clock=harness.clock, actor="test")


def assert_all_are_there(harness, placed):
    harness.session.expire_all()
    assert set(placed) <= set(harness.session.scalars(select(AmazonOrder.number)))
    mine = select(AmazonOrder.number).join(Order, Order.amazon_order_id == AmazonOrder.id)
    assert set(placed) <= set(harness.session.scalars(mine))
    harness.session.refresh(harness.account)
    assert harness.account.cursor <= harness.clock() + timedelta(seconds=60)


@pytest.mark.parametrize("jump", JUMPS, ids=lambda jump: f"{jump.total_seconds():+.0f}s")
@pytest.mark.parametrize("before", [True, False])
def test_one_clock_jump_during_a_sync_skips_no_order(harness, jump, before):
    harness.sync()
    placed = [harness.world.place("DE") for _ in range(3)]
    jumps = [jump, timedelta()] if before else [timedelta(), jump]

    def once():
        harness.ahead += jumps.pop(0) if jumps else timedelta()

    sync_with(harness, once)
    placed.append(harness.world.place("DE"))
    harness.sync()
    harness.ahead = timedelta()
    placed.append(harness.world.place("DE"))
    harness.sync()

    assert_all_are_there(harness, placed)


@pytest.mark.parametrize("seed", range(6))
def test_clock_jumps_at_any_moment_skip_no_order(harness, seed):
    chance = random.Random(seed)
    placed = []

    def jump():
        if chance.random() < 0.5:
            harness.ahead = chance.choice([timedelta(), timedelta(), *JUMPS])
        if chance.random() < 0.5:
            placed.append(harness.world.place("DE"))

    for _ in range(8):
        sync_with(harness, jump)
    harness.ahead = timedelta()
    placed.append(harness.world.place("DE"))
    harness.sync()

    assert placed
    assert_all_are_there(harness, placed)
