from decimal import Decimal

import pytest
from hypothesis import given, strategies

from webapp.domain.amazon.types import Component
from webapp.domain.common.money import Money, MoneyError, minor_digits
from webapp.domain.orders import amounts as order_amounts

currencies = strategies.sampled_from(["EUR", "JPY", "KWD", "USD", "XXX"])
minors = strategies.integers(-(10**15), 10**15)


@given(minors, currencies)
def test_an_amount_survives_being_written_and_read(minor, currency):
    money = Money(minor, currency)

    assert Money.parse(money.amount, currency) == money
    assert len(money.amount.partition(".")[2]) == minor_digits(currency)
    assert money.decimal == Decimal(money.amount)


@given(minors, minors, currencies)
def test_adding_and_taking_away_are_exact(one, other, currency):
    first, second = Money(one, currency), Money(other, currency)

    assert first + second - second == first
    assert (first + second).minor == one + other
    assert (-first).minor == -one


def test_a_multiple_is_exact():
    assert Money(1099, "EUR") * 3 == Money(3297, "EUR")


@given(minors, minors)
def test_two_currencies_never_meet(one, other):
    with pytest.raises(MoneyError):
        Money(one, "EUR") + Money(other, "JPY")


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("12.345", "EUR"),
        ("1.5", "JPY"),
        ("twelve", "EUR"),
        ("NaN", "EUR"),
        ("Infinity", "EUR"),
        ("12.3x", "EUR"),
        ("12.-4", "EUR"),
        ("12,34", "EUR"),
        ("--12.34", "EUR"),
        ("", "JPY"),
        (12.34, "EUR"),
        (None, "EUR"),
    ],
)
def test_what_is_not_an_amount_of_the_currency_is_refused(amount, currency):
    with pytest.raises(MoneyError):
        Money.parse(amount, currency)


@given(strategies.integers(-(10**9), 10**9), strategies.lists(strategies.integers(0, 9), min_size=1, max_size=8))
def test_shares_in_whatever_portions_sum_to_the_whole(total, portions):
    of, before, sum_ = sum(portions), 0, 0
    for portion in portions:
        sum_ += order_amounts.calculate_portion(total, portion, of, before)
        before += portion

    assert sum_ == (total if of else 0)


@given(strategies.integers(0, 10**9), strategies.integers(1, 50), strategies.data())
def test_a_share_is_within_one_unit_of_the_exact_part(total, of, data):
    before = data.draw(strategies.integers(0, of))
    quantity = data.draw(strategies.integers(0, of - before))

    assert abs(order_amounts.calculate_portion(total, quantity, of, before) - Decimal(total) * quantity / of) <= 1


@given(
    strategies.lists(
        strategies.tuples(
            strategies.sampled_from(["ITEM", "SHIPPING", "TAX", "DISCOUNT", "GIFT_WRAP", "NEW_TOMORROW"]),
            strategies.sampled_from([None, "ITEM", "SHIPPING"]),
            strategies.integers(-(10**6), 10**6),
        ),
        max_size=10,
    ),
    strategies.integers(-(10**7), 10**7),
)
def test_the_parts_of_an_order_always_sum_to_amazons_total(parts, total):
    found = order_amounts.sort([Component(kind, subtype, Money(minor, "EUR")) for kind, subtype, minor in parts], total)

    assert found.subtotal + found.shipping + found.tax + found.discount + found.other == found.total == total


def test_amounts_that_detail_another_amount_are_not_counted_twice():
    """The sum of the parts cannot show it: `other` is whatever the other parts leave of the total."""
    parts = [
        Component("ITEM", None, Money(2000, "EUR")),
        Component("SHIPPING", None, Money(500, "EUR")),
        Component("DISCOUNT", None, Money(-300, "EUR")),
        Component("DISCOUNT", "ITEM", Money(-200, "EUR")),
        Component("DISCOUNT", "SHIPPING", Money(-100, "EUR")),
        Component("TAX", None, Money(418, "EUR")),
        Component("TAX", "ITEM", Money(380, "EUR")),
        Component("TAX", "SHIPPING", Money(95, "EUR")),
        Component("TAX", "DISCOUNT", Money(-57, "EUR")),
        Component("GIFT_WRAP", None, Money(250, "EUR")),
    ]

    line = order_amounts.sort(parts, 2868)

    assert line == order_amounts.Totals(subtotal=2000, shipping=500, tax=418, discount=-300, other=250, total=2868)
    assert order_amounts.combine([line, line], 5736) == order_amounts.Totals(4000, 1000, 836, -600, 500, 5736)
