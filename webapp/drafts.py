"""What somebody has entered and not finished yet: encrypted, in their session on the server, for ten minutes.

So a secret is typed once, though it takes two pages, and no page ever holds it.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import session

from webapp.models.vault import VaultError, vault

LIFE = timedelta(minutes=10)


def keep(name: str, draft: dict[str, Any]) -> None:
    """Keep what JSON can say under `name`, from now on."""
    sealed = vault.encrypt(json.dumps({"at": datetime.now(UTC).timestamp(), "draft": draft}).encode())
    session[_key(name)] = sealed.decode()


def read(name: str) -> dict[str, Any] | None:
    """The draft; None when there is none, or when its time is over."""
    sealed = session.get(_key(name))
    if not isinstance(sealed, str):
        return None
    try:
        kept = json.loads(vault.decrypt(sealed.encode()))
    except VaultError:
        # The key it was written with has been taken away since.
        return None
    age = datetime.now(UTC).timestamp() - kept["at"]
    draft: dict[str, Any] = kept["draft"]
    return draft if 0 <= age < LIFE.total_seconds() else None


def drop(name: str) -> None:
    session.pop(_key(name), None)


def _key(name: str) -> str:
    return f"draft_{name}"
