"""Search conditions of lists: full-text search in the index of keyed hashes, and ranges of amounts and days."""

import json
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    any_,
    false,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import QueryableAttribute, Session
from sqlalchemy.sql.functions import FunctionElement

from webapp.db.encryption import DecryptionError, field_cipher
from webapp.db.no_index import no_index
from webapp.db.search_index import DOCUMENTS, ID_MASK, NAME_OF_TABLE
from webapp.db.search_term_hasher import build_fts5_query, build_tsquery
from webapp.domain import search_tokenizer
from webapp.domain.common.local_days import midnight
from webapp.domain.common.money import UNUSUAL_DIGITS, minor_digits
from webapp.domain.search_tokenizer import NAME, NUMBER, SearchQuery
from webapp.models.stores import StoreName

# Search text can name a person: URLs carry it encrypted, marked by this prefix.
ENCRYPTED_PREFIX = "~"
# The length of Amazon's order numbers; ours are shorter.
_WHOLE_NUMBER = 19
# Who may decrypt a parameter: all signed-in users, or only those who may read personal data.
_EVERYBODY, _READERS = b"everybody", b"readers of personal data"


def encrypt_param(text: str, *, personal: bool) -> str:
    """Encrypt search text for a URL. `personal`: its author may read personal data, so its readers must, too."""
    return ENCRYPTED_PREFIX + field_cipher.encrypt_parameter(text, _READERS if personal else _EVERYBODY)


def decrypt_param(token: str, *, personal: bool) -> str | None:
    """Decrypt a URL parameter. Returns None if another installation made it, or the reader may not decrypt it.

    `personal`: whether the reader may read personal data.
    """
    for audience in (_READERS, _EVERYBODY) if personal else (_EVERYBODY,):
        try:
            return field_cipher.decrypt_parameter(token.removeprefix(ENCRYPTED_PREFIX), audience)
        except DecryptionError:
            continue
    return None


def has_terms(text: str) -> bool:
    """Return whether the text has a term to search for."""
    return bool(search_tokenizer.parse_query(text))


@dataclass(frozen=True, slots=True)
class FullTextFilter:
    """A filter by the full-text index instead of by columns. `kinds`: the kinds of terms that are searched."""

    text: str
    kinds: frozenset[str] = frozenset(search_tokenizer.KINDS)

    @property
    def query(self) -> SearchQuery:
        return search_tokenizer.parse_query(self.text, kinds=self.kinds)

    @property
    def personal(self) -> bool:
        """Return whether words of buyers and recipients are searched."""
        return not self.kinds <= search_tokenizer.NOT_PERSONAL

    def without_personal(self) -> "FullTextFilter":
        """Return the filter that searches only numbers and products."""
        return FullTextFilter(self.text, self.kinds & search_tokenizer.NOT_PERSONAL)


def full_text(text: str) -> FullTextFilter:
    """Match orders with every word of `text`, or the beginning of a word, in any name, address, number or product."""
    return FullTextFilter(text)


def by_name(text: str) -> FullTextFilter:
    """Match orders with every word of `text`, or the beginning of a word, in the name of the buyer or recipient."""
    return FullTextFilter(text, frozenset({NAME}))


def by_number(text: str) -> FullTextFilter:
    """Match orders with this number, or with one that begins or ends with it, or has a block that begins with it."""
    return FullTextFilter(text, frozenset({NUMBER}))


class _matches(FunctionElement[Any]):  # noqa: N801 - named as SQL names functions
    """Match documents. `clauses`: the query for FTS5, and the query for `tsquery`."""

    # Not a boolean, which SQLAlchemy compares with 1 on SQLite: FTS5 does not support that.
    type = Integer()
    inherit_cache = True
    personal = False


@compiles(_matches, "sqlite")
def _for_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    query, _ = element.clauses
    return f"{NAME_OF_TABLE} MATCH {compiler.process(query, **options)}"


@compiles(_matches, "postgresql")
def _for_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    _, query = element.clauses
    return f"{NAME_OF_TABLE}.words @@ CAST({compiler.process(query, **options)} AS tsquery)"


def match_condition(full_text: FullTextFilter) -> ColumnElement[bool]:
    """Return the condition on `DOCUMENTS`. Its attribute `personal` tells whether words of buyers are searched."""
    query = full_text.query
    if not query:
        return false()
    condition = _matches(literal(build_fts5_query(query), Text), literal(build_tsquery(query), Text))
    condition.personal = full_text.personal
    return condition


def select_newest_documents(session: Session, full_text: FullTextFilter, limit: int) -> Sequence[int]:
    """Read the row numbers of matching documents, the latest purchases first, at most `limit`."""
    numbers = select(DOCUMENTS.c.rowid).where(match_condition(full_text)).order_by(DOCUMENTS.c.rowid.desc())
    return session.scalars(numbers.limit(limit)).all() if full_text.query else ()


def select_newest_ids(session: Session, full_text: FullTextFilter, limit: int) -> list[int]:
    """Read the ids of matching Amazon orders, the latest purchases first, at most `limit`."""
    return [number & ID_MASK for number in select_newest_documents(session, full_text, limit)]


def join_matches(rows: Select[*tuple[Any, ...]], id_: Any, full_text: FullTextFilter) -> Select[*tuple[Any, ...]]:
    """Join rows to the matching documents, so that they can be read in the order of `DOCUMENTS.c.rowid`."""
    return rows.join(DOCUMENTS, id_ == DOCUMENTS.c.rowid.bitwise_and(ID_MASK)).where(match_condition(full_text))


def id_in(column: Any, ids: Sequence[int], session: Session) -> ColumnElement[bool]:
    """Return `column IN ids`, with one parameter for all ids."""
    if session.get_bind().dialect.name == "postgresql":
        return column == any_(literal(list(ids), ARRAY(BigInteger)))
    values = func.json_each(json.dumps(list(ids))).table_valued("value")
    return column.in_(select(values.c.value))


def id_in_matches(column: Any, full_text: FullTextFilter) -> ColumnElement[bool]:
    """Return the condition that the column is the id of a matching Amazon order."""
    is_match: ColumnElement[bool] = column.in_(
        select(DOCUMENTS.c.rowid.bitwise_and(ID_MASK)).where(match_condition(full_text))
    )
    return is_match


def number_contains(number: QueryableAttribute[Any], text: str) -> ColumnElement[bool]:
    """Match a complete order number exactly, and a shorter text anywhere in the number."""
    if len(text) >= _WHOLE_NUMBER:
        return number == text
    return number.contains(text, autoescape=True)


def build_total_filters(
    total: QueryableAttribute[Any], currency: QueryableAttribute[Any], stores: Sequence[StoreName]
) -> dict[str, Callable[[Decimal], ColumnElement[bool]]]:
    """Build filters by a range of totals, in units of each currency: 12.5 is €12.50, and from ¥13 on."""

    def compare(bound: Decimal, digits: int, rounding: str) -> ColumnElement[bool]:
        minor = int(bound.scaleb(digits).to_integral_value(rounding))
        return total >= minor if rounding == ROUND_CEILING else total <= minor

    def condition(bound: Decimal, rounding: str) -> ColumnElement[bool]:
        digits = {minor_digits(store.marketplace.currency) for store in stores}
        if len(digits) == 1:
            return compare(bound, digits.pop(), rounding)
        conditions = [and_(currency.not_in(sorted(UNUSUAL_DIGITS)), compare(bound, 2, rounding))]
        for places in sorted(set(UNUSUAL_DIGITS.values())):
            currencies = sorted(name for name, own in UNUSUAL_DIGITS.items() if own == places)
            conditions.append(and_(currency.in_(currencies), compare(bound, places, rounding)))
        return or_(*conditions)

    return {
        "total_min": lambda bound: condition(bound, ROUND_CEILING),
        "total_max": lambda bound: condition(bound, ROUND_FLOOR),
    }


def build_day_filters(
    prefix: str, column: QueryableAttribute[datetime], store_id: QueryableAttribute[int], stores: Sequence[StoreName]
) -> dict[str, Callable[[date], ColumnElement[bool]]]:
    """Build filters `{prefix}_from` and `{prefix}_to` by days, in the time zone of each row's marketplace."""
    zones: dict[str, list[int]] = {}
    for store in stores:
        zones.setdefault(store.marketplace.time_zone, []).append(store.id)

    def condition(day: date, compare: Callable[[Any, Any], Any], widest: Callable[[Any], Any]) -> ColumnElement[bool]:
        if not zones:
            return false()
        bounds = {zone: midnight(day, zone) for zone in zones}
        in_zones = [and_(store_id.in_(ids), compare(column, bounds[zone])) for zone, ids in zones.items()]
        # The widest bound can use an index of the column.
        return and_(compare(column, widest(bounds.values())), no_index(or_(*in_zones)))

    return {
        f"{prefix}_from": lambda day: condition(day, operator.ge, min),
        f"{prefix}_to": lambda day: condition(day + timedelta(days=1), operator.lt, max),
    }


def by_handling(column: QueryableAttribute[str | None]) -> Callable[[str], ColumnElement[bool]]:
    """Build a filter by a handling code of Amazon orders, or by `any` of them."""

    def condition(code: str) -> ColumnElement[bool]:
        is_marked = column.is_not(None)
        return is_marked if code == "any" else and_(is_marked, column.contains(f" {code} ", autoescape=True))

    return condition


def store_filter(
    store_id: QueryableAttribute[int], stores: Sequence[StoreName]
) -> dict[str, Callable[[str], ColumnElement[bool]]]:
    """Build the filter `store` by the slug of a store."""
    return {"store": lambda slug: store_id.in_([store.id for store in stores if store.slug == slug])}
