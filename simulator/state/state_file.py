"""The state on disk: one SQLite file, written before a response is sent, so that a killed process loses nothing."""

import json
import sqlite3
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any


class StateFileError(Exception):
    """The file is open in another simulator, or is not a state file."""


def _intern_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build a JSON object with interned names: `currencyCode` occurs thousands of times."""
    return {sys.intern(name): value for name, value in pairs}


class StateFile:
    """JSON documents by kind and key. One process at a time."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # The lock of the world admits one thread at a time.
        self._db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=1)
        try:
            self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
            # The state must survive its process, not a power cut.
            self._db.execute("PRAGMA synchronous=OFF")
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS entries "
                "(kind TEXT, key TEXT, body TEXT, PRIMARY KEY (kind, key)) WITHOUT ROWID"
            )
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise StateFileError(
                f"{self.path} is in use by another simulator, or is not a state file ({error})"
            ) from error

    def load(self, kind: str) -> Iterable[tuple[str, Any]]:
        rows = self._db.execute("SELECT key, body FROM entries WHERE kind = ? ORDER BY key", (kind,))
        return ((key, json.loads(body, object_pairs_hook=_intern_names)) for key, body in rows)

    def save(self, entries: Iterable[tuple[str, str, Any]]) -> None:
        """Write all of `entries`, (kind, key, body) each, in one transaction."""
        rows = ((kind, key, json.dumps(body, ensure_ascii=False)) for kind, key, body in entries)
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?, ?)", rows)
        self._db.execute("COMMIT")

    def clear(self) -> None:
        self._db.execute("DELETE FROM entries")

    def close(self) -> None:
        self._db.close()
