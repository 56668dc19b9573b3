"""Convert the values of an order that matches the structs; `IrregularValueError` calls for a lenient reading."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from unicodedata import normalize

from webapp.amazon.json_fields import MAX_AMOUNT
from webapp.amazon.optional_fields import EARLIEST, LATEST
from webapp.amazon.order_model import Price
from webapp.domain.common.money import Money, minor_digits


class IrregularValueError(ValueError):
    """A value that its type in the schema admits, and that still has to be read leniently."""


def convert_money(price: Price | None) -> Money | None:
    """Return the amount, which has exactly the decimals of its currency."""
    if price is None:
        return None
    if not _build_amount_pattern(price.currency_code).fullmatch(price.amount):
        raise IrregularValueError
    minor = int(price.amount.replace(".", ""))
    if abs(minor) > MAX_AMOUNT:
        raise IrregularValueError
    return Money(minor, price.currency_code)


@lru_cache(maxsize=256)
def _build_amount_pattern(currency: str) -> re.Pattern[str]:
    """Match an amount with exactly the decimals of its currency."""
    if not (currency.isascii() and currency.isupper()):
        raise IrregularValueError
    digits = minor_digits(currency)
    return re.compile(r"-?[0-9]{1,15}" + (rf"\.[0-9]{{{digits}}}" if digits else ""))


def convert_time(moment: datetime | None) -> datetime | None:
    """Return the time in UTC."""
    if moment is None:
        return None
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise IrregularValueError from None
    if not EARLIEST <= moment < LATEST:
        raise IrregularValueError
    return moment


def compose_text(text: str | None) -> str | None:
    """Return a text that people wrote in Unicode's composed form: Amazon sends names and addresses in any form."""
    return normalize("NFC", text) if text else None
