"""What was drawn once and is drawn the same way each time, kept in the memory of this process."""

from collections.abc import Hashable
from typing import Generic, TypeVar

Piece = TypeVar("Piece")


class LRUCache(Generic[Piece]):
    """Two generations of pieces: what is used moves to the younger, and the elder is forgotten with all it holds.

    `most`: how many pieces are in each.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._young: dict[Hashable, Piece] = {}
        self._old: dict[Hashable, Piece] = {}

    def get(self, key: Hashable) -> Piece | None:
        found = self._young.get(key)
        if found is None and (found := self._old.get(key)) is not None:
            self.put(key, found)
        return found

    def put(self, key: Hashable, piece: Piece) -> None:
        if len(self._young) >= self._most:
            self._old, self._young = self._young, {}
        self._young[key] = piece
