"""Each process of a desk is killed again and again while people ask for refunds: each line is sent to Amazon once."""

import contextlib
import os
import random
import signal
import threading

import pytest

from tests.faults.test_power_cuts import ASKED, NOT_LOOKED_FOR, NOTHING_QUEUED, QUICK, clerk, orders_of, rows
from tests.support.refunds import lines_sent
from tests.support.running_app import run_app, wait_until
from webapp.core.settings import Settings

pytestmark = [pytest.mark.processes, pytest.mark.only_sqlite, pytest.mark.explored]

# By the names their processes have.
NAMES = ("web", "worker-submissi", "worker-sync", "scheduler", "valkey-server")
__all__ = ["clerk"]


@pytest.fixture
def settings(tmp_path):
    return Settings.load({}, data_dir=tmp_path / "data")


def test_no_refund_is_doubled_when_processes_are_killed_repeatedly(settings, amazon, clerk, request):
    exploring = request.config.getoption("--hypothesis-profile") == "exploring"
    seed = int(os.environ.get("KILL_SEED") or (random.randrange(10**6) if exploring else 1))
    print(f"KILL_SEED={seed}")  # noqa: T201 - pytest shows it when the test fails
    chance = random.Random(seed)
    kills = 30 if exploring else len(NAMES)
    placed = [amazon.world.place("DE", status="SHIPPED") for _ in range(kills)]
    accepted = []
    with run_app(settings.data_dir, environ=QUICK) as running_app:
        numbers = wait_until(lambda: len(found := orders_of(settings)) == len(placed) and found)
        for n, (ours, number) in enumerate(sorted(numbers.items())):
            name = NAMES[n % len(NAMES)]
            wait_until(lambda name=name: name in running_app.pids())

            def kill(name=name):
                with contextlib.suppress(ProcessLookupError, KeyError):
                    os.kill(running_app.pids()[name], signal.SIGKILL)

            shot = threading.Timer(chance.uniform(0, 1), kill)
            shot.start()
            if clerk.refund(running_app, ours):
                accepted.append(number)
            shot.join()
            wait_until(lambda: running_app.health()[0])
        wait_until(lambda: rows(settings, NOTHING_QUEUED) == [(0,)])
        wait_until(lambda: rows(settings, NOT_LOOKED_FOR) == [(0,)])

    assert accepted
    assert set(accepted) <= {number for (number,) in rows(settings, ASKED)}
    sent = {number: lines_sent(amazon.world, number) for number in placed}
    assert any(sent.values())
    assert {number: lines for number, lines in sent.items() if max(lines.values(), default=0) > 1} == {}
