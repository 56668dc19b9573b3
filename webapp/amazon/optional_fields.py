"""Read the optional fields of an Amazon order without ever refusing the order.

A value that is not what Amazon's model promises is replaced by the nearest usable one, or left out, and recorded as an
`OddField`. The body itself is stored as it came, so nothing is lost.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from webapp.amazon.json_fields import (
    LARGEST_AMOUNT,
    LATEST,
    MOST_PIECES,
    TEXT,
    WORD,
)
from webapp.domain.amazon.types import OddField
from webapp.domain.common.money import UNUSUAL_DIGITS, Money

# Amazon sends 0001, 1970 and 1995 where it has no date. It has sold for others since 2000.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
# Recorded for one order at most; the rest of a damaged body is in the body.
MOST_ODD = 50
_NOTHING: dict[str, Any] = {}
_CENTS = re.compile(r"-?[0-9]{1,10}\.[0-9]{2}")
_DECIMAL = re.compile(r"[+-]?(\d{1,15}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,2})?", re.ASCII)
# Holds every digit of what `_DECIMAL` matches, so that an amount is rounded once.
_EXACT = Context(prec=200)
# What is recorded of a value: at most this much, and only where it can be nothing but a number or a time.
_SHOWN = 40
_HARMLESS = re.compile(r"[0-9.,:+\-eETtzZ ]+", re.ASCII)


class OptionalFields:
    """Reads fields of one order and collects in `odd` those that are not as promised.

    `at` is the path in front of a field: `"orderItems[0]."`. Values are recorded only of amounts, times and quantities,
    never of texts, which may be personal.
    """

    def __init__(self) -> None:
        self.odd: list[OddField] = []

    def note(self, path: str, problem: str, value: Any = None) -> None:
        """Record a field that is not as promised."""
        if len(self.odd) < MOST_ODD:
            shown = str(value)[:_SHOWN]
            self.odd.append(
                OddField(path, problem, shown if value is not None and _HARMLESS.fullmatch(shown) else None)
            )

    def text(self, raw: Mapping[str, Any], key: str, at: str = "", limit: int = TEXT) -> str | None:
        """A text; an empty one counts as missing, one that is too long is cut."""
        value = raw.get(key)
        if value is None or value == "":
            return None
        if type(value) is str and value.isascii() and len(value) <= limit and "\0" not in value:
            return value
        return self._odd_text(value, at + key, limit)

    def word(self, raw: Mapping[str, Any], key: str, at: str = "") -> str | None:
        """An id or a word of a vocabulary. One that is too long is left out: cut, it would name something else."""
        value = raw.get(key)
        if value is None or value == "":
            return None
        if type(value) is str and value.isascii() and len(value) <= WORD and "\0" not in value:
            return value
        found = self._odd_text(value, at + key, TEXT)
        if found is not None and len(found) > WORD:
            self.note(at + key, "too_long")
            return None
        return found

    def name(self, raw: Mapping[str, Any], key: str, at: str = "", limit: int = TEXT) -> str | None:
        """A text people wrote, in Unicode's composed form: Amazon sends names and addresses in any."""
        found = self.text(raw, key, at, limit)
        return found if found is None or found.isascii() else unicodedata.normalize("NFC", found)

    def block(self, raw: Mapping[str, Any], key: str, at: str = "") -> Mapping[str, Any]:
        """An object; an empty one where it is missing."""
        value = raw.get(key)
        if type(value) is dict:
            return value
        if value is not None:
            self.note(at + key, "not_object")
        return _NOTHING

    def blocks(self, raw: Mapping[str, Any], key: str, at: str = "") -> list[tuple[str, Mapping[str, Any]]]:
        """A list of objects, each with its own path; entries that are no objects are left out."""
        value = raw.get(key)
        if value is None:
            return []
        if type(value) is not list:
            self.note(at + key, "not_list")
            return []
        pairs: list[tuple[str, Mapping[str, Any]]] = []
        for index, entry in enumerate(value):
            if type(entry) is dict:
                pairs.append((f"{at}{key}[{index}].", entry))
            else:
                self.note(f"{at}{key}[{index}]", "not_object")
        return pairs

    def words(self, raw: Mapping[str, Any], key: str, at: str = "") -> tuple[str, ...]:
        """A list of words; entries that are none are left out."""
        value = raw.get(key)
        if value is None:
            return ()
        if type(value) is not list:
            self.note(at + key, "not_list")
            return ()
        found = [self.word({key: entry}, key, at) for entry in value]
        return tuple([word for word in found if word is not None])

    def count(self, raw: Mapping[str, Any], key: str, at: str = "") -> int | None:
        """A whole number from 0."""
        value = raw.get(key)
        if value is None:
            return None
        if type(value) is int and 0 <= value <= MOST_PIECES:
            return value
        self.note(at + key, "not_quantity", value)
        return quantity(value)

    def money(self, raw: Mapping[str, Any], key: str, at: str = "") -> Money | None:
        """An amount. One with more digits than its currency has is rounded once, half away from zero."""
        value = raw.get(key)
        if value is None:
            return None
        if type(value) is not dict:
            self.note(at + key, "not_amount")
            return None
        amount, currency = value.get("amount"), value.get("currencyCode")
        if type(currency) is not str or len(currency) != 3 or not (currency.isascii() and currency.isupper()):
            self.note(f"{at}{key}.currencyCode", "not_currency")
            return None
        digits = UNUSUAL_DIGITS.get(currency, 2)
        if digits == 2 and type(amount) is str and _CENTS.fullmatch(amount):
            return Money(int(amount[:-3] + amount[-2:]), currency)
        return self._odd_money(amount, currency, digits, f"{at}{key}.amount")

    def instant(self, raw: Mapping[str, Any], key: str, at: str = "") -> datetime | None:
        """A time in UTC. One without an offset is taken for UTC; one outside of any order's life is left out."""
        value = raw.get(key)
        if value is None:
            return None
        path = at + key
        try:
            moment = datetime.fromisoformat(value.upper())
            if moment.tzinfo is None:
                self.note(path, "no_time_zone", value)
                moment = moment.replace(tzinfo=UTC)
            moment = moment.astimezone(UTC)
        except OverflowError:
            self.note(path, "impossible_time", value)
            return None
        except (AttributeError, TypeError, ValueError):
            self.note(path, "not_time", value)
            return None
        if not EARLIEST <= moment < LATEST:
            self.note(path, "impossible_time", value)
            return None
        return moment

    def _odd_text(self, value: Any, path: str, limit: int) -> str | None:
        if type(value) in (int, float):
            self.note(path, "not_text")
            value = str(value)
        elif type(value) is not str:
            self.note(path, "not_text")
            return None
        clean = _printable(value)
        if clean != value:
            self.note(path, "bad_characters")
        if len(clean) > limit:
            self.note(path, "too_long")
            clean = clean[:limit]
        return clean or None

    def _odd_money(self, amount: Any, currency: str, digits: int, path: str) -> Money | None:
        if type(amount) in (int, float):
            self.note(path, "not_text", amount)
            amount = str(amount)
        if type(amount) is not str or not _DECIMAL.fullmatch(amount):
            self.note(path, "not_amount", amount if type(amount) is str else None)
            return None
        scaled = _EXACT.scaleb(Decimal(amount), digits)
        if abs(scaled) > LARGEST_AMOUNT:
            self.note(path, "too_large", amount)
            return None
        minor = scaled.to_integral_value(ROUND_HALF_UP)
        if minor != scaled:
            self.note(path, "rounded", amount)
        return Money(int(minor), currency)


def quantity(value: Any) -> int | None:
    """The pieces that a number of another form means: `2.0`, `"2"`; None where it means none."""
    is_number = type(value) is str and value.isascii() and value.isdecimal() and len(value) <= len(str(MOST_PIECES))
    if is_number or (type(value) is float and value.is_integer()):
        value = int(value)
    return value if type(value) is int and 0 <= value <= MOST_PIECES else None


def _printable(value: str) -> str:
    """Without NUL and without halves of surrogate pairs, which no database stores."""
    return value.replace("\0", "").encode("utf-8", "replace").decode()
