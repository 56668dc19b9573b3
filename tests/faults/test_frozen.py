"""Frozen processes of a running installation: health turns red, they are replaced, and people are notified once."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.running_app import PROGRAM, RunningApp, run_app, wait_until
from tests.support.webhooks import Receiver, webhook_receiver

pytestmark = [pytest.mark.processes, pytest.mark.slow]

# Comm names are cut to 15 characters.
NAMES = {"scheduler": "scheduler", "web": "web", "worker-submissi": "worker-submissions", "monitor": "monitor"}


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with webhook_receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def running_app(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[RunningApp]:
    """A running installation that sends alarms to the receiver."""
    folder = tmp_path_factory.mktemp("frozen") / "data"
    with run_app(folder) as running_app:
        command = [*PROGRAM, "alarms", "set", "--webhook-url", receiver.url, "--data-dir", str(folder)]
        subprocess.run(command, env={"PATH": "/usr/bin:/bin", "HOME": str(folder.parent)}, check=True)
        yield running_app


@pytest.mark.parametrize("name", NAMES)
def test_a_frozen_process_is_replaced_and_reported_once(running_app: RunningApp, receiver: Receiver, name: str) -> None:
    wait_until(running_app.is_healthy)
    receiver.posts.clear()
    pid = running_app.pids()[name]
    frozen_at = time.monotonic()
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: is_red(running_app), within=90)
    red_after = time.monotonic() - frozen_at
    wait_until(lambda: running_app.pids().get(name, pid) != pid, within=120)
    wait_until(lambda: len(receiver.posts) == 2, within=240)
    wait_until(running_app.is_healthy)
    key = f"processes:{NAMES[name]}"
    assert receiver.event_names() == [("alarm", key), ("all_clear", key)]
    assert red_after < 60
    assert "missed its heartbeat" in Path(running_app.log).read_text()


def test_a_frozen_valkey_is_replaced(running_app: RunningApp) -> None:
    """There may be no alarm: what a restart mends within seconds is none."""
    wait_until(running_app.is_healthy)
    pid = running_app.pids()["valkey-server"]
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: is_red(running_app), within=60)
    wait_until(lambda: running_app.pids().get("valkey-server", pid) != pid, within=60)
    wait_until(running_app.is_healthy)
    assert "valkey has not responded" in Path(running_app.log).read_text()


def is_red(running_app: RunningApp) -> bool:
    # 0: the web server does not answer.
    return running_app.health(timeout=2)[0] in {0, 503}
