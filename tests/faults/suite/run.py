"""One run of the suite: steps of work with a fault each, until the time is over, and the judgement."""

import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.exc import SQLAlchemyError

from simulator.operations.world import World
from tests.faults.disks import Disk, DisksUnavailable
from tests.faults.suite.faults import FAULTS, WEIGHTS, Fault, Suite
from tests.faults.suite.installation import RECOVERED_WITHIN, Installation
from tests.faults.suite.judge import Judge
from tests.faults.suite.seller import Seller
from tests.support.mailboxes import mail_server
from tests.support.postgres import Wheel
from tests.support.running_app import wait_until
from tests.support.simulator_server import AmazonServer

# Until a feed whose answer was lost is given up and left to a person.
FEED_GIVEN_UP = 660
# Unlike other tests, the server may be killed here.
DURABLE = ("listen_addresses=", "max_connections=200", "max_wal_size=128MB")
ORDERS_A_STEP = 3
CLICKS_A_STEP = 3


class Recovery(NamedTuple):
    """Seconds until an order that was placed after the fault was imported, and until health was green as well."""

    imported: float
    healthy: float


@dataclass
class Result:
    """`recoveries`: of each fault by its name. `left_out`: faults that cannot be injected here."""

    seed: int
    database: str
    steps: int = 0
    seconds: float = 0.0
    orders: int = 0
    clicks: int = 0
    effects: int = 0
    mails: int = 0
    recoveries: dict[str, list[Recovery]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)


def run(
    seed: int,
    *,
    database: str = "sqlite",
    seconds: float | None = None,
    steps: int | None = None,
    names: tuple[str, ...] = (),
    show: Callable[[str], None] = print,
) -> Result:
    """Run until the time or the number of steps is over, or a step has failed. `names`: only these faults."""
    result = Result(seed, database)
    began = time.monotonic()
    with _prepare(result, show) as suite:
        faults = _select_faults(result, suite.installation, names)
        while not suite.judge.violations and (steps is None or result.steps < steps):
            if seconds is not None and time.monotonic() - began > seconds:
                break
            result.steps += 1
            _run_step(suite, result, faults, show)
        _finish(suite, result, show)
    result.seconds = time.monotonic() - began
    return result


@contextmanager
def _prepare(result: Result, show: Callable[[str], None]) -> Iterator[Suite]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fault-suite-")))
        world = World("empty", seed=result.seed, update_delay=0, feed_seconds=0, report_seconds=0)
        amazon = stack.enter_context(AmazonServer(world))
        mailbox = stack.enter_context(mail_server())
        disk = server = None
        # A socket path must be short, and the server's user must reach its data.
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cd-pg-")))
        is_on_server = result.database == "postgresql"
        try:
            disk = stack.enter_context(Disk(home, megabytes=768 if is_on_server else 192))
        except DisksUnavailable as reason:
            show(f"No faults of the disk: {reason}")
        if is_on_server:
            cluster = (disk.path if disk is not None else home) / "postgresql"
            cluster.mkdir()
            server = stack.enter_context(Wheel(cluster, home, options=DURABLE))
            # initdb leaves its files in memory, and the first power cut would take them.
            os.sync()
        installation = Installation(folder, amazon.url, mailbox, disk=disk, server=server)
        installation.set_up()
        stack.callback(installation.stop)
        installation.start()
        seller = Seller(installation, world, cookie=installation.sign_in())
        suite = Suite(installation, world, seller, Judge(installation, world, mailbox), lambda: _settle(suite))
        yield suite


def _select_faults(result: Result, installation: Installation, names: tuple[str, ...]) -> list[Fault]:
    available = {"": True, "disk": installation.disk is not None, "server": installation.server is not None}
    result.left_out = [fault.name for fault in FAULTS if not available[fault.needs]]
    return [fault for fault in FAULTS if available[fault.needs] and (not names or fault.name in names)]


def _run_step(suite: Suite, result: Result, faults: list[Fault], show: Callable[[str], None]) -> None:
    # The first steps are each fault once; the choices of a step depend on the seed and its number only.
    suite.chance = random.Random(f"{result.seed}/{result.steps}")
    order = random.Random(result.seed).sample(faults, len(faults))
    weights = [WEIGHTS.get(fault.name, 1) for fault in faults]
    fault = order[result.steps - 1] if result.steps <= len(order) else suite.chance.choices(faults, weights)[0]
    clicks = random.Random(f"{result.seed}/{result.steps}/clicks")
    what = ""
    try:
        suite.seller.place_orders(clicks, ORDERS_A_STEP)
        wait_until(lambda: set(suite.seller.numbers) <= suite.judge.list_imported())
        open_orders = suite.seller.list_open()
        with ThreadPoolExecutor(1) as pool:
            work = pool.submit(suite.seller.work, clicks, open_orders, CLICKS_A_STEP)
            what = fault.inject(suite)
            recovery = _measure_recovery(suite)
            work.result()
        suite.judge.judge_effects(suite.seller)
        result.recoveries.setdefault(fault.name, []).append(recovery)
        show(
            f"{result.steps:>4}  {fault.name}: {what}; orders come in after {recovery.imported:.1f} s, "
            f"health is green after {recovery.healthy:.1f} s"
        )
    except (AssertionError, SQLAlchemyError) as error:
        health = suite.installation.describe_health()
        suite.judge.violations.append(f"step {result.steps}, {fault.name} {what}: {error}; health: {health}")


def _measure_recovery(suite: Suite) -> Recovery:
    number = suite.world.place("DE")
    suite.seller.numbers.append(number)
    wait_until(lambda: number in suite.judge.list_imported(), within=RECOVERED_WITHIN)
    imported = time.monotonic() - suite.since
    wait_until(suite.installation.is_healthy, within=RECOVERED_WITHIN)
    return Recovery(imported, time.monotonic() - suite.since)


def _settle(suite: Suite) -> None:
    """Wait until everything was sent that could be. Time passes, so that feeds whose answer was lost are given up."""
    for _ in range(4):
        try:
            wait_until(lambda: not suite.judge.list_pending(), 20)
        except AssertionError:
            suite.installation.pass_time(suite.world, FEED_GIVEN_UP)
            suite.seller.cookie = suite.installation.sign_in()
        suite.seller.decide_unconfirmed()
        if not suite.judge.list_pending():
            return


def _finish(suite: Suite, result: Result, show: Callable[[str], None]) -> None:
    """Let everything end, and judge."""
    suite.world.faults.disarm()
    if suite.installation.running is not None and suite.installation.running.process.poll() is None:
        try:
            wait_until(lambda: set(suite.seller.numbers) <= suite.judge.list_imported())
        except AssertionError:
            show("Not all orders were imported.")
        _settle(suite)
        suite.judge.judge(suite.seller)
    # Those of the last step are found again at the end.
    result.violations = list(dict.fromkeys(suite.judge.violations))
    result.orders, result.clicks = len(suite.seller.numbers), suite.seller.clicks["accepted"]
    result.mails = len(suite.judge.mailbox.taken)
    result.effects = sum(
        entry["effect"] in {"refund", "shipment", "cancellation"} and entry["channel"] != "control"
        for entry in suite.world.ledger
    )
