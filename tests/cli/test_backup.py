"""`channeldesk backup`: what it prints, and what it refuses."""

import json
import stat
from pathlib import Path

from tests.cli.conftest import Command


def test_the_command_prints_what_is_in_the_backup_and_that_the_keys_are_not(
    command: Command, account_name: str, tmp_path: Path
) -> None:
    target = tmp_path / "a backup.db"
    result = command("backup", str(target))
    assert result.code == 0, result.error
    assert f"{target}: 0 Amazon orders, 0 orders, " in result.out
    assert f"The keys are not in it: keep a copy of them in another place ({tmp_path / 'cli' / 'keys'})." in result.out
    assert stat.S_IMODE(target.stat().st_mode) == 0o600

    refused = command("backup", str(target))
    assert (refused.code, refused.out) == (1, "")
    assert refused.error == f"channeldesk: {target} exists. Choose another file, or replace it with --force."

    again = command("backup", str(target), "--force", "--json")
    assert again.code == 0, again.error
    assert json.loads(again.out)["bytes"] == target.stat().st_size
    assert json.loads(again.out)["revision"]


def test_without_a_database_it_fails_and_makes_nothing(command: Command, tmp_path: Path) -> None:
    result = command("backup", str(tmp_path / "one.db"))
    assert result.code == 1
    assert result.error.startswith(f"channeldesk: There is no database at {tmp_path / 'cli' / 'channeldesk.db'}.")
    assert not (tmp_path / "cli").exists()
