"""Amounts are written as Babel writes them, with a space after a currency code, which some locales leave out."""

from decimal import Decimal

from babel import Locale, numbers
from flask import Flask
from flask_babel import force_locale
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webapp.domain.common.marketplaces import MARKETPLACES
from webapp.domain.common.money import UNUSUAL_DIGITS, Money
from webapp.web.formatting import amounts as amount_format

LOCALES = [
    "en",
    "en_GB",
    "en_IN",
    "de",
    "de_AT",
    "de_CH",
    "nl",
    "sv",
    "it",
    "it_CH",
    "zh_Hans_CN",
    "zh_Hant_TW",
    "ar_EG",
]
# Every marketplace's, those with another number of decimals, and some that Babel rounds otherwise than Amazon.
CURRENCIES = sorted(
    {place.currency for place in MARKETPLACES} | set(UNUSUAL_DIGITS) | {"HUF", "ISK", "CHF", "LAK", "XXX"}
)
# As many as a column holds.
WHOLE = st.integers(-(2**63), 2**63 - 1) | st.integers(-12345, 12345)
FEW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def by_babel(value: Money, tag: str) -> str:
    text: str = numbers.format_currency(value.decimal, value.currency, locale=Locale.parse(tag))
    symbol = numbers.get_currency_symbol(value.currency, Locale.parse(tag))
    before, _, after = text.partition(symbol)
    return f"{before}{symbol}\xa0{after}" if symbol[-1].isalpha() and after[:1].isdigit() else text


@FEW
@given(st.sampled_from(LOCALES), st.sampled_from(CURRENCIES), WHOLE)
def test_an_amount_is_what_babel_writes(app: Flask, tag: str, currency: str, minor: int) -> None:
    value = Money(minor, currency)
    with app.app_context(), force_locale(tag):
        assert amount_format.money(value) == by_babel(value, tag)


def test_nothing_and_next_to_nothing_are_too(app: Flask) -> None:
    for tag in LOCALES:
        with app.app_context(), force_locale(tag):
            for currency in CURRENCIES:
                for minor in (0, 1, -1, 9, 10, 99, 100, -100, 999, 1000, 99999, 100000, 10**7, 2**63 - 1):
                    value = Money(minor, currency)
                    assert amount_format.money(value) == by_babel(value, tag), tag


@FEW
@given(st.sampled_from(LOCALES), WHOLE | st.decimals(-99999, 99999, places=2))
def test_a_number_is_what_babel_writes(app: Flask, tag: str, value: int | Decimal) -> None:
    with app.app_context(), force_locale(tag):
        assert amount_format.number(value) == numbers.format_decimal(value, locale=Locale.parse(tag))
