"""Drafts of forms that span two pages, kept in the user's encrypted session for ten minutes.

A secret is entered once and is not part of any page.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import session

LIFE = timedelta(minutes=10)


def save(name: str, draft: dict[str, Any]) -> None:
    """Store a JSON-serializable draft under `name`."""
    session[_get_key(name)] = {"at": datetime.now(UTC).timestamp(), "draft": draft}


def read(name: str) -> dict[str, Any] | None:
    """Return the draft, or None when there is none or it has expired."""
    entry = session.get(_get_key(name))
    if entry is None:
        return None
    age = datetime.now(UTC).timestamp() - entry["at"]
    draft: dict[str, Any] = entry["draft"]
    return draft if 0 <= age < LIFE.total_seconds() else None


def delete(name: str) -> None:
    session.pop(_get_key(name), None)


def _get_key(name: str) -> str:
    return f"draft_{name}"
