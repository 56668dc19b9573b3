"""Commands, run as a person or a script would, against Amazon's simulator and a data folder of their own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from simulator.state.sellers import DEMO_EU
from tests.support.simulator_server import AmazonServer
from webapp.cli import channeldesk
from webapp.cli.base import one_line_errors


class CommandResult(NamedTuple):
    """What a command printed and how it ended."""

    code: int
    out: str
    error: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class _GroupWithOneLineErrors(type(channeldesk)):  # type: ignore[misc]
    def invoke(self, context: object) -> object:
        with one_line_errors():
            return super().invoke(context)


_group = _GroupWithOneLineErrors(name="channeldesk")
Command = Callable[..., CommandResult]


@pytest.fixture
def command(tmp_path: Path, redis_url: str, redis: object, monkeypatch: pytest.MonkeyPatch) -> Command:
    """`command("sync", "Desk")`: what it says."""
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("CHANNELDESK_UNDO_SECONDS", "0")
    monkeypatch.setenv("CHANNELDESK_FEED_INTERVAL", "0")
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def command(*words: str) -> CommandResult:
        result = CliRunner().invoke(_group, [*words, "--data-dir", str(tmp_path / "cli")])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return CommandResult(result.exit_code, result.stdout, result.stderr.strip())

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
