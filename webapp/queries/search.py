"""Finding orders by what is written in them: names through keyed hashes, numbers by their digits, amounts, days."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import QueryableAttribute

from webapp.domain.money import UNUSUAL_DIGITS
from webapp.models.search_terms import SearchTerm, terms_to_find, words
from webapp.models.stores import Store
from webapp.models.vault import VaultError, vault

# What was typed to find a person is personal itself: addresses carry it encrypted, marked by this.
SEALED = "~"
# Amazon's numbers have 19 characters; ours are shorter.
_WHOLE_NUMBER = 19


def seal(text: str) -> str:
    """The text as an address may carry it."""
    return SEALED + vault.encrypt(text.encode()).decode()


def unseal(token: str) -> str | None:
    """The text of a sealed token; None for one this installation did not make."""
    try:
        return vault.decrypt(token.removeprefix(SEALED).encode()).decode()
    except (VaultError, UnicodeDecodeError):
        return None


def can_be_found(text: str) -> bool:
    """Whether it holds a word to look for."""
    return bool(words(text))


def named(amazon_order_id: QueryableAttribute[int], text: str) -> ColumnElement[bool]:
    """Orders whose buyer or recipient has every word of `text`, or words that begin so."""
    terms = terms_to_find(text)
    if not terms:
        return false()
    return and_(
        *(
            amazon_order_id.in_(select(SearchTerm.amazon_order_id).where(SearchTerm.term == term))
            for term in dict.fromkeys(terms)
        )
    )


def numbered(number: QueryableAttribute[Any], text: str) -> ColumnElement[bool]:
    """Orders with this number, or, when only part of one was typed, with that part in it."""
    if len(text) >= _WHOLE_NUMBER:
        return number == text
    return number.contains(text, autoescape=True)


def worth(
    total: QueryableAttribute[Any], currency: QueryableAttribute[Any], bound: Decimal, *, least: bool
) -> ColumnElement[bool]:
    """Totals from (`least`) or up to `bound`, in units of each order's currency: 12.5 is €12.50, and ¥13 or more."""

    def reached(digits: int) -> ColumnElement[bool]:
        minor = int(bound.scaleb(digits).to_integral_value(ROUND_CEILING if least else ROUND_FLOOR))
        return total >= minor if least else total <= minor

    usual = and_(currency.not_in(sorted(UNUSUAL_DIGITS)), reached(2))
    unusual = [
        and_(currency.in_(sorted(name for name, has in UNUSUAL_DIGITS.items() if has == digits)), reached(digits))
        for digits in sorted(set(UNUSUAL_DIGITS.values()))
    ]
    return or_(usual, *unusual)


def placed(
    purchased_at: QueryableAttribute[datetime],
    store_id: QueryableAttribute[int],
    stores: Iterable[Store],
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
    return and_(_from(purchased_at, widest, since), or_(*each))


def _from(purchased_at: QueryableAttribute[datetime], bound: datetime, since: bool) -> ColumnElement[bool]:
    return purchased_at >= bound if since else purchased_at < bound


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))
