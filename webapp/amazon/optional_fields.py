"""Read an Amazon order whose optional fields are not as Amazon's model promises.

A value of another form is replaced by the nearest usable one, or left out, and recorded as an `InvalidField`; only a
required field raises. The order's body is stored as Amazon sent it, so nothing is lost.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache
from typing import Any, TypeVar, cast

import msgspec
from msgspec import inspect

from webapp.amazon.json_fields import LATEST, MAX_AMOUNT, MAX_QUANTITY, TEXT, WORD, MalformedError
from webapp.domain.amazon.types import InvalidField
from webapp.domain.common.money import Money, minor_digits

T = TypeVar("T", bound=msgspec.Struct)

# Amazon sends 0001, 1970 and 1995 where it has no date. It has sold for others since 2000.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
# The most fields recorded for one order; the rest can be seen in its body.
MAX_INVALID_FIELDS = 50
_DECIMAL = re.compile(r"[+-]?(\d{1,15}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,2})?", re.ASCII)
# Holds every digit of what `_DECIMAL` matches, so that an amount is rounded once.
_EXACT = Context(prec=200)
# A recorded value is cut after this many characters, and recorded only if it can be nothing but a number or a time.
_MAX_RECORDED = 40
_HARMLESS = re.compile(r"[0-9.,:+\-eETtzZ ]+", re.ASCII)
_REASONS = {"not_object": "is not an object", "not_list": "is not a list"}


class InvalidFields:
    """Collects the optional fields of one order that are not as promised."""

    def __init__(self) -> None:
        self.fields: list[InvalidField] = []

    def add(self, path: str, problem: str, value: object = None) -> None:
        """Record a field. Pass `value` for amounts, times and quantities only: texts may be personal."""
        if problem == "missing" and any(field.path.startswith(path) for field in self.fields):
            # It was left out, and that is recorded.
            return
        if len(self.fields) < MAX_INVALID_FIELDS:
            shown = str(value)[:_MAX_RECORDED]
            is_harmless = value is not None and _HARMLESS.fullmatch(shown) is not None
            self.fields.append(InvalidField(path, problem, shown if is_harmless else None))


# Reads a value that is present: (value, its path, where to record what is wrong) -> the value to use, None for none.
Reader = Callable[[Any, str, InvalidFields], Any]


def decode_leniently(body: Mapping[str, object], model: type[T], invalid: InvalidFields) -> T:
    """Decode a body into `model`, a struct whose scalar fields name their `Reader` in `Meta(extra={"read": …})`.

    Raises MalformedError for a required field that is missing or unusable.
    """
    return cast("T", _read_struct(body, _build_struct_type(model), "", invalid))


def text_reader(max_length: int) -> Reader:
    """Return a reader of texts that cuts those that are too long."""

    def read_text(value: object, path: str, invalid: InvalidFields) -> str | None:
        text = _make_storable(value, path, invalid)
        if text is not None and len(text) > max_length:
            invalid.add(path, "too_long")
            return text[:max_length]
        return text

    return read_text


def read_word(value: object, path: str, invalid: InvalidFields) -> str | None:
    """Read an id or enum value. Overlong ones are dropped: truncated, they would name something else."""
    word = text_reader(TEXT)(value, path, invalid)
    if word is not None and len(word) > WORD:
        invalid.add(path, "too_long")
        return None
    return word


def read_quantity(value: object, path: str, invalid: InvalidFields) -> int | None:
    """Read a whole number from 0, also in another form: `2.0`, `"2"`."""
    quantity = None
    if type(value) is int:
        quantity = value
    elif (type(value) is float and value.is_integer()) or (
        type(value) is str and value.isascii() and value.isdecimal() and len(value) <= len(str(MAX_QUANTITY))
    ):
        quantity = int(value)
    if quantity is not None and not 0 <= quantity <= MAX_QUANTITY:
        quantity = None
    if quantity is None or type(value) is not int:
        invalid.add(path, "not_quantity", value)
    return quantity


def read_time(value: object, path: str, invalid: InvalidFields) -> datetime | None:
    """Read a UTC time. One without an offset is taken as UTC; implausible ones are dropped."""
    if type(value) is not str:
        invalid.add(path, "not_time", value)
        return None
    try:
        try:
            moment = msgspec.convert(value, datetime)
        except msgspec.ValidationError:
            moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            invalid.add(path, "no_time_zone", value)
            moment = moment.replace(tzinfo=UTC)
        moment = moment.astimezone(UTC)
    except OverflowError:
        invalid.add(path, "impossible_time", value)
        return None
    except ValueError:
        invalid.add(path, "not_time", value)
        return None
    if not EARLIEST <= moment < LATEST:
        invalid.add(path, "impossible_time", value)
        return None
    return moment


def read_money(value: object, path: str, invalid: InvalidFields) -> Money | None:
    """Read a decimal amount. Digits beyond those of its currency are rounded once, half away from zero."""
    if type(value) is not dict:
        invalid.add(path, "not_amount")
        return None
    amount, currency = value.get("amount"), value.get("currencyCode")
    if type(currency) is not str or len(currency) != 3 or not (currency.isascii() and currency.isupper()):
        invalid.add(f"{path}.currencyCode", "not_currency")
        return None
    path = f"{path}.amount"
    if type(amount) in (int, float):
        invalid.add(path, "not_text", amount)
        amount = str(amount)
    if type(amount) is not str or not _DECIMAL.fullmatch(amount):
        invalid.add(path, "not_amount", amount if type(amount) is str else None)
        return None
    scaled = _EXACT.scaleb(Decimal(amount), minor_digits(currency))
    if abs(scaled) > MAX_AMOUNT:
        invalid.add(path, "too_large", amount)
        return None
    minor = scaled.to_integral_value(ROUND_HALF_UP)
    if minor != scaled:
        invalid.add(path, "rounded", amount)
    return Money(int(minor), currency)


@cache
def _build_struct_type(model: type[msgspec.Struct]) -> inspect.StructType:
    return cast("inspect.StructType", inspect.type_info(model))


def _read_struct(body: Mapping[str, object], kind: inspect.StructType, prefix: str, invalid: InvalidFields) -> Any:
    values = {}
    for field in kind.fields:
        path, value = prefix + field.encode_name, body.get(field.encode_name)
        if value is not None:
            value = _read(value, field.type, path, invalid, is_required=field.required)
        if value is not None:
            values[field.name] = value
        elif field.required:
            raise MalformedError(f"{path} is missing")
    return kind.cls(**values)


def _read(value: object, kind: inspect.Type, path: str, invalid: InvalidFields, *, is_required: bool) -> Any:
    if isinstance(kind, inspect.UnionType):
        kind = next(member for member in kind.types if not isinstance(member, inspect.NoneType))
    if isinstance(kind, inspect.Metadata) and kind.extra:
        return kind.extra["read"](value, path, invalid)
    problem = ""
    if isinstance(kind, inspect.VarTupleType):
        if type(value) is list and not value and is_required:
            raise MalformedError(f"{path} is empty")
        if type(value) is list:
            entries = (
                _read(entry, kind.item_type, f"{path}[{index}]", invalid, is_required=is_required)
                for index, entry in enumerate(value)
            )
            return tuple(entry for entry in entries if entry is not None)
        problem = "not_list"
    elif isinstance(kind, inspect.StructType):
        if type(value) is dict:
            return _read_struct(value, kind, f"{path}.", invalid)
        problem = "not_object"
    if is_required:
        raise MalformedError(f"{path} {_REASONS[problem]}")
    invalid.add(path, problem)
    return None


def _make_storable(value: object, path: str, invalid: InvalidFields) -> str | None:
    """Remove NUL characters and lone surrogates, which no database stores; None for an empty text."""
    if type(value) in (int, float):
        invalid.add(path, "not_text")
        return str(value)
    if type(value) is not str:
        invalid.add(path, "not_text")
        return None
    storable = value.replace("\0", "").encode("utf-8", "replace").decode()
    if storable != value:
        invalid.add(path, "bad_characters")
    return storable or None
