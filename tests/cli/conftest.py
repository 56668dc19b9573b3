"""Commands, run against the simulator and a data folder of their own."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.state.sellers import DEMO_EU
from tests.support.command_line import CommandResult, run_command
from tests.support.simulator_server import AmazonServer

Command = Callable[..., CommandResult]


@pytest.fixture
def command(tmp_path: Path, redis_url: str, redis: object, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command on the data folder of the test: `command("sync", "Desk")`."""
    set_environment(monkeypatch, redis_url)

    def command(*words: str) -> CommandResult:
        return run_command(*words, "--data-dir", str(tmp_path / "cli"))

    return command


def set_environment(monkeypatch: pytest.MonkeyPatch, redis_url: str) -> None:
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("CHANNELDESK_UNDO_SECONDS", "0")
    monkeypatch.setenv("CHANNELDESK_FEED_INTERVAL", "0")
    monkeypatch.delenv("DATABASE_URL", raising=False)


@pytest.fixture(scope="session")
def connected(amazon_server: AmazonServer, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with an account, to copy from: a command takes long to create the database."""
    folder = tmp_path_factory.mktemp("connected")
    keys = {name: str(value) for name, value in DEMO_EU.credentials(amazon_server.url).items()}
    for name in ("client_secret", "refresh_token"):
        (folder / name).write_text(keys[name])
    with pytest.MonkeyPatch.context() as monkeypatch:
        set_environment(monkeypatch, redis_url)
        result = run_command(
            *("accounts", "connect", "--name", "Desk", "--region", keys["region"], "--seller-id", keys["seller_id"]),
            *("--client-id", keys["client_id"], "--client-secret-file", str(folder / "client_secret")),
            *("--refresh-token-file", str(folder / "refresh_token"), "--marketplaces", "DE"),
            *("--endpoint", keys["endpoint"], "--token-url", keys["token_url"], "--backfill-days", "30"),
            *("--data-dir", str(folder / "data")),
        )
    assert result.code == 0, result.error
    return folder / "data"


@pytest.fixture
def account_name(command: Command, amazon: AmazonServer, connected: Path, tmp_path: Path) -> str:
    """The name of an account connected to the simulator, with a store in Germany."""
    shutil.copytree(connected, tmp_path / "cli")
    return "Desk"
