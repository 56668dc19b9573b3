"""`channeldesk amazon-orders` and `channeldesk orders`."""

import re

import pytest

from webapp.domain.submissions import cancellation

AMAZON_KEYS = {
    "number",
    "store",
    "marketplace",
    "status",
    "fulfilled_by",
    "purchase_date",
    "last_updated",
    "buyer_name",
    "total",
    "items",
    "ship_to",
    "order_number",
    "note",
}
ITEM_KEYS = {"order_item_id", "sku", "asin", "title", "quantity", "quantity_shipped", "unit_price", "total"}
ORDER_KEYS = {"number", "amazon_order_number", "state", "status", "total", "items"}
ORDER_ITEM_KEYS = {"sku", "ordered", "invoiced", "shipped", "refunded", "canceled"}
SUBMISSION_KEYS = {"id", "kind", "amazon_order_number", "state", "message", "request_id"}


@pytest.fixture
def number(command, account_name, amazon):
    """An unshipped order that has arrived."""
    number = amazon.world.place("DE")
    assert command("sync", account_name).code == 0
    return number


def test_an_amazon_order_has_the_keys_scripts_know(command, number):
    (listed,) = command("amazon-orders", "list", "--json").json
    shown = command("amazon-orders", "show", number, "--json").json

    assert listed == shown
    assert set(shown) == AMAZON_KEYS
    assert {frozenset(item) for item in shown["items"]} == {frozenset(ITEM_KEYS)}
    assert (shown["number"], shown["marketplace"], shown["status"]) == (number, "DE", "UNSHIPPED")
    assert (shown["fulfilled_by"], shown["order_number"]) == ("MERCHANT", "100001")
    assert shown["note"] == "Order 100001 created"
    assert set(shown["total"]) == {"amount", "currency"}
    assert re.fullmatch(r"\d+\.\d\d", shown["total"]["amount"])
    for name in ("purchase_date", "last_updated"):
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", shown[name])
    assert shown["ship_to"]["country_code"] == "DE"
    assert shown["buyer_name"]


def test_an_order_has_the_keys_scripts_know(command, number):
    (listed,) = command("orders", "list", "--json").json
    by_ours = command("orders", "show", "100001", "--json").json
    by_amazons = command("orders", "show", number, "--json").json

    assert listed == by_ours == by_amazons
    assert set(listed) == ORDER_KEYS
    assert {frozenset(item) for item in listed["items"]} == {frozenset(ORDER_ITEM_KEYS)}
    assert (listed["amazon_order_number"], listed["state"], listed["status"]) == (number, "processing", "processing")
    assert all(item["invoiced"] == item["ordered"] for item in listed["items"])


def test_a_list_is_narrowed_by_store_status_and_length(command, number, amazon, account_name):
    pending = amazon.world.place("DE", status="PENDING")
    command("sync", account_name)

    def numbers(*options):
        return [one["number"] for one in command("amazon-orders", "list", *options, "--json").json]

    assert set(numbers()) == {number, pending}
    assert numbers("--status", "Pending") == numbers("--status", "PENDING") == [pending]
    assert len(numbers("--limit", "1")) == 1
    store = command("amazon-orders", "show", number, "--json").json["store"]
    assert set(numbers("--store", store)) == {number, pending}
    assert command("amazon-orders", "list", "--store", "Nowhere").error == "channeldesk: There is no store Nowhere."


def test_people_read_lines(command, number):
    assert number in command("amazon-orders", "list").out
    assert "100001" in command("amazon-orders", "show", number).out
    assert number in command("orders", "list").out
    assert "ordered" in command("orders", "show", "100001").out


def test_a_cancellation_is_asked_for_once(command, number):
    asked = command("amazon-orders", "cancel", number, "--reason", "NoInventory", "--no-undo", "--json").json
    again = command("amazon-orders", "cancel", number, "--reason", "NoInventory")

    assert set(asked) == SUBMISSION_KEYS
    assert (asked["kind"], asked["amazon_order_number"], asked["state"]) == ("cancellation", number, "queued")
    assert (again.code, again.out) == (1, "")
    assert "This order is being cancelled already." in again.error
    assert command("amazon-orders", "show", number, "--json").json["status"] == "UNSHIPPED"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("amazon-orders", "show", "303-0000000-0000000"), "There is no Amazon order 303-0000000-0000000."),
        (("orders", "show", "42"), "There is no order 42."),
        (
            ("amazon-orders", "cancel", "303-0000000-0000000", "--reason", "NoInventory"),
            "There is no Amazon order 303-0000000-0000000.",
        ),
    ],
)
def test_an_unknown_number_is_one_clear_line(command, words, message):
    assert command(*words) == (1, "", f"channeldesk: {message}")


def test_a_number_no_database_holds_is_refused(command):
    for words in [
        ("orders", "list", "--limit"),
        ("amazon-orders", "list", "--limit"),
        ("submissions", "list", "--limit"),
        ("mails", "list", "--limit"),
        ("mails", "retry"),
        ("submissions", "undo"),
    ]:
        result = command(*words, "99999999999999999999")
        assert (result.code, "is not in the range 1<=x<=2147483647" in result.error) == (2, True), words


def test_a_reason_amazon_does_not_have_is_one_clear_line(command, number):
    result = command("amazon-orders", "cancel", number, "--reason", "BecauseISaySo")

    assert result.code == 1
    codes = ", ".join(row.code for row in cancellation.REASONS)
    assert result.error == f"channeldesk: Amazon has no reason BecauseISaySo. Reasons are: {codes}."
