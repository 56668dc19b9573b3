"""The high-water mark: a file outside the database that shows when a database is older than what was already done.

It holds the last value of each counter: the number sequences, and the count of the calls that cannot be taken back. It
is written and flushed to disk after the commit that raised a counter. No counter of the database can therefore be below
the file, unless the database was replaced by an older copy.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

FILE = "high-water-mark.json"

_path: Path | None = None


def configure(data_dir: Path) -> None:
    """Store the mark in this folder from now on."""
    global _path
    _path = data_dir / FILE


def read() -> dict[str, int] | None:
    """Return the last value of each counter; None if the file is missing or unreadable."""
    if _path is None or not _path.exists():
        return None
    try:
        values = json.loads(_path.read_bytes())
    except ValueError:
        return None
    is_mark = isinstance(values, dict) and all(type(value) is int for value in values.values())
    return values if is_mark else None


def raise_to(values: Mapping[str, int]) -> None:
    """Raise each counter of the mark to at least these values. Flushes to disk before returning."""
    if _path is None:
        return
    _path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(_path.parent) as folder:
        mark = read()
        merged = (mark or {}) | {name: max(value, (mark or {}).get(name, 0)) for name, value in values.items()}
        if merged == mark:
            return
        draft = _path.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(merged, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(_path)
        os.fsync(folder)


@contextmanager
def _locked(folder: Path) -> Iterator[int]:
    """Lock the folder against other writers of the mark; yield its descriptor."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)
