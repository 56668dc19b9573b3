"""A window of changed orders that is read over more than one run: where it was left, so that the next goes on there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.domain.common import clocks
from webapp.models.accounts import Account

# A page token of Amazon's lives for a day.
LIFE = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class SyncWindow:
    """What every page of it must be asked with. `token` names the next page, None the first; `began` is ours."""

    after: datetime
    began: datetime
    marketplaces: Sequence[str]
    missing: frozenset[str]
    token: str | None = None


def save(account: Account, window: SyncWindow) -> None:
    """Remember where to go on; nothing, when the last page was read. Does not commit."""
    if window.token is None:
        account.sync_window = None
        return
    account.sync_window = {
        "after": window.after.isoformat(),
        "began": window.began.isoformat(),
        "marketplaces": list(window.marketplaces),
        "missing": sorted(window.missing),
        "token": window.token,
    }


def load(account: Account, marketplaces: Sequence[str], now: datetime) -> SyncWindow | None:
    """The window that was left open, if Amazon still knows its token and it asks for the same marketplaces."""
    kept = account.sync_window
    if kept is None or kept["marketplaces"] != list(marketplaces):
        return None
    began = datetime.fromisoformat(kept["began"])
    if not clocks.is_within(began, LIFE, now):
        return None
    after = datetime.fromisoformat(kept["after"])
    return SyncWindow(after, began, marketplaces, frozenset(kept["missing"]), kept["token"])
