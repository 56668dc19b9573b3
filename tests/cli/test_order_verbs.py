"""`channeldesk orders hold|unhold|invoice|refund|comment`."""

import pytest

from tests.cli.test_orders import ORDER_KEYS


@pytest.fixture
def number(command, connected, amazon):
    """Our number of an Order of one line, invoiced and unshipped."""
    amazon.world.place("DE")
    assert command("sync", connected).code == 0
    (order,) = command("orders", "list", "--json").json
    return order["number"]


def test_an_order_is_held_and_given_back(command, number):
    held = command("orders", "hold", number, "--reason", "Wait", "--until", "2999-01-01T00:00", "--json").json
    assert (held["state"], held.keys()) == ("holded", ORDER_KEYS)
    refused = command("orders", "refund", number)
    assert (refused.code, refused.error) == (
        1,
        "channeldesk: An Order with the status On hold cannot be refunded.",
    )
    assert command("orders", "unhold", number, "--json").json["state"] == "processing"
    assert command("orders", "comment", number, "Called", "--json").json["state"] == "processing"

    part = command("orders", "refund", number, "--item", "X=1")
    assert (part.code, part.error.startswith("channeldesk: X=1 is not SKU=PIECES")) == (1, True)
    decimals = command("orders", "refund", number, "--shipping", "0.001")
    assert decimals.error == "channeldesk: This has more decimals than EUR has: 2."
    back = command("orders", "refund", number)
    assert (back.code, "closed" in back.out, "document             100001" in back.out) == (0, True, True)
    invoice = command("orders", "invoice", number)
    assert invoice.error == "channeldesk: An Order with the status Closed cannot be invoiced."


@pytest.mark.parametrize("until", ["tomorrow", "2000-01-01"])
def test_a_time_that_cannot_be_is_refused(command, number, until):
    assert command("orders", "hold", number, "--reason", "Wait", "--until", until).code == 1
    assert command("orders", "show", number, "--json").json["state"] == "processing"
