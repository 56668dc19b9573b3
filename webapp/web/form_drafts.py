"""What somebody has entered and not finished yet: in their session, which is kept encrypted on the server, for ten
minutes. So a secret is typed once, though it takes two pages, and no page ever holds it.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import session

LIFE = timedelta(minutes=10)


def keep(name: str, draft: dict[str, Any]) -> None:
    """Keep what JSON can say under `name`, from now on."""
    session[_key(name)] = {"at": datetime.now(UTC).timestamp(), "draft": draft}


def read(name: str) -> dict[str, Any] | None:
    """The draft; None when there is none, or when its time is over."""
    kept = session.get(_key(name))
    if kept is None:
        return None
    age = datetime.now(UTC).timestamp() - kept["at"]
    draft: dict[str, Any] = kept["draft"]
    return draft if 0 <= age < LIFE.total_seconds() else None


def drop(name: str) -> None:
    session.pop(_key(name), None)


def _key(name: str) -> str:
    return f"draft_{name}"
