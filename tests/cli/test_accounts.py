"""`channeldesk accounts` and `channeldesk stores`, run as a person or a script would."""

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.state.sellers import DEMO_EU
from tests.support.command_line import CommandError, run_successful_command
from tests.support.simulator_server import AmazonServer
from tests.support.web_pages import web_pages

pytestmark = pytest.mark.usefixtures("redis")


class Shell:
    """A command line with the secrets of an account in files."""

    def __init__(self, folder: Path, amazon_url: str) -> None:
        self.folder = folder
        self.url = amazon_url
        self.secret, self.token = folder / "secret", folder / "token"
        self.secret.write_text(DEMO_EU.client_secret)
        self.token.write_text(DEMO_EU.refresh_token)

    def run(self, *words: str) -> str:
        """Return what the command prints. Raises CommandError."""
        return run_successful_command(*words, "--data-dir", str(self.folder / "data"))

    def json(self, *words: str) -> Any:
        return json.loads(self.run(*words, "--json"))

    def connect(self, *more: str, **options: str) -> str:
        given = {
            "name": "Birch & Anvil",
            "region": "EU",
            "seller-id": DEMO_EU.id,
            "client-id": DEMO_EU.client_id,
            "client-secret-file": str(self.secret),
            "refresh-token-file": str(self.token),
            "marketplaces": "DE,SE",
            "endpoint": self.url,
            "token-url": f"{self.url}/auth/o2/token",
        } | {name.replace("_", "-"): value for name, value in options.items()}
        words = [word for name, value in given.items() for word in (f"--{name}", value)]
        return self.run("accounts", "connect", *words, *more)


@pytest.fixture
def shell(
    tmp_path: Path, redis_url: str, redis: object, amazon: AmazonServer, monkeypatch: pytest.MonkeyPatch
) -> Shell:
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return Shell(tmp_path, amazon.url)


def test_an_account_is_connected_and_listed_with_its_stores(shell):
    result = json.loads(shell.connect("--json", backfill_days="7"))

    assert set(result) == {
        "id",
        "name",
        "region",
        "seller_id",
        "stores",
        "created_at",
        "last_synced_at",
        "error_code",
        "error_message",
        "missing_datasets",
    }
    assert result["stores"] == ["Birch & Anvil DE", "Birch & Anvil SE"]
    assert shell.json("accounts", "list") == [result]
    assert shell.run("accounts", "list") == "1  Birch & Anvil  EU  Birch & Anvil DE, Birch & Anvil SE  synced never\n"
    germany, sweden = shell.json("stores", "list")
    assert (germany["name"], germany["slug"], germany["currency"]) == ("Birch & Anvil DE", "birch-anvil-de", "EUR")
    assert (sweden["marketplace"], sweden["active"], sweden["last_synced_at"]) == ("SE", True, None)
    assert germany["settings"] == shell.json("stores", "settings", "Birch & Anvil DE")
    assert shell.run("stores", "list").splitlines()[0] == "Birch & Anvil DE  DE  active  synced never"


def test_marketplaces_that_amazon_does_not_list_are_refused(shell, amazon):
    amazon.world.faults.arm("forbidden_dataset", dataset="BUYER", times=None)

    lines = shell.connect().splitlines()

    assert lines[0] == "Connected Birch & Anvil: Birch & Anvil DE, Birch & Anvil SE."
    assert lines[1].startswith("Amazon does not show: The buyer's name and e-mail address.")


def test_an_invalid_argument_is_one_line_and_nothing_is_stored(shell):
    for options, line in [
        ({"marketplaces": "DE,US"}, "Marketplace US belongs to region NA, not EU."),
        ({"marketplaces": "DE,XX"}, "There is no marketplace XX."),
        ({"marketplaces": "IT"}, "The account does not sell in marketplace IT."),
        ({"marketplaces": " , "}, "Choose at least one marketplace."),
        ({"region": "NA", "marketplaces": "US"}, "This account does not sell in region NA. Choose the region EU."),
        ({"backfill_days": "731"}, "Orders can be fetched from 0 to 730 days back."),
        ({"endpoint": "localhost:80"}, "endpoint is not a valid URL."),
        ({"client_secret_file": "/nowhere/secret"}, "/nowhere/secret cannot be read: No such file or directory."),
    ]:
        with pytest.raises(CommandError) as raised:
            shell.connect(**options)

        code, words = raised.value.args
        assert code == 1, (options, line)
        assert words.startswith(f"channeldesk: {line}"), (options, line)
        assert "\n" not in words, (options, line)
        assert shell.json("accounts", "list") == [], (options, line)
        assert shell.json("stores", "list") == [], (options, line)


def test_a_line_break_at_the_end_of_a_file_is_no_part_of_the_secret_and_the_region_may_be_lower_case(shell):
    shell.token.write_bytes(shell.token.read_bytes() + b"\r\n")

    assert json.loads(shell.connect("--json", region="eu"))["region"] == "EU"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"Atzr|wrong", "Amazon"),
        (b"Atzr|demo-refresh-eu\nmore\n", "{file} has spaces or several lines."),
        (b"\n", "{file} is empty."),
        (b"Atzr|demo refresh", "{file} has spaces or several lines."),
        (b"", "{file} is empty."),
        (b"\xff\xfeA\x00", "{file} does not hold a secret"),
    ],
)
def test_a_wrong_secret_is_one_line_with_advice(shell, content, line):
    shell.token.write_bytes(content)

    with pytest.raises(CommandError) as raised:
        shell.connect()

    code, words = raised.value.args
    assert code == 1
    assert words.startswith("channeldesk: " + line.format(file=shell.token))
    assert "\n" not in words
    assert "Atzr|" not in words
    assert shell.json("accounts", "list") == []


def test_an_address_that_answers_web_pages_is_recognised(shell):
    with web_pages() as url, pytest.raises(CommandError, match="with a web page instead of JSON"):
        shell.connect(endpoint=url)
    assert shell.json("accounts", "list") == []


def test_the_same_account_is_not_connected_twice(shell):
    shell.connect()

    with pytest.raises(CommandError, match="This seller account is connected already, as Birch & Anvil"):
        shell.connect(name="Another")
    assert len(shell.json("accounts", "list")) == 1


def test_settings_are_changed_all_or_none(shell):
    shell.connect()
    here = ("stores", "settings", "birch-anvil-de")

    result = shell.json(*here, "--set", "import_orders=disabled", "--set", "order_number_source=amazon")

    assert (result["import_orders"], result["order_number_source"], result["auto_invoice"]) == (
        "disabled",
        "amazon",
        "enabled",
    )
    assert "import_orders=disabled\n" in shell.run(*here)
    for change, line in {
        "import_orders=maybe": "import_orders must be one of: enabled, disabled.",
        "colour=red": "There is no order setting colour. Settings are: import_orders,",
        "import_orders": "import_orders is not KEY=VALUE.",
        "order_status=custom": "Enter the status of new orders",
    }.items():
        with pytest.raises(CommandError) as refused:
            shell.run(*here, "--set", "pending_orders=do_not_reserve", "--set", change)
        assert refused.value.args[0] == 1
        assert refused.value.args[1].startswith(f"channeldesk: {line}")
    assert shell.json(*here) == result
    with pytest.raises(CommandError, match="There is no store nowhere"):
        shell.run("stores", "settings", "nowhere")


def test_document_settings_are_changed_from_the_command_line(command, account_name):
    sender = command("stores", "documents", "Desk DE", "--set", r"documents_sender=Desk\nHafen 1", "--json")
    assert (sender.json["language"], sender.json["documents_sender"]) == ("de", "Desk\nHafen 1")
    wrong = command("stores", "documents", "Desk DE", "--set", "colour=red")
    assert wrong.code == 1
    assert "Documents have no setting colour." in wrong.error
