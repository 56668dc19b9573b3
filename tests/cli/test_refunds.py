"""`channeldesk refunds`: the refund check on the command line."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from simulator.operations import adjustments
from tests.cli.conftest import Command
from tests.support.simulator_server import AmazonServer
from webapp import create_app
from webapp.core.extensions import db
from webapp.core.settings import Settings
from webapp.models.accounts import Account


@pytest.fixture
def refunded(command: Command, account_name: str, amazon: AmazonServer, tmp_path: Path) -> str:
    """The number of an order of which 5.00 was refunded in Seller Central."""
    number = amazon.world.place("DE", status="SHIPPED")
    command("sync", account_name)
    app = create_app(Settings.load({}, data_dir=tmp_path / "cli"))
    with app.app_context():
        db.session.execute(update(Account).values(created_at=datetime.now(UTC) - timedelta(days=2)))
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    amazon.world.finances_delay = 0
    with amazon.world.lock:
        order = amazon.world.orders[number]
        adjustments.refund_remaining(amazon.world, order, amount="5.00")
        amazon.world.clock.move(300)
    return number


def test_the_check_finds_a_refund_made_elsewhere_and_it_is_marked_as_checked(
    command: Command, account_name: str, refunded: str
) -> None:
    (finding,) = command("refunds", "check", account_name, "--json").json
    assert (finding["kind"], finding["amazon_order_number"]) == ("elsewhere", refunded)
    assert (finding["amount"], finding["expected"]) == ({"amount": "5.00", "currency": "EUR"}, None)
    assert finding["request_id"]
    assert command("refunds", "list").out == f"     1  elsewhere  {refunded}  5.00 EUR\n"
    assert command("refunds", "checked", "1").out == "Finding 1 is marked as checked.\n"
    assert command("refunds", "check").out.startswith("All refunds agree")
    assert "no entry 9" in command("refunds", "checked", "9").error


def test_an_unknown_account_is_said(command: Command, account_name: str) -> None:
    assert command("refunds", "check", "Nobody").code == 1
