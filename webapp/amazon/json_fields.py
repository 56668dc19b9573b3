"""Reading one field of a body of Amazon's: it is what the model promises, or `MalformedError` names where it is not.

A cause names the field's path and never its value, which may be personal.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

# Longest texts that are believed, in characters: ids and words of a vocabulary, then everything people write.
WORD = 128
TEXT = 4_000
# What a whole number in the database holds everywhere.
LARGEST = 2**31 - 1
# What is believed of one line: a hundred thousand pieces, and amounts of 13 digits in the currency's smallest unit.
# Their products and the sums of a whole order then fit what every database holds.
MAX_QUANTITY = 100_000
LARGEST_AMOUNT = 10**12
# A time outside of these is a mistake, and would not survive being shown in another zone.
EARLIEST, LATEST = datetime(1995, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)

NUMBER = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_NOTHING: dict[str, Any] = {}


class MalformedError(ValueError):
    """A field that is not what Amazon's model promises; the message names its path."""


def text(raw: Mapping[str, Any], key: str, at: str = "", limit: int = TEXT) -> str | None:
    """A text that may be missing; an empty one counts as missing. `at` is the path in front: `"orderItems[0]."`."""
    value = raw.get(key)
    if value is None or value == "":
        return None
    if type(value) is not str:
        raise MalformedError(f"{at}{key} is not text")
    if value.isascii() and len(value) <= limit and "\0" not in value:
        return value
    if len(value) > limit:
        raise MalformedError(f"{at}{key} is longer than {limit} characters")
    if "\0" in value or not (value.isascii() or _encodable(value)):
        raise MalformedError(f"{at}{key} contains characters that cannot be stored")
    return value


def word(raw: Mapping[str, Any], key: str, at: str = "") -> str | None:
    """An id or a word of a vocabulary that may be missing."""
    return text(raw, key, at, WORD)


def required(raw: Mapping[str, Any], key: str, at: str = "") -> str:
    """An id or a word of a vocabulary that must be there."""
    value = text(raw, key, at, WORD)
    if value is None:
        raise MalformedError(f"{at}{key} is missing")
    return value


def block(raw: Mapping[str, Any], key: str, at: str = "") -> Mapping[str, Any]:
    """An object that may be missing: then an empty one."""
    value = raw.get(key)
    if value is None:
        return _NOTHING
    if type(value) is not dict:
        raise MalformedError(f"{at}{key} is not an object")
    return value


def blocks(raw: Mapping[str, Any], key: str, at: str = "") -> list[tuple[str, Mapping[str, Any]]]:
    """A list of objects that may be missing, each with its own path, `"orderItems[0]."`."""
    value = raw.get(key)
    if value is None:
        return []
    if type(value) is not list:
        raise MalformedError(f"{at}{key} is not a list")
    pairs = [(f"{at}{key}[{index}].", entry) for index, entry in enumerate(value)]
    for path, entry in pairs:
        if type(entry) is not dict:
            raise MalformedError(f"{path[:-1]} is not an object")
    return pairs


def words(raw: Mapping[str, Any], key: str, at: str = "") -> tuple[str, ...]:
    """A list of words that may be missing."""
    value = raw.get(key)
    if value is None:
        return ()
    if type(value) is not list:
        raise MalformedError(f"{at}{key} is not a list")
    return tuple(required({key: entry}, key, at) for entry in value)


def flag(raw: Mapping[str, Any], key: str, at: str = "") -> bool:
    """True or false; it must be there."""
    value = raw.get(key)
    if type(value) is not bool:
        raise MalformedError(f"{at}{key} is {'missing' if value is None else 'not true or false'}")
    return value


def instant(raw: Mapping[str, Any], key: str, at: str = "") -> datetime | None:
    """A time with its offset (`Z` or `+09:00`), with or without a fraction, that may be missing; in UTC."""
    value = raw.get(key)
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
        aware = moment.tzinfo is not None
        moment = moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise MalformedError(f"{at}{key} is not a time") from None
    if not aware:
        raise MalformedError(f"{at}{key} has no time zone")
    if not EARLIEST <= moment < LATEST:
        raise MalformedError(f"{at}{key} is not in this age")
    return moment


def required_instant(raw: Mapping[str, Any], key: str, at: str = "") -> datetime:
    """A time that must be there."""
    value = instant(raw, key, at)
    if value is None:
        raise MalformedError(f"{at}{key} is missing")
    return value


def _encodable(value: str) -> bool:
    # JSON can spell half a surrogate pair, which no database stores.
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
