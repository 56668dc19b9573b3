"""The desk as a person runs it: its processes are killed, ended, started twice."""

import contextlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.running_app import (
    PROGRAM,
    RunningApp,
    descendants,
    is_alive,
    run_app,
    run_refused_command,
    wait_until,
)

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def running_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    with run_app(tmp_path_factory.mktemp("a desk") / "data") as running_app:
        yield running_app


def test_up_prints_its_address_and_the_first_sign_in_link_once(running_app: RunningApp) -> None:
    content = running_app.log.read_text()
    assert f"Channeldesk is ready: http://127.0.0.1:{running_app.port}\n" in content
    assert f"http://127.0.0.1:{running_app.port}/sign-in/" in content


def test_up_starts_these_processes(running_app: RunningApp) -> None:
    names = {
        "valkey-server",
        "scheduler",
        "monitor",
        "web",
        "worker-sync",
        "worker-submissi",
        "worker-mails",
        "worker-bulk",
        "worker-backgrou",
        "worker-maintena",
    }
    assert set(running_app.pids()) == names


def test_the_data_folder_is_private(running_app: RunningApp) -> None:
    assert running_app.data_dir.stat().st_mode & 0o777 == 0o700
    assert (running_app.data_dir / "keys").stat().st_mode & 0o777 == 0o600
    assert (running_app.data_dir / "valkey.sock").stat().st_mode & 0o777 == 0o700


def test_all_idle_processes_use_less_than_280_mb(running_app: RunningApp) -> None:
    sizes = [kilobytes(pid) for pid in (running_app.process.pid, *descendants(running_app.process.pid))]
    assert sum(sizes) < 280 * 1024


def test_two_hundred_slow_connections_block_no_page(running_app: RunningApp) -> None:
    begun = (b"", b"GET /sign-in HTTP/1.1\r\nX-Slow: ", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n")
    with contextlib.ExitStack() as stack:
        clients = [
            stack.enter_context(socket.create_connection(("127.0.0.1", running_app.port), timeout=30))
            for _ in range(200)
        ]
        for number, client in enumerate(clients):
            client.sendall(begun[number % len(begun)])
        for _ in range(3):
            assert running_app.health()[0] == 200
        for client in clients:
            client.settimeout(90)
            with contextlib.suppress(ConnectionError):
                assert client.recv(1) == b"", "the server ends what does not go on"


def kilobytes(pid: int) -> int:
    """The process's share of memory; nothing of a job that has just ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


@pytest.mark.parametrize(
    "name",
    [
        "web",
        "worker-sync",
        "worker-submissi",
        "worker-mails",
        "worker-bulk",
        "worker-backgrou",
        "worker-maintena",
        "scheduler",
        "valkey-server",
    ],
)
def test_a_killed_process_is_restarted(running_app: RunningApp, name: str) -> None:
    killed = running_app.pids()[name]
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: running_app.pids().get(name, killed) != killed)
    wait_until(running_app.is_healthy)


def test_a_second_start_on_the_same_folder_is_refused(running_app: RunningApp) -> None:
    code, output = run_refused_command(
        "up", "--port", "0", "--data-dir", str(running_app.data_dir), home=running_app.data_dir
    )
    assert code == 1
    assert output == (
        f"channeldesk: A desk is running on {running_app.data_dir} already. Open it, end it, or name another folder "
        "with --data-dir.\n"
    )
    assert running_app.is_healthy()


def test_a_port_in_use_is_reported_and_nothing_is_created(running_app: RunningApp, tmp_path: Path) -> None:
    code, output = run_refused_command(
        "up", "--port", str(running_app.port), "--data-dir", str(tmp_path / "other"), home=tmp_path
    )
    assert code == 1
    assert output == (
        f"channeldesk: Port {running_app.port} on 127.0.0.1 cannot be opened (Address already in use). Choose another "
        "one with --port, or end what uses it.\n"
    )
    assert {path.name for path in (tmp_path / "other").iterdir()} == {".gitignore", "desk.lock"}


def test_sigterm_ends_everything_cleanly(tmp_path: Path) -> None:
    with run_app(tmp_path / "data") as running_app:
        everybody = [running_app.process.pid, *descendants(running_app.process.pid)]
        running_app.process.send_signal(signal.SIGTERM)
        assert running_app.process.wait(120) == 0
        assert not [pid for pid in everybody if is_alive(pid)]
        with socket.create_server(("127.0.0.1", running_app.port)):
            pass


def test_a_killed_supervisor_leaves_no_orphan_and_the_next_start_works(tmp_path: Path) -> None:
    with run_app(tmp_path / "data") as running_app:
        everybody = list(descendants(running_app.process.pid))
        running_app.process.kill()
        running_app.process.wait()
        wait_until(lambda: not [pid for pid in everybody if is_alive(pid)])
    with run_app(tmp_path / "data") as running_app:
        wait_until(running_app.is_healthy)


def test_a_sign_in_link_uses_the_port_of_the_running_server(tmp_path: Path) -> None:
    def users(*words: str) -> str:
        command = [*PROGRAM, "users", *words, "--email", "a@desk.example", "--data-dir", str(tmp_path / "data")]
        home = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
        password = b"correct horse battery staple"
        return subprocess.run(command, input=password, stdout=subprocess.PIPE, env=home, check=True).stdout.decode()

    with run_app(tmp_path / "data") as running_app:
        users("create", "--role", "owner")
        assert users("link").startswith(f"http://127.0.0.1:{running_app.port}/sign-in/")
        running_app.process.kill()
        running_app.process.wait(120)

    # Its processes hold the lock until they have noticed.
    wait_until(lambda: users("link").startswith("http://127.0.0.1:8480/sign-in/"))


def test_a_data_folder_that_is_a_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    code, output = run_refused_command("up", "--port", "0", "--data-dir", str(tmp_path / "data"), home=tmp_path)
    assert code == 1
    assert output == (
        f"channeldesk: {tmp_path / 'data'} is a file; the data folder has to be a folder. Name another with "
        "--data-dir.\n"
    )


def test_a_data_folder_on_a_read_only_file_system_is_reported(tmp_path: Path) -> None:
    # Root may write wherever the file system lets it; /proc lets nobody.
    code, output = run_refused_command("up", "--port", "0", "--data-dir", "/proc/channeldesk", home=tmp_path)
    assert code == 1
    assert output.startswith("channeldesk: The data folder /proc/channeldesk cannot be made (")
    assert output.endswith("Name another with --data-dir.\n")


def test_a_redis_that_does_not_answer_is_reported_without_its_password(tmp_path: Path) -> None:
    environ = {"REDIS_URL": "redis://desk:secret@127.0.0.1:1/0"}
    code, output = run_refused_command(
        "up", "--port", "0", "--data-dir", str(tmp_path / "data"), home=tmp_path, environ=environ
    )
    assert code == 1
    assert output == (
        "channeldesk: The Redis at redis://127.0.0.1:1/0 does not answer (ConnectionError). Start it, correct "
        "REDIS_URL, or unset REDIS_URL to use the embedded Valkey.\n"
    )
    assert not (tmp_path / "data" / "channeldesk.db").exists()


def test_a_database_from_a_newer_version_is_refused_untouched(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    with sqlite3.connect(folder / "channeldesk.db") as database:
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        database.execute("INSERT INTO alembic_version VALUES ('from_the_future')")
    database.close()
    environ = {"CHANNELDESK_KEYS": "k" * 40}
    code, output = run_refused_command("up", "--port", "0", "--data-dir", str(folder), home=tmp_path, environ=environ)
    assert code == 1
    assert output == (
        "channeldesk: The database is of a newer Channeldesk (revision from_the_future). Run that version, or restore "
        "a copy made before it was upgraded.\n"
    )
    assert not (folder / "backups").exists()


def test_a_long_folder_name_gets_its_socket_elsewhere(tmp_path: Path) -> None:
    deep = tmp_path / ("a long name " * 8).strip() / "data"
    with run_app(deep) as running_app:
        wait_until(running_app.is_healthy)
        assert not (deep / "valkey.sock").exists()
    shutil.rmtree(deep)
