"""The embedded Valkey, for commands with and without running processes."""

import os
import threading
from pathlib import Path

import pytest
from redis import Redis

from tests.support.running_app import run_app, run_refused_command, wait_until
from webapp.core import queue, redis_location
from webapp.core.errors import CannotRunError
from webapp.core.settings import Settings
from webapp.runtime import embedded_valkey

pytestmark = pytest.mark.processes


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load({}, data_dir=tmp_path / "a folder with spaces")


def test_a_command_alone_gets_a_valkey_that_ends_with_it(settings: Settings) -> None:
    with embedded_valkey.open_settings(settings) as usable, queue.connect(usable) as redis:
        redis.set("kept", "yes")
        assert redis.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert redis.config_get("appendfsync") == {"appendfsync": "everysec"}
    assert not embedded_valkey.is_answering(settings.data_dir)
    with embedded_valkey.open_settings(settings) as usable, queue.connect(usable) as redis:
        assert redis.get("kept") == b"yes"


def test_a_second_command_shares_the_server_and_the_first_waits_for_it(settings: Settings) -> None:
    first_is_leaving, second_is_in = threading.Event(), threading.Event()

    def second() -> None:
        with embedded_valkey.open_settings(settings) as usable, queue.connect(usable) as redis:
            second_is_in.set()
            first_is_leaving.wait()
            redis.set("from", "the second")

    with embedded_valkey.open_settings(settings) as usable:
        other = threading.Thread(target=second)
        other.start()
        assert second_is_in.wait(120)
        first_is_leaving.set()
        assert usable.redis_url.startswith("unix://")
    other.join()
    with embedded_valkey.open_settings(settings) as usable, queue.connect(usable) as redis:
        assert redis.get("from") == b"the second"


def test_a_command_uses_the_valkey_of_running_processes(tmp_path: Path) -> None:
    with run_app(tmp_path / "data") as running_app:
        settings = Settings.load({}, data_dir=running_app.data_dir)
        with embedded_valkey.open_settings(settings) as usable, queue.connect(usable) as redis:
            assert queue.get_last_heartbeat(redis) is not None
        wait_until(running_app.is_healthy)
        code, output = run_refused_command(
            "doctor", "--port", str(running_app.port), "--data-dir", str(running_app.data_dir), home=tmp_path
        )
        assert code == 0
        assert "ok    redis: Valkey 9.1.2, with a journal, noeviction\n" in output
        assert (
            f"ok    port: 127.0.0.1:{running_app.port} is in use, and a desk is running on this data folder\n" in output
        )


def test_a_configured_redis_that_does_not_answer_is_reported(settings: Settings) -> None:
    given = Settings.load({}, data_dir=settings.data_dir, redis_url="redis://127.0.0.1:1")
    does_not_answer = pytest.raises(CannotRunError, match=r"^The Redis at redis://127\.0\.0\.1:1 does not answer")
    with does_not_answer, embedded_valkey.open_settings(given):
        pass
    assert not settings.data_dir.exists()


def test_a_long_path_has_its_socket_in_a_private_short_one(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 90)
    path = redis_location.get_socket_path(long)
    assert len(os.fsencode(path)) <= redis_location.LONGEST_SOCKET_PATH
    assert path.parent.name.startswith(f"channeldesk-{os.getuid()}-")
    assert redis_location.get_socket_path(long) == path
    assert redis_location.get_socket_path(Path("/data")) == Path("/data/valkey.sock")


def test_the_url_of_a_path_with_spaces_is_understood() -> None:
    url = redis_location.get_url(Settings.load({}, data_dir=Path("/a desk")))
    assert Redis.from_url(url).connection_pool.connection_kwargs["path"] == "/a desk/valkey.sock"


def test_a_long_log_is_renamed_at_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_valkey, "MAX_LOG_SIZE", 10)
    log = tmp_path / "valkey.log"
    log.write_text("short")
    embedded_valkey.build_command(tmp_path)
    assert log.exists()
    log.write_text("longer than that")
    embedded_valkey.build_command(tmp_path)
    assert not log.exists()
    assert (tmp_path / "valkey.log.old").read_text() == "longer than that"
