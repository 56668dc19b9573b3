from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.cli.conftest import Command
from tests.support.simulator_server import AmazonServer
from webapp import create_app
from webapp.core.extensions import db
from webapp.core.settings import Settings
from webapp.models.amazon_orders import AmazonOrder
from webapp.services.submissions import cancellations

KEYS = {"id", "kind", "amazon_order_number", "state", "message", "request_id"}


@pytest.fixture
def asked(command: Command, account_name: str, amazon: AmazonServer, tmp_path: Path) -> str:
    """The number of an order whose cancellation was asked for; it can no longer be undone."""
    number = amazon.world.place("DE")
    command("sync", account_name)
    app = create_app(Settings.load({}, data_dir=tmp_path / "cli"))
    with app.app_context():
        order = db.session.scalars(select(AmazonOrder)).one()
        cancellations.request(db.session(), order.id, "NoInventory", undo_seconds=0, now=datetime.now(UTC), actor="cli")
        db.session.remove()
        db.engine.dispose()
    return number


def test_submissions_are_listed(command: Command, asked: str) -> None:
    (one,) = command("submissions", "list", "--open", "--json").json
    assert set(one) >= KEYS
    assert (one["kind"], one["amazon_order_number"], one["state"]) == ("cancellation", asked, "queued")
    assert command("submissions", "list", "--state", "queued").out == f"     1  cancellation  {asked}  queued\n"
    assert command("submissions", "list", "--state", "rejected", "--json").json == []


def test_run_with_wait_follows_a_submission_until_it_is_verified(
    command: Command, account_name: str, asked: str
) -> None:
    (one,) = command("submissions", "run", account_name, "--wait", "20", "--json").json
    assert (one["state"], one["open"], one["message"]) == ("verified", False, None)
    assert one["request_id"]
    assert command("submissions", "list", "--open", "--json").json == []


def test_run_without_wait_takes_one_step(command: Command, asked: str) -> None:
    (one,) = command("submissions", "run", "--json").json
    assert (one["state"], one["open"]) == ("sent", True)


def test_a_rejection_is_printed_with_amazons_message(command: Command, asked: str, amazon: AmazonServer) -> None:
    amazon.world.faults.arm("feed_rejected", times=None)
    (one,) = command("submissions", "run", "--wait", "20", "--json").json
    assert one["state"] == "rejected"
    assert one["message"]
    assert one["message"] in command("submissions", "list").out


def test_with_nothing_to_do_run_ends_at_once(command: Command, account_name: str) -> None:
    assert command("submissions", "run", "--wait", "60").out == "There are no such submissions.\n"


def test_an_unknown_account_is_one_clear_line(command: Command) -> None:
    result = command("submissions", "run", "Nobody")
    assert (result.code, result.error) == (1, "channeldesk: There is no account Nobody.")
