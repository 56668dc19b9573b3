"""Read one field of a small response; `MalformedError` names the path of one that does not match Amazon's model.

The message never contains the value, which may be personal. `path` is the path in front of the field: `"feeds[0]."`.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

# Longest texts accepted, in characters: ids and words of a vocabulary, then everything people write.
WORD = 128
TEXT = 4_000
# Accepted for one line: a hundred thousand units, and amounts of 13 digits in the currency's smallest unit.
# Their products and the sums of a whole order then fit into the integers of every database.
MAX_QUANTITY = 100_000
MAX_AMOUNT = 10**12
# A time outside of this range is an error.
EARLIEST, LATEST = datetime(1995, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)

NUMBER = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_EMPTY: dict[str, object] = {}


class MalformedError(ValueError):
    """A field that does not match Amazon's model; the message names its path."""


def optional_text(raw: Mapping[str, object], key: str, path: str = "", limit: int = TEXT) -> str | None:
    """Return a text; None where it is missing or empty."""
    value = raw.get(key)
    if value is None or value == "":
        return None
    if type(value) is not str:
        raise MalformedError(f"{path}{key} is not text")
    if value.isascii() and len(value) <= limit and "\0" not in value:
        return value
    if len(value) > limit:
        raise MalformedError(f"{path}{key} is longer than {limit} characters")
    if "\0" in value or not (value.isascii() or _is_encodable(value)):
        raise MalformedError(f"{path}{key} contains characters that cannot be stored")
    return value


def optional_word(raw: Mapping[str, object], key: str, path: str = "") -> str | None:
    """Return an id or a word of a vocabulary; None where it is missing."""
    return optional_text(raw, key, path, WORD)


def required_word(raw: Mapping[str, object], key: str, path: str = "") -> str:
    """Return an id or a word of a vocabulary."""
    value = optional_text(raw, key, path, WORD)
    if value is None:
        raise MalformedError(f"{path}{key} is missing")
    return value


def required_token(raw: Mapping[str, object], key: str, path: str = "") -> str:
    """Return a token that can be sent in a header."""
    value = optional_text(raw, key, path)
    if value is None or not value.isascii() or not value.isprintable() or " " in value:
        raise MalformedError(f"{path}{key} is no token")
    return value


def optional_object(raw: Mapping[str, object], key: str, path: str = "") -> Mapping[str, object]:
    """Return an object, an empty one where it is missing."""
    value = raw.get(key)
    if value is None:
        return _EMPTY
    if type(value) is not dict:
        raise MalformedError(f"{path}{key} is not an object")
    return value


def optional_objects(raw: Mapping[str, object], key: str, path: str = "") -> list[tuple[str, Mapping[str, object]]]:
    """Return the objects of a list that may be missing, each with its own path: `"feeds[0]."`."""
    value = raw.get(key)
    if value is None:
        return []
    if type(value) is not list:
        raise MalformedError(f"{path}{key} is not a list")
    pairs = [(f"{path}{key}[{index}].", entry) for index, entry in enumerate(value)]
    for entry_path, entry in pairs:
        if type(entry) is not dict:
            raise MalformedError(f"{entry_path[:-1]} is not an object")
    return pairs


def optional_words(raw: Mapping[str, object], key: str, path: str = "") -> tuple[str, ...]:
    """Return the words of a list that may be missing."""
    value = raw.get(key)
    if value is None:
        return ()
    if type(value) is not list:
        raise MalformedError(f"{path}{key} is not a list")
    return tuple(required_word({key: entry}, key, path) for entry in value)


def required_bool(raw: Mapping[str, object], key: str, path: str = "") -> bool:
    """Return true or false."""
    value = raw.get(key)
    if type(value) is not bool:
        raise MalformedError(f"{path}{key} is {'missing' if value is None else 'not true or false'}")
    return value


def optional_time(raw: Mapping[str, object], key: str, path: str = "") -> datetime | None:
    """Return a time with an offset (`Z` or `+09:00`) in UTC; None where it is missing."""
    value = raw.get(key)
    if value is None:
        return None
    if type(value) is not str:
        raise MalformedError(f"{path}{key} is not a time")
    try:
        moment = datetime.fromisoformat(value)
        aware = moment.tzinfo is not None
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise MalformedError(f"{path}{key} is not a time") from None
    if not aware:
        raise MalformedError(f"{path}{key} has no time zone")
    if not EARLIEST <= moment < LATEST:
        raise MalformedError(f"{path}{key} is out of range")
    return moment


def required_time(raw: Mapping[str, object], key: str, path: str = "") -> datetime:
    """Return a time."""
    value = optional_time(raw, key, path)
    if value is None:
        raise MalformedError(f"{path}{key} is missing")
    return value


def _is_encodable(value: str) -> bool:
    # JSON can contain half a surrogate pair, which no database stores.
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
