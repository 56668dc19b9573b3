"""`channeldesk backup`, `restore` and `fence`: what they print, and what they refuse."""

import stat
from pathlib import Path

from tests.cli.conftest import Command


def test_a_backup_is_made_listed_and_restored(command: Command, account_name: str, tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    result = command("backup", "--to", str(folder))
    assert result.code == 0, result.error
    (path,) = folder.iterdir()
    assert result.out.startswith(f"{path}: 0 Amazon orders, 0 orders, ")
    assert f"keep a copy of them in another place ({tmp_path / 'cli' / 'keys'})." in result.out
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert command("backup", "--to", str(folder), "--list", "--json").json == {
        "backups": [path.name],
        "from_future": [],
    }
    future = folder / "channeldesk-29990101T000000Z.backup"
    future.touch()
    listed = command("backup", "--to", str(folder), "--list").out.splitlines()
    assert listed == [
        f"{future.name}  later than now: made while the clock was ahead, never the latest, never deleted",
        path.name,
    ]
    assert command("fence", "show").out == "Sending is not paused.\n"

    refused = command("restore", str(path))
    assert (refused.code, refused.out) == (1, "")
    assert "With --force it is moved to" in refused.error

    restored = command("restore", str(path), "--force", "--json")
    assert restored.code == 0, restored.error
    assert restored.json["set_aside"].startswith(str(tmp_path / "cli" / "before-restore-"))
    shown = command("fence", "show", "--json").json
    assert (shown["active"], shown["reason"], shown["not_compared"]) == (True, "restored", ["Desk"])
    assert command("fence", "discard").out.startswith("Discarded: 0.\nSending is paused since ")
    assert command("fence", "release").out == "Sending is not paused.\n"


def test_without_a_database_it_fails_and_makes_nothing(command: Command, tmp_path: Path) -> None:
    result = command("backup", "--to", str(tmp_path / "backups"))
    assert result.code == 1
    assert result.error.startswith(f"channeldesk: There is no database at {tmp_path / 'cli' / 'channeldesk.db'}.")
    assert not (tmp_path / "cli").exists()
