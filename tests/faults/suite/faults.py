"""The faults: each is injected while the seller works, and ends when the product could work again."""

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

from sqlalchemy import select

from simulator.operations.world import World
from simulator.state.faults import FAULT_KINDS, OPERATIONS
from tests.faults.suite.installation import RECOVERED_WITHIN, Installation
from tests.faults.suite.judge import Judge
from tests.faults.suite.seller import Seller
from tests.support.running_app import wait_until
from webapp.models.fences import Fence
from webapp.models.submissions import Submission

# By the names their processes have, which are cut to 15 characters.
KILLED = (
    "web",
    "worker-submissi",
    "worker-sync",
    "worker-mails",
    "worker-bulk",
    "worker-maintena",
    "scheduler",
    "monitor",
    "valkey-server",
)
FROZEN = ("web", "worker-submissi", "worker-sync", "scheduler", "monitor", "valkey-server")
# Whole days, and a difference that Amazon's signatures would not notice.
JUMPS = (-2 * 86_400, -90, 3_600, 10 * 86_400)
DAY = 86_400
HIDING = ("late_order", "omitted_order")
SOON = {"hang": {"seconds": 2.5}, "slow": {"seconds": 1.0}}


@dataclass
class Suite:
    """What a fault needs."""

    installation: Installation
    world: World
    seller: Seller
    judge: Judge
    settle: Callable[[], None]
    chance: random.Random = field(default_factory=random.Random)
    since: float = 0.0

    def begin_recovery(self) -> None:
        """Measure the recovery from now on: from the damage, or from the end of what nothing can work through."""
        self.since = time.monotonic()


@dataclass(frozen=True)
class Fault:
    """`inject` returns what exactly was done. `needs`: disk or server; empty is everywhere."""

    name: str
    inject: Callable[[Suite], str]
    needs: str = ""
    is_slow: bool = False


def wait_a_moment(suite: Suite) -> None:
    """Let the seller begin, so that the fault strikes at a random moment of the work."""
    Event().wait(suite.chance.uniform(0, 1.5))


def kill_process(suite: Suite) -> str:
    name = suite.chance.choice(KILLED)
    wait_a_moment(suite)
    pid = _find_process(suite, name)
    suite.begin_recovery()
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    _wait_until_replaced(suite, name, pid)
    return name


def kill_all_processes(suite: Suite) -> str:
    wait_a_moment(suite)
    suite.begin_recovery()
    suite.installation.kill_all()
    suite.installation.start()
    return "supervisor and all"


def freeze_process(suite: Suite) -> str:
    name = suite.chance.choice(FROZEN)
    wait_a_moment(suite)
    pid = _find_process(suite, name)
    suite.begin_recovery()
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
    _wait_until_replaced(suite, name, pid)
    return name


def cut_power(suite: Suite) -> str:
    """The disk forgets what was not flushed, and every process ends, PostgreSQL included."""
    disk, server = suite.installation.disk, suite.installation.server
    assert disk is not None
    wait_a_moment(suite)
    suite.begin_recovery()
    disk.cut()
    suite.installation.kill_all()
    if server is not None:
        server.stop(signal.SIGQUIT)
    disk.restore()
    if server is not None:
        server.start()
    suite.installation.start()
    return "disk and all processes"


def fill_disk(suite: Suite) -> str:
    disk = suite.installation.disk
    assert disk is not None
    filler = disk.path / "filler"
    wait_a_moment(suite)
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(65_536))
    try:
        wait_until(lambda: not suite.installation.is_healthy())
    finally:
        filler.unlink()
        server = suite.installation.server
        if server is not None and not server.is_running():
            # PostgreSQL ends when it cannot write its log. A service manager or a person starts it again.
            server.start()
        suite.begin_recovery()
    return "no byte left until health was red"


def empty_redis(suite: Suite) -> str:
    wait_a_moment(suite)
    with suite.installation.redis() as redis:
        suite.begin_recovery()
        redis.flushall()
    return "FLUSHALL"


def fill_redis(suite: Suite) -> str:
    wait_a_moment(suite)
    with suite.installation.redis() as redis:
        redis.config_set("maxmemory", "1")
        try:
            wait_until(lambda: not suite.installation.is_healthy())
        finally:
            redis.config_set("maxmemory", "0")
            suite.begin_recovery()
    return "maxmemory 1 until health was red"


def jump_clock(suite: Suite) -> str:
    """Only the product's clock jumps, works wrongly for a while, and is set right again."""
    seconds = suite.chance.choice(JUMPS)
    wait_a_moment(suite)
    suite.installation.shift += seconds
    try:
        calls = suite.world.call_counts["searchOrders"]
        with contextlib.suppress(AssertionError):
            wait_until(lambda: suite.world.call_counts["searchOrders"] > calls + 1, 20)
    finally:
        suite.installation.shift -= seconds
        suite.begin_recovery()
    suite.seller.cookie = suite.installation.sign_in()
    return f"{seconds:+d} s and back"


def restore_backup(suite: Suite) -> str:
    """Restore a backup from before a day of work, and release the fence as a person does."""
    installation, seller = suite.installation, suite.seller
    refunded, written_to = seller.place_shipped(), seller.place_shipped()
    wait_until(lambda: {refunded, written_to} <= seller.list_open().keys())
    # Nothing is sent while the backup is made, so that what it holds as queued was sent afterwards: a product that
    # sends in spite of the fence sends at least these a second time.
    senders = [_find_process(suite, name) for name in ("worker-submissi", "worker-mails")]
    for pid in senders:
        os.kill(pid, signal.SIGSTOP)
    seller.request("refund", refunded)
    seller.request("mail", written_to)
    kept = list(seller.requests)
    installation.run_command("backup", "--to", str(installation.backups))
    for pid in senders:
        # The supervisor replaces a process that is frozen for long.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
    installation.pass_time(suite.world, DAY)
    seller.cookie = installation.sign_in()
    seller.place_orders(suite.chance, 3)
    suite.settle()
    seller.work(suite.chance, seller.list_open(), 4)
    suite.settle()
    installation.stop()
    suite.judge.remember_numbers()
    backup = max(Path(installation.backups).iterdir(), key=lambda path: path.stat().st_mtime)
    installation.run_command("restore", str(backup), "--force")
    # What was requested since is gone, and a seller looks at Amazon before asking again.
    seller.requests[:] = kept
    sent = suite.judge.count_sent()
    installation.start()
    seller.cookie = installation.sign_in()
    wait_until(lambda: set(seller.numbers) <= suite.judge.list_imported(), 240)
    # Two syncs later every queue has run, so a product without a fence would have sent something.
    calls = suite.world.call_counts["searchOrders"]
    wait_until(lambda: suite.world.call_counts["searchOrders"] > calls + 1)
    if not installation.read(select(Fence.id).where(Fence.ended_at.is_(None))):
        suite.judge.violations.append("no fence after a restore")
    suite.judge.judge_fence(sent)
    _release_fence(suite)
    suite.begin_recovery()
    return f"backup {DAY // 3600} hours old"


def break_amazon(suite: Suite) -> str:
    """Arm one of the simulator's faults where it can occur, up to twice."""
    kind = FAULT_KINDS[suite.chance.choice(sorted(FAULT_KINDS))]
    operation = suite.chance.choice(kind.operations or OPERATIONS)
    times = suite.chance.randint(1, 2)
    suite.begin_recovery()
    options: dict[str, Any] = SOON.get(kind.name, {})
    with suite.world.lock:
        suite.world.faults.arm(kind.name, operation, times=times, **options)
    if kind.name in HIDING:
        # These stay armed. Later than the overlap of two syncs, only the nightly check would find the order.
        calls = suite.world.call_counts["searchOrders"]
        wait_until(lambda: suite.world.call_counts["searchOrders"] > calls + 2)
        with suite.world.lock:
            suite.world.faults.disarm(kind.name)
    return f"{kind.name} at {operation}, {times} times"


def crash_postgresql(suite: Suite) -> str:
    """Crash the database server, and start it again when health is red."""
    server = suite.installation.server
    assert server is not None
    wait_a_moment(suite)
    server.stop(signal.SIGQUIT)
    try:
        wait_until(lambda: not suite.installation.is_healthy())
    finally:
        server.start()
        suite.begin_recovery()
    return "SIGQUIT, started again when health was red"


def run_second_desk(suite: Suite) -> str:
    """Let a second machine work on the same database; all processes of the first are killed, and started later."""
    installation = suite.installation
    second = installation.add_machine()
    second.start()
    try:
        wait_a_moment(suite)
        suite.begin_recovery()
        installation.kill_all()
        number = suite.world.place("DE")
        suite.seller.numbers.append(number)
        wait_until(lambda: number in suite.judge.list_imported(), RECOVERED_WITHIN)
        taken_over = time.monotonic() - suite.since
        installation.start()
        return f"the second goes on alone after {taken_over:.1f} s; then the first starts again"
    finally:
        second.stop()


FAULTS = (
    Fault("process killed", kill_process),
    Fault("all processes killed", kill_all_processes),
    Fault("process frozen", freeze_process, is_slow=True),
    Fault("power cut", cut_power, needs="disk"),
    Fault("disk full", fill_disk, needs="disk"),
    Fault("Redis emptied", empty_redis),
    Fault("Redis out of memory", fill_redis),
    Fault("clock jump", jump_clock),
    Fault("day-old backup restored", restore_backup, is_slow=True),
    Fault("Amazon fails", break_amazon),
    Fault("PostgreSQL crashed", crash_postgresql, needs="server"),
    Fault("one of two desks killed", run_second_desk, needs="server"),
)
# How often each is drawn, of the sum.
WEIGHTS = {"process killed": 4, "Amazon fails": 4, "all processes killed": 2, "power cut": 3}


def _find_process(suite: Suite, name: str) -> int:
    running = suite.installation.running
    assert running is not None
    return wait_until(lambda: running.pids().get(name))


def _wait_until_replaced(suite: Suite, name: str, pid: int) -> None:
    running = suite.installation.running
    assert running is not None
    wait_until(lambda: running.pids().get(name, pid) != pid)


def _release_fence(suite: Suite) -> None:
    """Wait until the product has compared its feeds with Amazon's, decide what it cannot know, and release."""
    waiting = select(Submission.id).where(Submission.open, Submission.state != "queued")
    with contextlib.suppress(AssertionError):
        wait_until(lambda: not suite.installation.read(waiting), 30)
    suite.seller.decide_unconfirmed()
    wait_until(suite.seller.release_fence)
