"""Commands, run against the simulator and a data folder of their own."""

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
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("CHANNELDESK_UNDO_SECONDS", "0")
    monkeypatch.setenv("CHANNELDESK_FEED_INTERVAL", "0")
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def command(*words: str) -> CommandResult:
        return run_command(*words, "--data-dir", str(tmp_path / "cli"))

    return command


@pytest.fixture
def account_name(command: Command, amazon: AmazonServer, tmp_path: Path) -> str:
    """The name of an account connected to the simulator, with a store in Germany."""
    keys = {name: str(value) for name, value in DEMO_EU.credentials(amazon.url).items()}
    for name in ("client_secret", "refresh_token"):
        (tmp_path / name).write_text(keys[name])
    result = command(
        *("accounts", "connect", "--name", "Desk", "--region", keys["region"], "--seller-id", keys["seller_id"]),
        *("--client-id", keys["client_id"], "--client-secret-file", str(tmp_path / "client_secret")),
        *("--refresh-token-file", str(tmp_path / "refresh_token"), "--marketplaces", "DE"),
        *("--endpoint", keys["endpoint"], "--token-url", keys["token_url"], "--backfill-days", "30"),
    )
    assert result.code == 0, result.error
    return "Desk"
