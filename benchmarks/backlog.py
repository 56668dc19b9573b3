"""A backlog under Amazon's limits, in simulated time: `python -m benchmarks.backlog [--orders 20000]`.

Amazon is the simulator with Amazon's own rate limits. The clocks of the simulator, of Channeldesk and of the rate
limits are moved forward instead of waiting. While the backfill reads the backlog, a buyer places an order every half
hour; the result is how long each took to arrive, how many of Amazon's calls were used, and how long the whole took
beside what the limits allow.
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from redis import Redis
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from simulator.operations.world import World
from simulator.state.clock import Clock
from simulator.state.limits import PLANS
from simulator.state.sellers import DEMO_EU
from tests.support.account_harness import refill_rate_limits
from tests.support.factories import all_participations
from tests.support.simulator_server import AmazonServer
from tests.support.valkey import valkey_server
from webapp import create_app
from webapp.amazon.gateway import Amazon
from webapp.core.extensions import db
from webapp.core.settings import Settings
from webapp.domain.accounts.credentials import Credentials
from webapp.models.amazon_orders import AmazonOrder
from webapp.queries.sync import backfills
from webapp.runtime import migrate
from webapp.services.accounts import accounts
from webapp.services.sync import backfill
from webapp.services.sync import run as sync_run

ARRIVAL = timedelta(minutes=30)


class Time:
    """The simulated time of everything."""

    def __init__(self, world: World, redis: Redis) -> None:
        self.world = world
        self.redis = redis
        self.ahead = timedelta()
        self.start = datetime.now(UTC)

    def now(self) -> datetime:
        return self.start + self.ahead

    def monotonic(self) -> float:
        return self.ahead.total_seconds()

    def wait(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)
        self.world.clock.move(seconds)
        refill_rate_limits(self.redis, seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=20_000)
    orders = parser.parse_args().orders
    with simulate(orders, "amazon") as (amazon, redis):
        measure(amazon, redis, orders)


@contextmanager
def simulate(orders: int, limits: str) -> Iterator[tuple[AmazonServer, Redis]]:
    """Run the simulator with so many orders, and an application with an empty database in its context."""
    with tempfile.TemporaryDirectory() as folder, valkey_server() as redis_url:
        settings = Settings.load({}, data_dir=Path(folder) / "data", redis_url=redis_url)
        settings.data_dir.mkdir(parents=True)
        app = create_app(settings)
        migrate.upgrade(app)
        clock = Clock(frozen_at=datetime.now(UTC) if limits == "amazon" else None)
        world = World(f"many:{orders}", limits=limits, clock=clock, pending_seconds=0)
        with app.app_context(), AmazonServer(world) as amazon:
            yield amazon, Redis.from_url(redis_url)


def connect_account(session: Session, amazon: AmazonServer, now: datetime) -> tuple[int, Credentials]:
    """Connect the first seller, with the orders of the last 40 days."""
    fields = {name: str(value) for name, value in DEMO_EU.credentials(amazon.url).items() if name != "marketplaces"}
    account = accounts.connect(
        session, fields, DEMO_EU.countries, all_participations(), backfill_days=40, now=now, actor="benchmark"
    )
    account_id, credentials = account.id, accounts.get_credentials(account)
    session.rollback()
    return account_id, credentials


def measure(amazon: AmazonServer, redis: Redis, orders: int) -> None:
    session, world = db.session(), amazon.world
    time = Time(world, redis)
    account_id, credentials = connect_account(session, amazon, time.now())
    waiting: dict[str, datetime] = {}
    latencies: list[float] = []
    next_live, next_arrival = time.now(), time.now() + ARRIVAL
    with (
        Amazon(credentials, redis, priority="sync", max_wait=30, clock=time.monotonic, wait=time.wait) as live,
        Amazon(credentials, redis, priority="backfill", max_wait=5, clock=time.monotonic, wait=time.wait) as slow,
    ):
        while True:
            if time.now() >= next_arrival:
                waiting[world.place("DE")] = time.now()
                next_arrival += ARRIVAL
            if time.now() >= next_live:
                started = time.now()
                sync_run.sync_account(session, live, account_id, clock=time.now, actor="benchmark")
                next_live = started + backfill.LIVE_INTERVAL
                here = set(session.scalars(select(AmazonOrder.number).where(AmazonOrder.number.in_(waiting))))
                latencies += [(time.now() - waiting.pop(number)).total_seconds() for number in here]
            backfill.run(session, slow, account_id, clock=time.now)
            unfinished = backfill.list_unfinished(session, account_id)
            if not unfinished:
                break
            upcoming = min(next_live, next_arrival, unfinished[0].next_try_at)
            session.rollback()
            time.wait(max((upcoming - time.now()).total_seconds(), 1.0))
    status = backfills.find_status(session, account_id, time.now())
    rate, burst = PLANS["searchOrders"]
    seconds = time.ahead.total_seconds()
    used = world.call_counts["searchOrders"]
    stored = session.scalar(select(func.count()).select_from(AmazonOrder))
    print(f"{orders} orders of backlog, {stored} stored, {status.pages if status else 0} pages of the backfill")
    print(
        f"simulated time {seconds / 3600:.1f} h; at Amazon's limit {max(orders / 100 - burst, 0) / rate / 3600:.1f} h"
    )
    print(f"calls used {used} of {burst + seconds * rate:.0f} ({100 * used / (burst + seconds * rate):.1f} %)")
    worst = max(latencies) / 60
    print(f"new orders arrived after at most {worst:.1f} min ({len(latencies)} orders, {len(waiting)} on the way)")


if __name__ == "__main__":
    main()
