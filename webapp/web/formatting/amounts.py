"""Amounts and numbers, as Babel writes them; behind a currency of letters with a space.

Babel takes as long for an amount as the database for a row. How an amount looks depends on its currency and on how many
digits it has, not on which they are: Babel draws a sample once, and the digits are put into it.
"""

import re
from decimal import Decimal
from functools import lru_cache

from babel import numbers

from webapp.core.i18n import catalogues
from webapp.core.i18n.locale import current
from webapp.domain.common.money import Money, minor_digits
from webapp.web.formatting.readers import Reader, reader

# Babel reckons with 28 digits and rounds what has more.
_MOST_DIGITS = 20


def money(value: Money) -> str:
    """`€1,234.50` as the reader's language writes it, with exactly the currency's digits."""
    return amount(value.minor, value.currency)


def amount(minor: int, currency: str) -> str:
    """The same of minor units and their currency."""
    # Below one there stands a nought before the point.
    digits = str(abs(minor)).zfill(minor_digits(currency) + 1)
    sample = _amount(reader(), currency, len(digits), minor < 0)
    return sample % tuple(digits) if sample else _amount_by_babel(reader(), minor, currency)


def money_of(minor: int | None, currency: str | None) -> Money | None:
    """The Money of two columns, None where Amazon has not said it."""
    return None if minor is None or currency is None else Money(minor, currency)


def money_short(value: Money) -> str:
    """An amount for a chart's axis: `€1.5K`."""
    digits = 1 if value.minor else 0
    text = numbers.format_compact_currency(value.decimal, value.currency, locale=current(), fraction_digits=digits)
    return catalogues.spaced(text)


def number(value: int | Decimal) -> str:
    if type(value) is int:
        digits = str(abs(value))
        sample = _number(reader(), len(digits), value < 0)
        if sample:
            return sample % tuple(digits)
    text: str = numbers.format_decimal(value, locale=current())
    return text


def percent(share: float) -> str:
    """A share as a signed change: 0.123 is `+12%`."""
    text: str = numbers.format_percent(share, format="+#,##0%;-#,##0%", locale=current())
    return text


@lru_cache(maxsize=4096)
def _amount(who: Reader, currency: str, length: int, negative: bool) -> str:
    """A pattern with a `%s` for each digit; empty where Babel writes more or fewer of them."""
    if length > _MOST_DIGITS:
        return ""
    return _sample(_amount_by_babel(who, _ones(length, negative), currency), length)


@lru_cache(maxsize=1024)
def _number(who: Reader, length: int, negative: bool) -> str:
    if length > _MOST_DIGITS:
        return ""
    return _sample(str(numbers.format_decimal(_ones(length, negative), locale=who.locale)), length)


@lru_cache(maxsize=1024)
def _amount_by_babel(who: Reader, minor: int, currency: str) -> str:
    return catalogues.amount(Money(minor, currency), who.locale)


def _ones(length: int, negative: bool) -> int:
    return int("1" * length) * (-1 if negative else 1)


def _sample(text: str, length: int) -> str:
    if text.count("1") != length or len(re.findall(r"\d", text)) != length:
        return ""
    return text.replace("%", "%%").replace("1", "%s")
