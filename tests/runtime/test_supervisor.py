"""The supervisor by itself: how it restarts what dies and ends what does not."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.running_app import CHECKOUT, is_alive, wait_until

pytestmark = pytest.mark.processes

# Services write a line at each start: the monotonic clock and their process id.
PROGRAM = """
import signal, sys, time, os
from pathlib import Path
from webapp.runtime import log_config
from webapp.runtime.supervisor import Service, Supervisor

starts = Path(sys.argv[1])

def started():
    with starts.open("a") as file:
        file.write(f"{time.monotonic()} {os.getpid()}\\n")

def dies():
    started()
    sys.exit(3)

def stays():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    started()
    while True:
        signal.pause()

def silent():
    started()
    while True:
        signal.pause()

more = {}
if sys.argv[2] == "silent":
    more = {"responds": lambda: False, "respond_within": 1.0}
log_config.configure("INFO")
run = {"dies": dies, "stays": stays, "silent": silent}[sys.argv[2]]
with Supervisor() as supervisor:
    supervisor.run([Service("it", run, **more)], lambda: False, lambda: None)
"""


@pytest.fixture
def supervised(tmp_path: Path):
    """`supervised("dies")`: a supervisor of one such service, and what the service wrote."""
    running: list[subprocess.Popen[bytes]] = []
    starts, log = tmp_path / "starts", tmp_path / "log"
    starts.touch()

    def begin(kind: str) -> tuple[subprocess.Popen[bytes], Path, Path]:
        with log.open("wb") as output:
            command = [sys.executable, "-c", PROGRAM, str(starts), kind]
            running.append(subprocess.Popen(command, stderr=output, cwd=CHECKOUT))
        return running[0], starts, log

    yield begin
    for process in running:
        process.kill()
        process.wait()


def lines(path: Path) -> list[tuple[float, int]]:
    return [(float(at), int(pid)) for at, pid in (line.split() for line in path.read_text().splitlines(keepends=False))]


def test_a_service_that_dies_at_once_is_restarted_after_growing_delays(supervised) -> None:
    process, starts, log = supervised("dies")
    wait_until(lambda: len(lines(starts)) >= 5)
    announced = [float(wait) for wait in re.findall(r"restarting in ([\d.]+) s", log.read_text())]
    assert announced[:4] == [0.0, 1.0, 2.0, 4.0]
    times = [at for at, _ in lines(starts)]
    for number, wait in enumerate(announced[:4]):
        # At least: how much longer it takes is the machine's affair.
        assert times[number + 1] - times[number] >= wait
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0


def test_a_service_that_ignores_sigterm_is_killed(supervised) -> None:
    process, starts, _ = supervised("stays")
    ((_, pid),) = wait_until(lambda: lines(starts))
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    assert not is_alive(pid)
    # It was given the time to end by itself.
    assert time.monotonic() - began >= 8.0
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_service_that_does_not_respond_is_replaced(supervised) -> None:
    _, starts, log = supervised("silent")
    wait_until(lambda: len(starts.read_text().splitlines()) > 1, within=60)
    first, second = (line.split() for line in starts.read_text().splitlines()[:2])
    assert float(second[0]) - float(first[0]) > 1
    assert first[1] != second[1]
    assert "it has not responded for 1 s and is replaced" in log.read_text()
