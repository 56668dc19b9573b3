"""The cells of an exported file: each column of a grid becomes one or more cells."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from flask_babel import LazyString

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.domain.common.money import Money
from webapp.messages.status_labels import label
from webapp.models.stores import StoreName

Text: TypeAlias = str | LazyString
# An amount is a Decimal with exactly the digits of its currency.
Cell: TypeAlias = str | int | Decimal | None


@dataclass(frozen=True, slots=True)
class Field:
    """One cell: its heading, and the function that returns its value for a row and the row's store."""

    text: Text
    value: Callable[[Any, StoreName], Cell]
    amount: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """A column of a grid: its heading on the page, whether it is numeric, and its cells in a file."""

    text: Text
    fields: tuple[Field, ...] = ()
    figures: bool = False


CURRENCY = Field(_l("Currency"), lambda row, _store: row.currency)


def words(text: Text, name: str) -> Heading:
    """Export a text or an integer as it is stored."""
    return Heading(text, (Field(text, lambda row, _store: getattr(row, name)),))


def count(text: Text, name: str) -> Heading:
    return Heading(text, words(text, name).fields, figures=True)


def amount(text: Text, name: str) -> Heading:
    """Export minor units as a decimal number; the currency has a cell of its own."""

    def value(row: Any, _store: StoreName) -> Cell:
        minor = getattr(row, name)
        return None if minor is None or row.currency is None else Decimal(Money(minor, row.currency).amount)

    return Heading(text, (Field(text, value, amount=True),), figures=True)


def moment(text: Text, name: str) -> Heading:
    """Export an instant as ISO 8601 in the marketplace's time zone: 2026-03-02T10:00:00+01:00."""

    def value(row: Any, store: StoreName) -> Cell:
        instant: datetime | None = getattr(row, name)
        zone = ZoneInfo(store.marketplace.time_zone)
        return None if instant is None else instant.astimezone(zone).isoformat(timespec="seconds")

    return Heading(text, (Field(text, value),))


def status(text: Text, kind: str, name: str, own: str = "") -> Heading:
    """Export the label of a status. `own`: the column with a status of the store's own, which takes precedence."""

    def value(row: Any, _store: StoreName) -> Cell:
        return (getattr(row, own) if own else "") or str(label(kind, getattr(row, name)).text)

    return Heading(text, (Field(text, value),))


def labels(text: Text, kind: str, name: str) -> Heading:
    """Export the labels of codes that are separated by spaces."""

    def value(row: Any, _store: StoreName) -> Cell:
        codes = (getattr(row, name) or "").split()
        return ", ".join(str(label(kind, code).text) for code in codes) or None

    return Heading(text, (Field(text, value),))


def store(text: Text) -> Heading:
    return Heading(text, (Field(text, lambda _row, store: store.name),))


def address(text: Text, name: str) -> Heading:
    """Export an encrypted address in the cells that carriers' import forms have."""

    def part(key: str) -> Callable[[Any, StoreName], Cell]:
        return lambda row, _store: (getattr(row, name) or {}).get(key)

    parts = (
        Field(_l("Address line 1"), part("line1")),
        Field(_l("Address line 2"), part("line2")),
        Field(_l("Address line 3"), part("line3")),
        Field(_l("Postal code"), part("postal_code")),
        Field(_l("City"), part("city")),
        Field(_l("State or region"), part("region")),
        Field(_l("Country"), part("country_code")),
        Field(_l("Telephone"), part("phone")),
    )
    return Heading(text, parts)
