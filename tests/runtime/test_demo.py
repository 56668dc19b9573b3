"""The demo: the desk and Amazon's imitation, started by one command, twice in a row."""

import os
import re
import signal
import sqlite3
from pathlib import Path

import pytest

from tests.support.running_app import RunningApp, run_app, run_refused_command, wait_until

pytestmark = pytest.mark.processes


def rows(running_app: RunningApp, question: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(running_app.data_dir / "channeldesk.db", timeout=60)
    try:
        return connection.execute(question).fetchall()
    finally:
        connection.close()


def simulator_url(running_app: RunningApp) -> str:
    output = wait_until(
        lambda: re.search(r"buyers here: (http://127\.0\.0\.1:\d+/_control)\n", running_app.log.read_text())
    )
    return output[1]


def is_synced(running_app: RunningApp) -> bool:
    return rows(running_app, "SELECT DISTINCT account_id FROM sync_runs WHERE state = 'done' ORDER BY 1") == [
        (1,),
        (2,),
    ]


def test_orders_are_imported_and_a_second_start_keeps_everything(tmp_path: Path) -> None:
    with run_app(tmp_path / "demo", "demo") as running_app:
        assert f"http://127.0.0.1:{running_app.port}/sign-in/" in wait_until(running_app.log.read_text)
        wait_until(lambda: is_synced(running_app))
        first = (simulator_url(running_app), rows(running_app, "SELECT name FROM accounts"))
        (before,) = rows(running_app, "SELECT count(*) FROM amazon_orders")
        assert before >= (300,)
    with run_app(tmp_path / "demo", "demo") as running_app:
        assert (simulator_url(running_app), rows(running_app, "SELECT name FROM accounts")) == first
        # Both accounts are synced once more, and nothing is there twice.
        wait_until(lambda: rows(running_app, "SELECT count(DISTINCT account_id) FROM sync_runs WHERE id > 2") == [(2,)])
        assert rows(running_app, "SELECT number FROM amazon_orders GROUP BY number HAVING count(*) > 1") == []


def test_a_sync_whose_worker_is_killed_is_completed_and_nothing_is_doubled(tmp_path: Path) -> None:
    with run_app(tmp_path / "demo", "demo") as running_app:
        wait_until(
            lambda: rows(running_app, "SELECT 1 FROM sync_runs WHERE state = 'running'") or is_synced(running_app)
        )
        os.kill(running_app.pids()["worker-sync"], signal.SIGKILL)
        wait_until(lambda: is_synced(running_app))
        assert rows(running_app, "SELECT number FROM amazon_orders GROUP BY number HAVING count(*) > 1") == []


def test_a_port_in_use_is_reported(tmp_path: Path) -> None:
    with run_app(tmp_path / "data") as running_app:
        code, output = run_refused_command(
            "demo", "--port", str(running_app.port), "--data-dir", str(tmp_path / "demo"), home=tmp_path
        )
    assert code == 1
    assert output == (
        f"channeldesk: Port {running_app.port} on 127.0.0.1 cannot be opened (Address already in use). Choose another "
        "one with --port, or end what uses it.\n"
    )
