"""The amounts of a credit memo sent to Amazon: their sum is the refund, and none exceeds what was paid."""

import pytest
from hypothesis import given, strategies

from tests.support.factories import a_component
from webapp.domain.amazon.types import FeedMessage, FeedReport
from webapp.domain.errors import RefusedError
from webapp.domain.invoicing import amazon_refunds
from webapp.domain.invoicing.amazon_refunds import COMPONENTS, LineCredit

NOTHING = dict.fromkeys(COMPONENTS, 0)


def room(**parts: int) -> dict[str, int]:
    return NOTHING | parts


def parts_of(*components: tuple[str, str | None, str]) -> dict[str, int]:
    found = amazon_refunds.compute_paid_amounts(
        a_component(type_, amount, subtype=subtype) for type_, subtype, amount in components
    )
    return {name: amount for name, amount in found.items() if amount}


def test_what_was_paid_stands_in_the_parts_of_amazons_refund():
    assert parts_of(
        ("ITEM", None, "20.00"),
        ("SHIPPING", None, "3.00"),
        ("GIFT_WRAP", None, "2.00"),
        ("COD_FEE", None, "4.00"),
        ("DISCOUNT", None, "-1.50"),
        ("DISCOUNT", "ITEM", "-1.00"),
        ("DISCOUNT", "SHIPPING", "-0.50"),
        ("TAX", None, "5.00"),
        ("TAX", "ITEM", "3.80"),
        ("TAX", "DISCOUNT", "-0.30"),
        ("TAX", "SHIPPING", "0.57"),
        ("TAX", "GIFT_WRAP", "0.38"),
        ("TAX", "COD_FEE", "0.55"),
    ) == {
        "item_price": 1900,
        "shipping_price": 250,
        "gift_wrap_price": 200,
        "item_tax": 350,
        "shipping_tax": 57,
        "gift_wrap_tax": 38,
    }


def test_no_part_is_less_than_nothing_and_together_they_are_what_was_paid():
    for components, expected in [
        # Tax without details is the item's.
        ([("ITEM", None, "10.00"), ("TAX", None, "1.90")], {"item_price": 1000, "item_tax": 190}),
        # A promotion that takes off more than the price pays the shipping too.
        ([("ITEM", None, "10.00"), ("SHIPPING", None, "3.00"), ("DISCOUNT", None, "-12.00")], {"shipping_price": 100}),
        # It is taken off once, however many parts are left.
        (
            [
                ("ITEM", None, "10.00"),
                ("SHIPPING", None, "3.00"),
                ("GIFT_WRAP", None, "2.00"),
                ("DISCOUNT", None, "-12.00"),
            ],
            {"shipping_price": 100, "gift_wrap_price": 200},
        ),
        ([("ITEM", None, "10.00"), ("DISCOUNT", None, "-12.00"), ("TAX", None, "-0.10")], {}),
    ]:
        assert parts_of(*components) == expected, (components, expected)


def test_what_is_refunded_and_what_is_under_way_is_not_left():
    paid = room(item_price=1000, item_tax=190)

    assert amazon_refunds.compute_refundable_amounts(
        paid, {"item_price": 300}, {"item_price": 200, "item_tax": 200}
    ) == room(item_price=500)


def test_a_line_goes_on_the_parts_it_was_paid_for():
    rooms = {1: room(item_price=2000, gift_wrap_price=200, item_tax=380, shipping_tax=38, shipping_price=300)}

    amounts = amazon_refunds.split([LineCredit(1, goods=1100, tax=209, shipping=100)], rooms, 0, "EUR")

    assert amounts == {1: room(item_price=1000, gift_wrap_price=100, item_tax=190, shipping_tax=19, shipping_price=100)}


def test_an_adjustment_goes_on_item_prices_then_taxes_then_the_other_amounts():
    rooms = {1: room(item_price=1000, item_tax=100), 2: room(item_price=500, shipping_price=100)}

    assert amazon_refunds.split([LineCredit(1, 400, 0, 0)], rooms, 500, "EUR") == {1: room(item_price=900)}
    assert amazon_refunds.split([LineCredit(1, 400, 0, 0)], rooms, 1250, "EUR") == {
        1: room(item_price=1000, item_tax=100),
        2: room(item_price=500, shipping_price=50),
    }
    assert amazon_refunds.split([], rooms, 150, "EUR") == {1: room(item_price=100), 2: room(item_price=50)}
    assert amazon_refunds.split([LineCredit(1, 1000, 0, 0)], rooms, 1, "EUR") == {1: room(item_price=1000, item_tax=1)}


def test_a_fee_is_taken_off_prices_first():
    rooms = {1: room(item_price=1000, item_tax=190, shipping_price=300)}

    amounts = amazon_refunds.split([LineCredit(1, 1000, 190, 300)], rooms, -1100, "EUR")

    assert amounts == {1: room(shipping_price=200, item_tax=190)}


def test_what_amazon_cannot_carry_is_refused_with_the_amount_it_can():
    rooms = {1: room(item_price=1000)}

    with pytest.raises(RefusedError) as refused:
        amazon_refunds.split([LineCredit(1, 1300, 0, 0)], rooms, 0, "EUR")

    assert (refused.value.code, refused.value.arguments) == (
        "refund_over_at_amazon",
        {"left": "10.00", "over": "3.00", "currency": "EUR"},
    )
    with pytest.raises(RefusedError) as nothing:
        amazon_refunds.split([LineCredit(1, 1000, 0, 0)], rooms, -1000, "EUR")
    assert nothing.value.code == "refund_nothing_at_amazon"


minor = strategies.integers(0, 10**7)
rooms_of_orders = strategies.lists(
    strategies.fixed_dictionaries(dict.fromkeys(COMPONENTS, minor)), min_size=1, max_size=4
).map(lambda found: dict(enumerate(found, 1)))


@strategies.composite
def refunds_asked(draw):
    """Rooms, wishes within or beyond them, and an adjustment, of an order in a currency with 0, 2 or 3 decimals."""
    rooms = draw(rooms_of_orders)
    lines = draw(strategies.lists(strategies.sampled_from(sorted(rooms)), unique=True))
    wishes = [LineCredit(line, draw(minor), draw(minor), draw(minor)) for line in lines]
    adjustment = draw(strategies.integers(-(10**7), 10**7))
    return wishes, rooms, adjustment, draw(strategies.sampled_from(("JPY", "EUR", "KWD")))


@given(refunds_asked())
def test_whatever_is_asked_the_parts_sum_to_it_and_none_is_over_what_is_left(asked):
    wishes, rooms, adjustment, currency = asked
    wanted = sum(wish.goods + wish.tax + wish.shipping for wish in wishes) + adjustment
    most = sum(sum(parts.values()) for parts in rooms.values())
    if wanted > most or wanted <= 0:
        with pytest.raises(RefusedError) as refused:
            amazon_refunds.split(wishes, rooms, adjustment, currency)
        assert refused.value.code == ("refund_over_at_amazon" if wanted > most else "refund_nothing_at_amazon")
        return

    amounts = amazon_refunds.split(wishes, rooms, adjustment, currency)

    assert sum(sum(parts.values()) for parts in amounts.values()) == wanted
    for line_id, parts in amounts.items():
        assert all(0 <= parts[name] <= rooms[line_id][name] for name in COMPONENTS)


@given(rooms_of_orders, strategies.lists(strategies.integers(1, 4), min_size=1, max_size=6))
def test_an_order_refunded_in_whatever_portions_is_refunded_to_the_last_unit(rooms, portions):
    """Each line in shares of its parts, the last time Remaining items: never over, and nothing remains."""
    given_back = {line_id: dict(NOTHING) for line_id in rooms}
    for divisor in [*portions, 1]:
        free = {
            line_id: amazon_refunds.compute_refundable_amounts(paid, given_back[line_id])
            for line_id, paid in rooms.items()
        }
        wishes = [
            LineCredit(
                line_id,
                sum(parts[name] for name in amazon_refunds.GOODS) // divisor,
                sum(parts[name] for name in amazon_refunds.TAXES) // divisor,
                sum(parts[name] for name in amazon_refunds.SHIPPING) // divisor,
            )
            for line_id, parts in free.items()
        ]
        if not any(wish.goods + wish.tax + wish.shipping for wish in wishes):
            continue
        for line_id, parts in amazon_refunds.split(wishes, free, 0, "JPY").items():
            for name, amount in parts.items():
                given_back[line_id][name] += amount
    assert given_back == rooms


def test_what_cannot_be_refunded_at_amazon_says_why():
    for status, fulfilled_by, writable, code in [
        ("SHIPPED", "MERCHANT", True, None),
        ("PARTIALLY_SHIPPED", "MERCHANT", True, None),
        ("UNSHIPPED", "MERCHANT", True, None),
        ("SHIPPED", "AMAZON", True, "refund_fba"),
        ("SHIPPED", "", True, "refund_unknown_status"),
        ("SHIPPED", "MERCHANT", False, "refund_read_only"),
        ("CANCELLED", "MERCHANT", True, "refund_cancelled"),
        ("PENDING", "MERCHANT", True, "refund_pending"),
        ("UNFULFILLABLE", "MERCHANT", True, "refund_unfulfillable"),
        ("ON_THE_MOON", "MERCHANT", True, "refund_unknown_status"),
    ]:
        assert amazon_refunds.find_refusal_reason(status, fulfilled_by, writable=writable) == code, status


LINES = [("303-1", "11"), ("303-1", "12"), ("303-2", "21"), ("303-2", "21")]


def a_report(*messages: tuple[int, str | None, str | None]) -> FeedReport:
    said = tuple(FeedMessage(place, "Error", "18102", "No.", number, item) for place, number, item in messages)
    return FeedReport(len(LINES), len(LINES) - len(said), len(said), 0, said)


def test_a_report_refuses_what_it_counts_and_names_or_nothing_is_clear():
    for message, places in [
        ((2, None, None), [2]),
        ((2, "303-1", "12"), [2]),
        ((2, "303-1", None), [2]),
        ((4, "303-2", "21"), [4]),
        ((0, None, None), [0]),
        # Whatever the report counts from, what it names is clear.
        ((3, "303-1", "12"), [2]),
        ((1, "303-1", "11"), [1]),
        # What it names stands there twice, or not at all.
        ((1, "303-2", "21"), None),
        ((1, "303-9", "91"), None),
        ((5, None, None), None),
    ]:
        found = amazon_refunds.find_failures(a_report(message), LINES)
        assert (found if found is None else list(found)) == places, (message, places)


def test_a_warning_refuses_nothing():
    warned = FeedReport(4, 4, 0, 1, (FeedMessage(1, "Warning", "1", "Look."),))
    assert amazon_refunds.find_failures(warned, LINES) == {}
