import pytest
from redis import Redis
from sqlalchemy import create_engine, text

from tests.cli.conftest import Command
from tests.support.simulator_server import AmazonServer

COUNTS = ("received", "new", "changed", "same", "stale", "blocked", "quarantined", "orders_created")


def test_a_sync_prints_its_result(command: Command, account_name: str, amazon: AmazonServer) -> None:
    numbers = [amazon.world.place("DE") for _ in range(3)]
    run = command("sync", account_name, "--json").json
    counts = {name: run[name] for name in COUNTS}
    assert counts == dict.fromkeys(COUNTS, 0) | {"received": 3, "new": 3, "orders_created": 3}
    assert (run["account"], run["state"], run["pages"], len(numbers)) == ("Desk", "done", 1, 3)
    assert run["request_id"]
    again = command("sync", account_name)
    assert again.code == 0
    assert [line.split() for line in again.out.splitlines()][:2] == [["received", "3"], ["new", "0"]]


def test_since_reads_known_orders_again(command: Command, account_name: str, amazon: AmazonServer) -> None:
    amazon.world.place("DE")
    command("sync", account_name)
    run = command("sync", account_name, "--since", "2020-01-01", "--json").json
    assert (run["updated_after"], run["received"], run["same"]) == ("2020-01-01T00:00:00Z", 1, 1)


@pytest.mark.parametrize(
    ("since", "words"),
    [("yesterday", "'yesterday' is no instant"), ("2999-01-01T00:00:00Z", "lies in the future")],
)
def test_an_invalid_time_is_refused(command: Command, since: str, words: str) -> None:
    result = command("sync", "Desk", "--since", since)
    assert result.code == 2
    assert words in result.error


def test_an_unknown_account_is_one_clear_line(command: Command) -> None:
    result = command("sync", "Nobody")
    assert (result.code, result.error) == (1, "channeldesk: There is no account Nobody.")


def test_a_second_sync_at_once_is_one_clear_line(command: Command, account_name: str, tmp_path) -> None:
    """Another process holds the lease."""
    engine = create_engine(f"sqlite:///{tmp_path / 'cli' / 'channeldesk.db'}")
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO leases VALUES ('sync-1', 'somebody', '2999-01-01 00:00:00')"))
    engine.dispose()
    result = command("sync", account_name)
    line = "channeldesk: A sync of this account is already running. Wait until it has finished."
    assert (result.code, result.out, result.error) == (1, "", line)


def test_amazons_refusal_is_one_line_with_its_words(
    command: Command, account_name: str, amazon: AmazonServer, redis: Redis
) -> None:
    # Without it the access token of before would do.
    redis.flushall()
    amazon.world.faults.arm("invalid_grant", times=None)
    result = command("sync", account_name)
    assert (result.code, result.out) == (1, "")
    assert result.error.startswith("channeldesk: ")
    assert "refresh token" in result.error
    assert "(Amazon's request " in result.error
    assert "\n" not in result.error
