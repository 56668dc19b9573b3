import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.simulator.application import EVERYTHING, Application

pytestmark = pytest.mark.processes
ROOT = Path(__file__).parents[2]


@contextmanager
def simulator(*arguments):
    """Run the simulator as a process; yield it, its URL and the line it printed."""
    command = [sys.executable, "-m", "simulator", "--port", "0", *map(str, arguments)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            yield process, line.split()[3].rstrip(","), line
        finally:
            process.kill()


def test_it_prints_its_url_serves_and_shuts_down_cleanly(tmp_path):
    with simulator("--state", tmp_path / "world", "--arrivals", "20") as (process, url, line):
        assert line == f"Amazon simulator at {url}, control page at {url}/_control\n"
        assert len(httpx.get(f"{url}/_control/api/orders").json()) == 300
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=120) == 0
        assert process.stdout.read() == process.stderr.read() == ""


def test_a_killed_simulator_loses_nothing(tmp_path):
    options = ("--scenario", "empty", "--state", tmp_path / "world")
    with simulator(*options) as (process, url, _):
        number = httpx.post(f"{url}/_control/api/place", json={}).json()["order_id"]
        process.kill()
        process.wait(timeout=120)
    with simulator(*options) as (_, url, _):
        assert [order["order_id"] for order in httpx.get(f"{url}/_control/api/orders").json()] == [number]


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc to weigh a process")
def test_memory_use_is_low(tmp_path):
    with simulator("--state", tmp_path / "world") as (process, url, _):
        for page in ("/_control", "/_control/api/orders", "/_control/settings"):
            assert httpx.get(url + page).status_code == 200
        assert len(Application(url).search(includedData=EVERYTHING).json()["orders"]) == 100
        pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
        assert pages * os.sysconf("SC_PAGE_SIZE") < 45 * 2**20


@pytest.mark.parametrize("wrong", [("--scenario", "sunday"), ("--state", "/proc/nowhere/world")])
def test_a_failed_start_prints_one_line(wrong):
    command = [sys.executable, "-m", "simulator", "--port", "0", *wrong]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("The simulator cannot start: ")
    assert ended.stderr.count("\n") == 1


def test_a_port_in_use_is_reported():
    with simulator() as (_, url, _):
        command = [sys.executable, "-m", "simulator", "--port", url.rpartition(":")[2]]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)
    assert ended.returncode != 0
    assert "in use" in ended.stderr
