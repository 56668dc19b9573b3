"""`channeldesk users`, run as a person or a script would."""

import json
from pathlib import Path

import pytest

from tests.support.command_line import CommandError, run_successful_command

GOOD = "correct horse battery\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return tmp_path / "data"


def run(folder: Path, *words: str, stdin: str | bytes = "") -> str:
    return run_successful_command("users", *words, "--data-dir", str(folder), stdin=stdin)


def test_a_user_is_created_listed_and_can_sign_in(folder: Path) -> None:
    created = json.loads(run(folder, "create", "--email", "Me@Desk.example", "--role", "owner", "--json", stdin=GOOD))
    assert set(created) == {"id", "email", "role", "active", "has_password", "created_at"}
    assert (created["email"], created["role"], created["has_password"]) == ("me@desk.example", "owner", True)
    assert run(folder, "list") == "me@desk.example  owner\n"
    assert json.loads(run(folder, "list", "--json")) == [created]
    assert run(folder, "link", "--email", "ME@desk.example").startswith("http://127.0.0.1:8480/sign-in/")
    assert set(json.loads(run(folder, "link", "--email", "me@desk.example", "--json"))) == {"link"}
    refused = "channeldesk: A user with this e-mail address already exists."
    with pytest.raises(CommandError) as raised:
        run(folder, "create", "--email", " me@desk.example", "--role", "viewer", stdin=GOOD)
    assert raised.value.args == (1, refused)


@pytest.mark.parametrize(
    ("email", "role", "password", "line"),
    [
        ("me", "owner", GOOD, "This is not an e-mail address."),
        (
            "me@x",
            "boss",
            GOOD,
            "There is no role boss. Roles are: owner, manager, support, packer, accountant, viewer.",
        ),
        ("me@x", "owner", "short\n", "A password needs at least 12 characters."),
        ("me@x", "owner", "", "A password needs at least 12 characters."),
        ("me@x", "owner", b"\xff" * 20, "The password on standard input is not UTF-8 text."),
    ],
)
def test_invalid_input_is_one_line_and_changes_nothing(
    folder: Path, email: str, role: str, password: str | bytes, line: str
) -> None:
    with pytest.raises(CommandError) as raised:
        run(folder, "create", "--email", email, "--role", role, stdin=password)
    assert raised.value.args == (1, f"channeldesk: {line}")
    assert not folder.exists()


def test_a_link_for_an_unknown_user_is_refused(folder: Path) -> None:
    with pytest.raises(CommandError) as raised:
        run(folder, "link", "--email", "who@desk.example")
    assert raised.value.args == (1, "channeldesk: There is no user with this e-mail address.")
