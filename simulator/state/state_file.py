"""The world on disk: one SQLite file, written before Amazon's answer leaves, so that a killed world forgets nothing."""

import json
import sqlite3
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any


class StateInUse(Exception):
    """Another simulator has this state file open, or it is none."""


def _shared(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object whose names are shared by all objects: thousands of them say `currencyCode`."""
    return {sys.intern(name): value for name, value in pairs}


class Store:
    """Things by kind and key, each as JSON. One process at a time."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # The world's own lock lets one thread in at a time.
        self._db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=1)
        try:
            self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
            # The world must survive its process, not the machine's power.
            self._db.execute("PRAGMA synchronous=OFF")
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS things "
                "(kind TEXT, key TEXT, body TEXT, PRIMARY KEY (kind, key)) WITHOUT ROWID"
            )
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise StateInUse(f"{self.path} is in use by another simulator, or is no state file ({error})") from error

    def load(self, kind: str) -> Iterable[tuple[str, Any]]:
        rows = self._db.execute("SELECT key, body FROM things WHERE kind = ? ORDER BY key", (kind,))
        return ((key, json.loads(body, object_pairs_hook=_shared)) for key, body in rows)

    def save(self, things: Iterable[tuple[str, str, Any]]) -> None:
        """All of `things`, (kind, key, body) each, or none of them."""
        rows = ((kind, key, json.dumps(body, ensure_ascii=False)) for kind, key, body in things)
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany("INSERT OR REPLACE INTO things VALUES (?, ?, ?)", rows)
        self._db.execute("COMMIT")

    def clear(self) -> None:
        self._db.execute("DELETE FROM things")

    def close(self) -> None:
        self._db.close()
