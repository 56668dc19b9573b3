"""The demo: the desk and Amazon's imitation, started by one command, twice in a row."""

import os
import re
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from tests.support.running_app import (
    Desk,
    refused,
    running,
    until,
)

pytestmark = pytest.mark.processes


def rows(desk: Desk, question: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(desk.data_dir / "channeldesk.db", timeout=60)
    try:
        return connection.execute(question).fetchall()
    finally:
        connection.close()


def simulator_desk(desk: Desk) -> str:
    said = until(lambda: re.search(r"buyers here: (http://127\.0\.0\.1:\d+/_desk)\n", desk.log.read_text()))
    return said[1]


def synced(desk: Desk) -> bool:
    return rows(desk, "SELECT DISTINCT account_id FROM sync_runs WHERE state = 'done' ORDER BY 1") == [(1,), (2,)]


def test_orders_arrive_and_a_second_start_finds_everything_again(tmp_path: Path) -> None:
    with running(tmp_path / "demo", "demo") as desk:
        assert f"http://127.0.0.1:{desk.port}/sign-in/" in until(desk.log.read_text)
        until(lambda: synced(desk))
        first = (simulator_desk(desk), rows(desk, "SELECT name FROM accounts"))
        (before,) = rows(desk, "SELECT count(*) FROM amazon_orders")
        assert before >= (300,)
    with running(tmp_path / "demo", "demo") as desk:
        assert (simulator_desk(desk), rows(desk, "SELECT name FROM accounts")) == first
        # Both accounts are synced once more, and nothing is there twice.
        until(lambda: rows(desk, "SELECT count(DISTINCT account_id) FROM sync_runs WHERE id > 2") == [(2,)])
        assert rows(desk, "SELECT number FROM amazon_orders GROUP BY number HAVING count(*) > 1") == []


def test_a_sync_whose_worker_is_killed_ends_within_30_seconds_and_nothing_is_doubled(tmp_path: Path) -> None:
    with running(tmp_path / "demo", "demo") as desk:
        until(lambda: rows(desk, "SELECT 1 FROM sync_runs WHERE state = 'running'") or synced(desk))
        killed = time.monotonic()
        os.kill(desk.pids()["worker-sync"], signal.SIGKILL)
        until(lambda: synced(desk))
        assert time.monotonic() - killed < 30
        assert rows(desk, "SELECT number FROM amazon_orders GROUP BY number HAVING count(*) > 1") == []


def test_a_port_in_use_is_said(tmp_path: Path) -> None:
    with running(tmp_path / "data") as desk:
        code, said = refused("demo", "--port", str(desk.port), "--data-dir", str(tmp_path / "demo"), home=tmp_path)
    assert code == 1
    assert said == (
        f"channeldesk: Port {desk.port} on 127.0.0.1 cannot be opened (Address already in use). Choose another one "
        "with --port, or end what uses it.\n"
    )
