"""Finding orders by what is written in them: words through the index of keyed hashes, amounts, days."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any
from zoneinfo import ZoneInfo

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

from webapp.db.encryption import DecryptionError, vault
from webapp.db.no_index import no_index
from webapp.db.search_index import (
    DOCUMENTS,
    ID_MASK,
    NAME_OF_TABLE,
    for_postgresql,
    for_sqlite,
)
from webapp.domain import search_tokenizer
from webapp.domain.common.money import UNUSUAL_DIGITS, minor_digits
from webapp.domain.search_tokenizer import NAME, NUMBER, SearchQuery
from webapp.models.stores import StoreName

# What was typed to find a person is personal itself: addresses carry it encrypted, marked by this.
ENCRYPTED_PREFIX = "~"
# Amazon's numbers have 19 characters; ours are shorter.
_WHOLE_NUMBER = 19


# Who may open a sealed text: everybody who is signed in, or only who may read personal data.
_EVERYBODY, _READERS = b"everybody", b"readers of personal data"


def encrypt_param(text: str, *, personal: bool) -> str:
    """The text as an address may carry it. `personal`: it was typed by somebody who may read personal data."""
    return ENCRYPTED_PREFIX + vault.encrypt_parameter(text, _READERS if personal else _EVERYBODY)


def decrypt_param(token: str, *, personal: bool) -> str | None:
    """The text of a sealed token; None for one this installation did not make, or not for this reader.

    `personal`: whether the reader may read personal data.
    """
    for audience in (_READERS, _EVERYBODY) if personal else (_EVERYBODY,):
        try:
            return vault.decrypt_parameter(token.removeprefix(ENCRYPTED_PREFIX), audience)
        except DecryptionError:
            continue
    return None


def has_terms(text: str) -> bool:
    """Whether it holds a word to look for."""
    return bool(search_tokenizer.read(text))


@dataclass(frozen=True, slots=True)
class FullTextFilter:
    """A filter over what is written in orders, instead of over columns: the index of words is asked first."""

    text: str
    kinds: frozenset[str] = frozenset(search_tokenizer.KINDS)

    @property
    def wanted(self) -> SearchQuery:
        return search_tokenizer.read(self.text, kinds=self.kinds)

    @property
    def personal(self) -> bool:
        """Whether it looks among the words of buyers and recipients."""
        return not self.kinds <= search_tokenizer.NOT_PERSONAL

    def without_personal(self) -> "FullTextFilter":
        """The same among numbers and goods alone."""
        return FullTextFilter(self.text, self.kinds & search_tokenizer.NOT_PERSONAL)


def full_text(text: str) -> FullTextFilter:
    """Orders with every word of `text` somewhere: names, addresses, numbers, goods; beginnings of words count."""
    return FullTextFilter(text)


def by_name(text: str) -> FullTextFilter:
    """Orders whose buyer or recipient has every word of `text`, or words that begin so."""
    return FullTextFilter(text, frozenset({NAME}))


def by_number(text: str) -> FullTextFilter:
    """Orders with this number, or with one that begins or ends so, or a block of which begins so."""
    return FullTextFilter(text, frozenset({NUMBER}))


class _matches(FunctionElement[Any]):  # noqa: N801 - named as SQL names functions
    """The document matches: `clauses` are what FTS5 is asked and what `tsquery` is asked."""

    # Not a boolean: SQLite would be asked whether it is 1, which is no question for FTS5.
    type = Integer()
    inherit_cache = True
    personal = False


@compiles(_matches, "sqlite")
def _for_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    asked, _other = element.clauses
    return f"{NAME_OF_TABLE} MATCH {compiler.process(asked, **options)}"


@compiles(_matches, "postgresql")
def _for_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    _other, asked = element.clauses
    return f"{NAME_OF_TABLE}.words @@ CAST({compiler.process(asked, **options)} AS tsquery)"


def match_condition(sought: FullTextFilter) -> ColumnElement[bool]:
    """The condition on `DOCUMENTS`."""
    wanted = sought.wanted
    if not wanted:
        return false()
    condition = _matches(literal(for_sqlite(wanted), Text), literal(for_postgresql(wanted), Text))
    condition.personal = sought.personal
    return condition


def newest_documents(session: Session, sought: FullTextFilter, limit: int) -> Sequence[int]:
    """The numbers of the documents found, those of the latest purchases first, at most `limit`."""
    found = select(DOCUMENTS.c.rowid).where(match_condition(sought)).order_by(DOCUMENTS.c.rowid.desc())
    return session.scalars(found.limit(limit)).all() if sought.wanted else ()


def newest_ids(session: Session, sought: FullTextFilter, limit: int) -> list[int]:
    """The ids of the Amazon orders found, those bought last first, at most `limit`."""
    return [row & ID_MASK for row in newest_documents(session, sought, limit)]


def join_matches(rows: Select[*tuple[Any, ...]], id_: Any, sought: FullTextFilter) -> Select[*tuple[Any, ...]]:
    """These rows with the documents found, to be read in the order of `DOCUMENTS.c.rowid`."""
    return rows.join(DOCUMENTS, id_ == DOCUMENTS.c.rowid.bitwise_and(ID_MASK)).where(match_condition(sought))


def id_in(column: Any, ids: Sequence[int], session: Session) -> ColumnElement[bool]:
    """The column is one of these: one parameter, however many they are."""
    if session.get_bind().dialect.name == "postgresql":
        return column == any_(literal(list(ids), ARRAY(BigInteger)))
    each = func.json_each(json.dumps(list(ids))).table_valued("value")
    return column.in_(select(each.c.value))


def id_in_matches(column: Any, sought: FullTextFilter) -> ColumnElement[bool]:
    """The column is the id of any of the orders found, however many."""
    found: ColumnElement[bool] = column.in_(
        select(DOCUMENTS.c.rowid.bitwise_and(ID_MASK)).where(match_condition(sought))
    )
    return found


def number_contains(number: QueryableAttribute[Any], text: str) -> ColumnElement[bool]:
    """Orders with this number, or, when only part of one was typed, with that part in it."""
    if len(text) >= _WHOLE_NUMBER:
        return number == text
    return number.contains(text, autoescape=True)


def total_between(
    total: QueryableAttribute[Any],
    currency: QueryableAttribute[Any],
    stores: Iterable[StoreName],
    bound: Decimal,
    *,
    least: bool,
) -> ColumnElement[bool]:
    """Totals from (`least`) or up to `bound`, in units of each order's currency: 12.5 is €12.50, and ¥13 or more."""

    def reached(digits: int) -> ColumnElement[bool]:
        minor = int(bound.scaleb(digits).to_integral_value(ROUND_CEILING if least else ROUND_FLOOR))
        return total >= minor if least else total <= minor

    sold_in = {minor_digits(store.marketplace.currency) for store in stores}
    if len(sold_in) == 1:
        return reached(*sold_in)

    usual = and_(currency.not_in(sorted(UNUSUAL_DIGITS)), reached(2))
    unusual = [
        and_(currency.in_(sorted(name for name, has in UNUSUAL_DIGITS.items() if has == digits)), reached(digits))
        for digits in sorted(set(UNUSUAL_DIGITS.values()))
    ]
    return or_(usual, *unusual)


def purchased_between(
    purchased_at: QueryableAttribute[datetime],
    store_id: QueryableAttribute[int],
    stores: Iterable[StoreName],
    day: date,
    *,
    since: bool,
) -> ColumnElement[bool]:
    """Orders placed from the beginning of `day` on (`since`), or until its end, as each marketplace counts its days."""
    zones: dict[str, list[int]] = {}
    for store in stores:
        zones.setdefault(store.marketplace.time_zone, []).append(store.id)
    if not zones:
        return false()
    bounds = {zone: _midnight(day if since else day + timedelta(days=1), zone) for zone in zones}
    # The bound over all zones lets the index of purchase dates help.
    widest = min(bounds.values()) if since else max(bounds.values())
    each = (and_(store_id.in_(ids), _from(purchased_at, bounds[zone], since)) for zone, ids in zones.items())
    return and_(_from(purchased_at, widest, since), no_index(or_(*each)))


def _from(purchased_at: QueryableAttribute[datetime], bound: datetime, since: bool) -> ColumnElement[bool]:
    return purchased_at >= bound if since else purchased_at < bound


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))
