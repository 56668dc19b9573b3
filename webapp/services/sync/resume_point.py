"""The resume point of a sync whose window of changed orders takes more than one run to read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.domain.common import clocks
from webapp.models.accounts import Account

# Amazon's page tokens are valid for a day.
MAX_AGE = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class SyncWindow:
    """The parameters of every page. `token` names the next page, None the first; `began` is when reading began.

    `pages`: how many have been read.
    """

    after: datetime
    began: datetime
    marketplaces: Sequence[str]
    missing: frozenset[str]
    token: str | None = None
    pages: int = 0


def save(account: Account, window: SyncWindow) -> None:
    """Store where to continue, or nothing after the last page. Does not commit."""
    if window.token is None:
        account.sync_window = None
        return
    account.sync_window = {
        "after": window.after.isoformat(),
        "began": window.began.isoformat(),
        "marketplaces": list(window.marketplaces),
        "missing": sorted(window.missing),
        "token": window.token,
        "pages": window.pages,
    }


def load(account: Account, marketplaces: Sequence[str], now: datetime) -> SyncWindow | None:
    """Return the unfinished window if its token is still valid and its marketplaces are the same."""
    stored = account.sync_window
    if stored is None or stored["marketplaces"] != list(marketplaces):
        return None
    began = datetime.fromisoformat(stored["began"])
    if not clocks.is_within(began, MAX_AGE, now):
        return None
    after = datetime.fromisoformat(stored["after"])
    return SyncWindow(after, began, marketplaces, frozenset(stored["missing"]), stored["token"], stored["pages"])
