"""Rows of lists, drawn once: a list is looked at again and again, and hardly any of its rows has changed meanwhile.

What is remembered is the finished piece of a row by everything it was drawn from, so that a row that differs in
anything is drawn anew. It stays in the memory of this process alone, as the keys do by which its names are read, and
leaves it with the next thousands of rows.
"""

from collections.abc import Sequence
from typing import Any

from flask import current_app
from markupsafe import Markup

from webapp.presentation import moments
from webapp.presentation.readers import reader

# Of each generation; a row is some two kilobytes.
_MOST = 1_000


class _Memory:
    """Two generations of pieces: what is used moves to the younger, and the elder is forgotten with all it holds."""

    def __init__(self) -> None:
        self._young: dict[tuple[Any, ...], Markup] = {}
        self._old: dict[tuple[Any, ...], Markup] = {}

    def get(self, key: tuple[Any, ...]) -> Markup | None:
        found = self._young.get(key)
        if found is None and (found := self._old.get(key)) is not None:
            self.put(key, found)
        return found

    def put(self, key: tuple[Any, ...], piece: Markup) -> None:
        if len(self._young) >= _MOST:
            self._old, self._young = self._young, {}
        self._young[key] = piece


class Rows:
    """The rows of a page. `drawn_by` names the macro and all that its rows depend on beside themselves, their store
    and the reader."""

    def __init__(self, *drawn_by: Any) -> None:
        self._memory: _Memory = current_app.extensions.setdefault("drawn_rows", _Memory())
        self._by = (reader(), *drawn_by)
        now = moments.now()
        # How far off something is goes on with each minute; years are left out where they are this one.
        self._minute, self._day = now.replace(second=0, microsecond=0), now.date()
        self._key: tuple[Any, ...] = ()

    def known(self, row: Sequence[Any], store: Any, waits: bool) -> Markup | None:
        """The row as it was drawn before. `waits`: it says how far off something is."""
        plain = tuple([repr(value) if type(value) in (dict, list) else value for value in row])
        self._key = (self._by, store, self._minute if waits else self._day, plain)
        return self._memory.get(self._key)

    def keep(self, piece: Markup) -> Markup:
        """The row that was not known, to be known from now on."""
        self._memory.put(self._key, piece)
        return piece
