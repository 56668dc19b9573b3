"""New orders that keep coming: the seed says when and what, so that the same world sees the same buyers."""

import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from simulator.operations import scenarios
from simulator.operations.generator import Wish
from simulator.state.clock import iso

if TYPE_CHECKING:
    from simulator.operations.world import World

# Whoever was away for a week, or moved the clock by one, does not find ten thousand orders.
MOST_AT_ONCE = 50


def let_arrive(world: "World") -> None:
    """Place what was due by now; each is PENDING first, and released when its time has come."""
    if world.arrivals <= 0:
        world.next_arrival = None
        return
    now = world.clock.now()
    placed = 0
    if world.next_arrival is None:
        world.next_arrival = _next(world, now)
    while world.next_arrival <= now:
        if placed == MOST_AT_ONCE:
            world.next_arrival = _next(world, now)
            break
        _arrive(world, world.next_arrival)
        placed += 1
        world.next_arrival = _next(world, world.next_arrival)


def _next(world: "World", after: datetime) -> datetime:
    chance = random.Random(f"{world.seed}/arrival/{world.arrived}")
    return after + timedelta(seconds=min(chance.expovariate(1 / world.arrivals), 4 * world.arrivals))


def _arrive(world: "World", at: datetime) -> None:
    chance = random.Random(f"{world.seed}/buyer/{world.arrived}")
    world.arrived += 1
    seller = list(world.sellers.values())[0 if chance.random() < 0.8 else -1]
    wish = Wish(
        country=chance.choice(seller.countries),
        fulfilled_by="MERCHANT" if chance.random() < 0.8 else "AMAZON",
        status="PENDING",
        programs=scenarios.draw_programs(chance),
        awkward=chance.randrange(100) if chance.random() < 0.1 else None,
    )
    record = scenarios.add(world, wish, at)
    record.body["lastUpdatedTime"] = iso(world.stamp())
    release = at + timedelta(seconds=world.pending_seconds * (0.5 + chance.random()))
    world.plan(record, release, "release")
    if record.by_amazon:
        world.plan(record, release + timedelta(hours=chance.randint(2, 12)), "ship")
