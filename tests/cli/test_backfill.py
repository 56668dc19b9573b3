import pytest

from tests.cli.conftest import Command


def test_a_backfill_is_started_paused_and_resumed(command: Command, account_name: str) -> None:
    assert command("backfill", "status", account_name, "--json").json == {"account": "Desk", "state": "none"}

    started = command("backfill", "start", account_name, "--days", "90", "--json").json
    assert (started["state"], started["percent"], started["received"]) == ("running", 0, 0)
    assert command("backfill", "pause", account_name, "--json").json["state"] == "paused"
    assert command("backfill", "status", account_name).out.split()[:2] == ["state", "paused"]
    assert command("backfill", "resume", account_name, "--json").json["state"] == "running"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("start", "Desk", "--days", "731"), "A backfill covers 1 to 730 days."),
        (("pause", "Desk"), "There is no backfill to pause."),
        (("resume", "Desk"), "There is no paused backfill."),
        (("status", "Nobody"), "There is no account Nobody."),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(command: Command, account_name: str, words, error) -> None:
    result = command("backfill", *words)
    assert (result.code, result.error) == (1, f"channeldesk: {error}")
