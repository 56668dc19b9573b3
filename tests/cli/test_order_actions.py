"""`channeldesk orders hold|unhold|invoice|ship|refund|comment`."""

import pytest
from sqlalchemy import create_engine, text

from simulator.operations import lifecycle
from tests.cli.test_orders import ORDER_KEYS


@pytest.fixture
def number(command, account_name, amazon):
    """Our number of an Order of one line, invoiced and unshipped."""
    amazon.world.place("DE")
    assert command("sync", account_name).code == 0
    (order,) = command("orders", "list", "--json").json
    return order["number"]


def test_an_order_is_held_and_released(command, number):
    held = command("orders", "hold", number, "--reason", "Wait", "--until", "2099-01-01T00:00", "--json").json
    assert (held["state"], held.keys()) == ("holded", ORDER_KEYS)
    refused = command("orders", "refund", number)
    assert (refused.code, refused.error) == (
        1,
        "channeldesk: An order with the status On hold cannot be refunded.",
    )
    assert command("orders", "unhold", number, "--json").json["state"] == "processing"
    assert command("orders", "comment", number, "Called", "--json").json["state"] == "processing"

    part = command("orders", "refund", number, "--item", "X=1")
    assert (part.code, part.error.startswith("channeldesk: X=1 is not SKU=QUANTITY")) == (1, True)
    decimals = command("orders", "refund", number, "--shipping", "0.001")
    assert decimals.error == "channeldesk: shipping: Amounts in EUR have at most 2 decimals."
    at_once = command("orders", "refund", number, "--no-undo")
    assert (at_once.code, "--no-undo is for --on-amazon" in at_once.error) == (2, True)
    back = command("orders", "refund", number)
    assert (back.code, "closed" in back.out, "document             100001" in back.out) == (0, True, True)
    invoice = command("orders", "invoice", number)
    assert invoice.error == "channeldesk: An order with the status Closed cannot be invoiced."


def test_a_number_is_taken_as_it_was_copied(command, number):
    assert command("orders", "show", f" {number}\r\n", "--json").json["number"] == number
    empty = command("orders", "unhold", " ")
    assert (empty.code, "it is empty; write the number of an order." in empty.error) == (2, True)


def test_a_line_that_has_no_sku_goes_by_a_dash(command, number, tmp_path):
    (item,) = command("orders", "show", number, "--json").json["items"]
    engine = create_engine(f"sqlite:///{tmp_path / 'cli' / 'channeldesk.db'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE order_items SET sku = NULL"))
    engine.dispose()

    twice = command("orders", "ship", number, "--item", "-=1", "--item", "-=1")
    shipped = command("orders", "ship", number, "--item", f"-={item['ordered']}", "--json")

    assert twice.error.endswith("Each of its lines can be named once: -.")
    assert shipped.json["items"] == [item | {"sku": None, "shipped": item["ordered"]}]


def test_an_impossible_time_is_refused(command, number):
    for until in ["tomorrow", "2000-01-01", "9999-12-31T23:59-05:00"]:
        assert command("orders", "hold", number, "--reason", "Wait", "--until", until).code == 1, until
        assert command("orders", "show", number, "--json").json["state"] == "processing", until


def test_an_order_is_shipped_and_the_shipment_is_sent(command, number, account_name, amazon):
    nameless = command("orders", "ship", number, "--tracking", "X-1")
    assert nameless.error == "channeldesk: Carrier not recognized. Choose one."

    shipped = command("orders", "ship", number, "--tracking", "00340434161094042557", "--no-undo", "--json").json
    assert (shipped["document"], shipped["state"]) == ("100001", "awaiting_amazon")
    (one,) = command("submissions", "list", "--kind", "shipment", "--json").json
    assert (one["state"], one["details"]["carrier"]) == ("queued", "DHL")
    again = command("submissions", "again", str(one["id"]))
    assert (
        again.error
        == "channeldesk: It has not finished yet, so it cannot be sent again. Follow it under Sent to Amazon."
    )

    (submission,) = command("submissions", "run", account_name, "--wait", "20", "--json").json

    assert submission["state"] == "verified"
    (entry,) = amazon.world.effects("shipment")
    assert (entry["carrier"], entry["tracking_number"]) == ("DHL", "00340434161094042557")
    assert (
        command("orders", "ship", number).error == "channeldesk: An order with the status Complete cannot be shipped."
    )
    late = command("submissions", "undo", str(one["id"]))
    assert late.error == "channeldesk: It is too late to undo this. Its state is: Verified."


@pytest.mark.parametrize(
    ("tracking", "reason"),
    [
        ("00340434161094042558", "The check digit is wrong for a number of DHL."),
        ("340434161094042000", "The number ends in zeros after 15 digits"),
        ("1Z999AA10123456784", "This looks like a number of UPS, not of DHL."),
        ("https://carrier.example/00340434161094042557", "This is a link."),
    ],
)
def test_a_doubtful_number_is_refused_with_its_reason_unless_it_is_accepted(command, number, tracking, reason):
    ship = ("orders", "ship", number, "--tracking", tracking, "--carrier", "DHL")
    refused = command(*ship)
    assert (refused.code, refused.error.startswith(f"channeldesk: {reason}")) == (1, True), refused.error

    assert command(*ship, "--accept-number").code == 0
    (one,) = command("submissions", "list", "--kind", "shipment", "--json").json
    assert tracking.endswith(one["details"]["tracking_number"])


def test_an_invalid_tracking_number_is_never_accepted(command, number):
    for tracking in ["n/a", "NULL", "ohne Tracking", "3.4E+17", "未发货"]:
        refused = command("orders", "ship", number, "--tracking", tracking, "--carrier", "DHL", "--accept-number")
        assert refused.code == 1, tracking
        assert command("submissions", "list", "--json").json == [], tracking


def test_a_tracking_number_without_a_certain_carrier_needs_one(command, number):
    refused = command("orders", "ship", number, "--tracking", "RR123456785DE", "--accept-number")
    assert refused.error == "channeldesk: Several carriers use this number format: choose one"


def test_a_conflict_is_decided(command, number, account_name, amazon):
    (order_id,) = amazon.world.orders
    command("orders", "ship", number, "--tracking", "T1234567", "--carrier", "bike courier", "--no-undo")
    with amazon.world.lock:
        lifecycle.request_cancel(amazon.world, amazon.world.orders[order_id], "")

    (one,) = command("submissions", "run", "--json").json
    assert (one["state"], one["message"].startswith("The buyer has requested to cancel.")) == ("conflict", True)
    (forced,) = command("submissions", "force", str(one["id"]), "--json").json
    assert forced["state"] == "queued"
    (submission,) = command("submissions", "run", "--wait", "20", "--json").json
    assert submission["state"] == "verified"
    assert amazon.world.orders[order_id].body["packages"][0]["carrier"] == "bike courier"


@pytest.fixture
def shipped(command, account_name, amazon):
    """Our number of a shipped Order."""
    amazon.world.place("DE", status="SHIPPED")
    assert command("sync", account_name).code == 0
    (order,) = command("orders", "list", "--json").json
    return order["number"]


def test_a_refund_is_requested_and_carried_out(command, shipped, account_name, amazon):
    half = command("orders", "refund", shipped, "--on-amazon")
    assert (half.code, "--on-amazon and --reason go together." in half.error) == (2, True)

    asked = command(
        "orders", "refund", shipped, "--on-amazon", "--reason", "CustomerReturn", "--no-undo", "--json"
    ).json
    assert (asked["document"], asked["state"]) == ("100001", "complete")
    (submission,) = command("submissions", "run", account_name, "--wait", "20", "--json").json

    assert (submission["kind"], submission["state"], submission["reason"]) == ("refund", "verified", "CustomerReturn")
    assert command("orders", "show", shipped, "--json").json["state"] == "closed"
    entries = amazon.world.effects("refund")
    assert [entry["reason"] for entry in entries] == ["CustomerReturn"] * len(entries) != []
    settled = command("submissions", "settle", str(submission["id"]), "refunded")
    assert settled.error.startswith("channeldesk: There is nothing to decide about this refund")


def test_one_run_verifies_what_amazon_shows_at_once_and_the_order_is_complete(command, number, account_name, amazon):
    command("orders", "ship", number, "--tracking", "00340434161094042557", "--no-undo")
    assert command("orders", "show", number, "--json").json["state"] == "awaiting_amazon"

    (submission,) = command("submissions", "run", "--json").json

    order = command("orders", "show", number, "--json").json
    assert (submission["state"], order["state"], order["status"]) == ("verified", "complete", "complete")


def test_one_run_leaves_what_amazon_does_not_show_to_a_later_one(command, number, account_name, amazon):
    amazon.world.faults.arm("package_unseen")
    command("orders", "ship", number, "--tracking", "00340434161094042557", "--no-undo")

    (submission,) = command("submissions", "run", "--json").json

    assert (submission["state"], submission["open"]) == ("accepted", True)
    assert command("orders", "show", number, "--json").json["state"] == "awaiting_amazon"


def test_an_order_the_buyer_asks_to_cancel_is_shipped_only_when_confirmed(command, number, account_name, amazon):
    (order_id,) = amazon.world.orders
    with amazon.world.lock:
        lifecycle.request_cancel(amazon.world, amazon.world.orders[order_id], "Mistake")
    assert command("sync", account_name).code == 0

    asked = command("orders", "ship", number, "--tracking", "T1234567", "--carrier", "bike courier", "--no-undo")
    assert (asked.code, "The buyer has requested to cancel this order" in asked.error) == (1, True)
    assert command("orders", "show", number, "--json").json["state"] == "processing"
    shipping = (
        "orders",
        "ship",
        number,
        "--tracking",
        "T1234567",
        "--carrier",
        "bike courier",
        "--no-undo",
        "--ship-anyway",
    )
    assert command(*shipping).code == 0
    (submission,) = command("submissions", "run", "--json").json
    assert submission["state"] == "verified"
