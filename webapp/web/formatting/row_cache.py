"""Rows of lists, drawn once: a list is looked at again and again, and hardly any of its rows has changed meanwhile.

What is remembered is the finished piece of a row by everything it was drawn from, so that a row that differs in
anything is drawn anew. It stays in the memory of this process alone, as the keys do by which its names are read, and
leaves it with the next thousands of rows. Rows that come sealed are looked for as they are stored: what is known is
not even opened.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Any

from flask import current_app
from markupsafe import Markup

from webapp.queries.listing.raw_rows import RawRows
from webapp.web.formatting import dates as date_format
from webapp.web.formatting.html import waits
from webapp.web.formatting.memory import LRUCache
from webapp.web.formatting.readers import reader

# Of each generation; a row is some two kilobytes.
_MOST = 1_000


class RowCache:
    """The rows of a page, in their order. `waiting`: the name of the column that says whether an order waits.

    `drawn_by` names the macro and all that its rows depend on beside themselves, their store and the reader.
    """

    def __init__(self, found: Sequence[Any], stores: Mapping[int, Any], waiting: str, *drawn_by: Any) -> None:
        self._memory: LRUCache[Markup] = current_app.extensions.setdefault("drawn_rows", LRUCache[Markup](_MOST))
        self._found = found
        self._keys = _keys(found, stores, waiting, (reader(), *drawn_by)) if found else []
        self._pieces = [self._memory.get(key) for key in self._keys]
        self._at = 0

    @property
    def unknown(self) -> Iterator[Any]:
        """Those that have to be drawn; each is to be kept before the next one is asked for."""
        for at, piece in enumerate(self._pieces):
            if piece is None:
                self._at = at
                yield self._found[at]

    def keep(self, piece: Markup) -> None:
        """The row that was not known, to be known from now on."""
        self._memory.put(self._keys[self._at], piece)
        self._pieces[self._at] = piece

    def all(self) -> Markup:
        """Every row."""
        # Markup's own way of joining escapes each piece again.
        return Markup("".join([piece for piece in self._pieces if piece is not None]))  # noqa: S704 - all drawn


def _keys(found: Sequence[Any], stores: Mapping[int, Any], waiting: str, drawn_by: tuple[Any, ...]) -> list[Any]:
    """Of each row everything it is drawn from."""
    now = date_format.now()
    # How far off something is goes on with each minute; years are left out where they are this one.
    minute, day = now.replace(second=0, microsecond=0), now.date()
    fields, rows = (found.form.fields, found.stored) if isinstance(found, RawRows) else ((), found)
    said = _said(fields, waiting) if fields else attrgetter("store_id", "fulfilled_by", waiting)
    heads: dict[tuple[int, bool], object] = {}
    keys: list[Any] = []
    for row in rows:
        store_id, fulfilled_by, status = said(row)
        which = (store_id, waits(fulfilled_by, status))
        head = heads.get(which)
        if head is None:
            head = heads[which] = _head(drawn_by, stores[store_id], minute if which[1] else day, fields)
        keys.append((head, _plain(row)))
    return keys


def _said(fields: tuple[str, ...], waiting: str) -> Callable[[Any], tuple[Any, ...]]:
    return itemgetter(*(fields.index(name) for name in ("store_id", "fulfilled_by", waiting)))


# What the rows of a page have in common is compared once, and then by being the same.
@lru_cache(maxsize=4096)
def _head(_drawn_by: tuple[Any, ...], _store: Any, _when: datetime | date, _fields: tuple[str, ...]) -> object:
    return object()


def _plain(row: Sequence[Any]) -> tuple[Any, ...]:
    plain = tuple(row)
    try:
        hash(plain)
    except TypeError:
        return tuple([repr(value) if type(value) in (dict, list) else value for value in plain])
    return plain
