"""Import of a report file at size: `python -m benchmarks.report_file [--orders 100000]`.

Writes a report of the simulator's orders to a file and imports it with `channeldesk backfill --file`, twice. Prints
wall-clock and processor time of each whole command, the start of Python included.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from benchmarks.backlog import connect_account, simulate
from simulator.operations import order_report
from webapp.core.extensions import db, settings
from webapp.models.stores import Store


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=100_000)
    orders = parser.parse_args().orders
    with tempfile.TemporaryDirectory() as folder, simulate(orders, "relaxed") as (amazon, _redis):
        connect_account(db.session(), amazon, datetime.now(UTC))
        places = set(db.session.scalars(select(Store.marketplace_id)))
        db.session.rollback()
        sold = [
            order for order in amazon.world.orders.values() if order.body["salesChannel"].get("marketplaceId") in places
        ]
        path = Path(folder) / "report.tsv"
        path.write_text(order_report.format_lines(sold), encoding="utf-8", newline="")
        print(f"{len(sold)} orders, {path.stat().st_size / 2**20:.0f} MiB")
        for name in ("first import", "second import"):
            measure(name, path)


def measure(name: str, path: Path) -> None:
    command = [sys.executable, "-m", "webapp", "backfill", "--file", str(path), "--data-dir", str(settings().data_dir)]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(
        command, env=os.environ | {"REDIS_URL": settings().redis_url}, capture_output=True, text=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    print(f"{name}: {time.monotonic() - began:.1f} s, {processor:.1f} s of processor time")
    print("  " + " ".join(done.stdout.split()))


if __name__ == "__main__":
    main()
