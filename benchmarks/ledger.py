"""The completeness ledger at size: `python -m benchmarks.ledger [--orders 50000] [--hidden 500]`.

Searches of the simulator leave out or delay some of the orders; the nightly check has to name and repair exactly those.
"""

import argparse
import time
from datetime import UTC, datetime, timedelta

from redis import Redis
from sqlalchemy import select

from benchmarks.backlog import connect_account, simulate
from simulator.state.clock import format_iso
from tests.support.simulator_server import AmazonServer
from webapp.amazon.gateway import Amazon
from webapp.core.extensions import db
from webapp.models.accounts import Account
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.completeness import CompletenessCheck
from webapp.models.reported_orders import OrderRead
from webapp.services.sync import completeness, order_reads
from webapp.services.sync import run as sync_run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=50_000)
    parser.add_argument("--hidden", type=int, default=500)
    options = parser.parse_args()
    with simulate(options.orders, "relaxed") as (amazon, redis):
        amazon.world.faults.arm("omitted_order", times=None, share=options.hidden / options.orders / 2)
        amazon.world.faults.arm("late_order", times=None, share=options.hidden / options.orders / 2, seconds=10**8)
        measure(amazon, redis)


def measure(amazon: AmazonServer, redis: Redis) -> None:
    session, now = db.session(), datetime.now(UTC)
    account_id, credentials = connect_account(session, amazon, now)
    sync_run.LIVE_PAGES = 10**6
    with Amazon(credentials, redis, priority="person", max_wait=60) as gateway:
        sync_run.sync_account(session, gateway, account_id, clock=lambda: datetime.now(UTC), actor="benchmark")
        here = set(session.scalars(select(AmazonOrder.number)))
        # Later changes are read again by the next sync, so they are no gaps yet.
        cursor = format_iso(session.get_one(Account, account_id).cursor)
        updated = {number: order.body["lastUpdatedTime"] for number, order in amazon.world.orders.items()}
        hidden = {number for number in updated.keys() - here if updated[number] <= cursor}
        started = time.monotonic()
        completeness.request(session, account_id, now=datetime.now(UTC))
        check = session.get_one(CompletenessCheck, account_id)
        while check.checked_at is None:
            completeness.run(session, gateway, account_id, clock=lambda: datetime.now(UTC))
            session.refresh(check)
        compared = time.monotonic() - started
        while order_reads.run(session, gateway, account_id, clock=lambda: datetime.now(UTC) + timedelta(hours=1)):
            pass
    gaps = session.execute(select(OrderRead.number, OrderRead.read_at).where(OrderRead.reason.in_(order_reads.GAPS)))
    found = {row.number: row.read_at for row in gaps}
    print(f"{len(amazon.world.orders)} orders, {len(hidden)} of them hidden from searches")
    print(f"named {len(hidden & found.keys())}, false alarms {len(found.keys() - hidden)}")
    print(f"repaired {sum(read_at is not None for read_at in found.values())}, compared in {compared:.1f} s")


if __name__ == "__main__":
    main()
