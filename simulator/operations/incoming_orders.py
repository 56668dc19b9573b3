"""New orders that are placed as time passes. When and what is drawn from the seed, so that a world is reproducible."""

import random
from datetime import datetime, timedelta

from simulator.operations import scenarios
from simulator.operations.generator import OrderSpec
from simulator.state.clock import format_iso
from simulator.state.world_state import WorldState

# After a week of absence, or when the clock is moved by one, not ten thousand orders are placed.
MAX_AT_ONCE = 50


def place_due_orders(world: WorldState) -> None:
    """Place the orders that are due by now. Each is PENDING first, and its release is scheduled."""
    if world.arrivals <= 0:
        world.next_arrival = None
        return
    now = world.clock.now()
    placed = 0
    if world.next_arrival is None:
        world.next_arrival = _draw_next_time(world, now)
    while world.next_arrival <= now:
        if placed == MAX_AT_ONCE:
            world.next_arrival = _draw_next_time(world, now)
            break
        _place_order(world, world.next_arrival)
        placed += 1
        world.next_arrival = _draw_next_time(world, world.next_arrival)


def _draw_next_time(world: WorldState, after: datetime) -> datetime:
    rng = random.Random(f"{world.seed}/arrival/{world.arrived}")
    return after + timedelta(seconds=min(rng.expovariate(1 / world.arrivals), 4 * world.arrivals))


def _place_order(world: WorldState, at: datetime) -> None:
    rng = random.Random(f"{world.seed}/buyer/{world.arrived}")
    world.arrived += 1
    seller = list(world.sellers.values())[0 if rng.random() < 0.8 else -1]
    spec = OrderSpec(
        country=rng.choice(seller.countries),
        fulfilled_by="MERCHANT" if rng.random() < 0.8 else "AMAZON",
        status="PENDING",
        programs=scenarios.draw_programs(rng),
        awkward=rng.randrange(100) if rng.random() < 0.1 else None,
    )
    order = scenarios.add_order(world, spec, at)
    order.body["lastUpdatedTime"] = format_iso(world.next_timestamp())
    release = at + timedelta(seconds=world.pending_seconds * (0.5 + rng.random()))
    world.schedule(order, release, "release")
    if order.is_fba:
        world.schedule(order, release + timedelta(hours=rng.randint(2, 12)), "ship")
