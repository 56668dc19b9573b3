"""The embedded Valkey on damaged files: it starts without them, and no work is lost."""

import logging
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.running_app import run_app, run_refused_command, wait_until
from webapp.core import queue, redis_location
from webapp.core.errors import CannotRunError
from webapp.core.settings import Settings
from webapp.runtime import embedded_valkey

pytestmark = pytest.mark.processes


def journal(folder: Path) -> Path:
    (found,) = (folder / "appendonlydir").glob("*.incr.aof")
    return found


def garbage_in_the_middle(folder: Path) -> None:
    path = journal(folder)
    content = path.read_bytes()
    path.write_bytes(content[:20] + os.urandom(200) + content[20:])


def garbage_only(folder: Path) -> None:
    journal(folder).write_bytes(os.urandom(5000))


def a_dump_of_a_newer_version(folder: Path) -> None:
    (base,) = (folder / "appendonlydir").glob("*.base.rdb")
    base.write_bytes(b"REDIS9999" + base.read_bytes()[9:])


def a_missing_part(folder: Path) -> None:
    journal(folder).unlink()
    (base,) = (folder / "appendonlydir").glob("*.base.rdb")
    base.unlink()


def an_unreadable_manifest(folder: Path) -> None:
    (manifest,) = (folder / "appendonlydir").glob("*.manifest")
    manifest.write_text("this is no manifest\n")


def a_folder_in_place_of_a_file(folder: Path) -> None:
    path = journal(folder)
    path.unlink()
    path.mkdir()


def a_file_in_place_of_the_folder(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("not a folder")


DAMAGES = [
    garbage_in_the_middle,
    garbage_only,
    a_dump_of_a_newer_version,
    a_missing_part,
    an_unreadable_manifest,
    a_folder_in_place_of_a_file,
    a_file_in_place_of_the_folder,
]


@pytest.fixture
def used(tmp_path: Path) -> Settings:
    """A data folder whose server was used and has ended."""
    settings = Settings.load({}, data_dir=tmp_path / "data")
    with embedded_valkey.open_settings(settings) as usable, queue.connect(usable) as redis:
        for n in range(50):
            redis.set(f"key {n}", "value" * 20)
    return settings


@pytest.mark.parametrize("damage", DAMAGES)
def test_files_it_does_not_start_on_are_set_aside(
    used: Settings, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    damage(used.data_dir / "valkey")
    assert redis_location.find_last_damage(used.data_dir) is None
    with embedded_valkey.open_settings(used) as usable, queue.connect(usable) as redis:
        assert redis.dbsize() == 0
        redis.set("after", "it")
    (aside,) = used.data_dir.glob("valkey.damaged-*")
    assert redis_location.find_last_damage(used.data_dir) is not None
    (line,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert str(aside) in line
    with embedded_valkey.open_settings(used) as usable, queue.connect(usable) as redis:
        assert redis.get("after") == b"it"


def test_a_truncated_journal_is_read_as_far_as_it_goes(used: Settings) -> None:
    path = journal(used.data_dir / "valkey")
    path.write_bytes(path.read_bytes()[:-7])
    with embedded_valkey.open_settings(used) as usable, queue.connect(usable) as redis:
        assert redis.dbsize() >= 48
    assert redis_location.find_last_damage(used.data_dir) is None


def test_a_deleted_folder_is_made_anew(used: Settings) -> None:
    shutil.rmtree(used.data_dir / "valkey")
    with embedded_valkey.open_settings(used) as usable, queue.connect(usable) as redis:
        assert redis.dbsize() == 0
    assert redis_location.find_last_damage(used.data_dir) is None


def test_another_start_error_is_reported_and_nothing_is_set_aside_again(
    used: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_valkey, "find_binary", lambda: shutil.which("false"))
    says_why = pytest.raises(CannotRunError, match=r"did not start; .*valkey\.log says why")
    for _ in range(3):
        with says_why, embedded_valkey.open_settings(used):
            pass
    assert len(list(used.data_dir.glob("valkey.damaged-*"))) == 1


def test_files_damaged_again_at_once_are_set_aside_again(used: Settings) -> None:
    for n in range(embedded_valkey.KEPT_ASIDE + 2):
        garbage_only(used.data_dir / "valkey")
        with embedded_valkey.open_settings(used) as usable, queue.connect(usable) as redis:
            assert redis.dbsize() == 0
            redis.set("after", n)
    assert len(list(used.data_dir.glob("valkey.damaged-*"))) == embedded_valkey.KEPT_ASIDE


def test_two_files_set_aside_in_the_same_second_keep_different_names(used: Settings) -> None:
    first = embedded_valkey.rename_damaged_files(used.data_dir)
    (used.data_dir / "valkey").mkdir()
    (used.data_dir / "valkey" / "file").touch()
    assert first is not None
    assert first != embedded_valkey.rename_damaged_files(used.data_dir)
    assert len(list(used.data_dir.glob("valkey.damaged-*"))) == 2


def test_a_server_that_writes_files_and_never_starts_fills_no_disk(
    used: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "broken-server"
    broken.write_text(f"#!/bin/sh\necho started >> {tmp_path / 'starts'}\necho x > {used.data_dir}/valkey/x\nexit 1\n")
    broken.chmod(0o700)
    monkeypatch.setattr(embedded_valkey, "find_binary", lambda: str(broken))
    for _ in range(embedded_valkey.KEPT_ASIDE + 1):
        with pytest.raises(CannotRunError), embedded_valkey.open_settings(used):
            pass
    assert len(list(used.data_dir.glob("valkey.damaged-*"))) == embedded_valkey.KEPT_ASIDE
    # Each command starts it once more, on an empty folder, and then reports the failure.
    assert len((tmp_path / "starts").read_text().splitlines()) == 2 * (embedded_valkey.KEPT_ASIDE + 1)


def test_only_the_last_ones_are_kept(used: Settings) -> None:
    for n in range(5):
        (used.data_dir / f"valkey.damaged-2026010{n}-000000").mkdir()
    assert embedded_valkey.rename_damaged_files(used.data_dir) is not None
    assert len(list(used.data_dir.glob("valkey.damaged-*"))) == embedded_valkey.KEPT_ASIDE


def test_running_processes_recover_when_valkey_cannot_read_its_files(tmp_path: Path) -> None:
    with run_app(tmp_path / "data") as running_app:
        assert running_app.health()[1]["redis_files_set_aside_at"] is None
        garbage_only(running_app.data_dir / "valkey")
        os.kill(running_app.pids()["valkey-server"], signal.SIGKILL)
        wait_until(lambda: running_app.health()[1].get("redis_files_set_aside_at"))
        wait_until(running_app.is_healthy)
        log = running_app.log.read_text()
        assert "did not start on its files" in log
        assert "Traceback" not in log
        assert len(list(running_app.data_dir.glob("valkey.damaged-*"))) == 1
        result = run_refused_command(
            "doctor", "--port", str(running_app.port), "--data-dir", str(running_app.data_dir), home=tmp_path
        )[1]
        assert "warn  redis: " in result
        assert "valkey.damaged-" in result


def test_running_processes_recover_when_valkey_cannot_read_its_files_three_times(tmp_path: Path) -> None:
    with run_app(tmp_path / "data") as running_app:
        for n in range(1, 4):
            wait_until(running_app.is_healthy)
            garbage_only(running_app.data_dir / "valkey")
            os.kill(running_app.pids()["valkey-server"], signal.SIGKILL)
            wait_until(lambda n=n: len(list(running_app.data_dir.glob("valkey.damaged-*"))) == n)
        wait_until(running_app.is_healthy)


def test_channeldesk_starts_when_the_files_were_just_set_aside(tmp_path: Path) -> None:
    for n in range(2):
        with run_app(tmp_path / "data") as running_app:
            wait_until(running_app.is_healthy)
            assert len(list(running_app.data_dir.glob("valkey.damaged-*"))) == n
        garbage_only(tmp_path / "data" / "valkey")
    with run_app(tmp_path / "data") as running_app:
        wait_until(running_app.is_healthy)


def test_running_processes_recover_when_the_valkey_folder_was_deleted(tmp_path: Path) -> None:
    with run_app(tmp_path / "data") as running_app:
        shutil.rmtree(running_app.data_dir / "valkey")
        killed = running_app.pids()["valkey-server"]
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: running_app.pids().get("valkey-server", killed) != killed)
        wait_until(running_app.is_healthy)
        assert (running_app.data_dir / "valkey" / "appendonlydir").is_dir()
