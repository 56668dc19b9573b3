"""How old Amazon's data is: the age every page shows."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import String, func, literal, select
from sqlalchemy.orm import Session

from webapp.models.accounts import Account
from webapp.models.recurring_jobs import RecurringJob

# A sync may be missed twice before anybody is told; a quick rhythm must not raise a false alarm over one slow page.
PATIENCE = 3
LEAST = timedelta(minutes=1)


class Freshness(NamedTuple):
    """Of the account that is worst off. `as_of`: what Amazon said until then is here; None before the first sync.

    `late`: older than three of the account's intervals. `error_code`: why Amazon refuses to speak (a code of
    `sentences`), or None.
    """

    account_id: int
    account: str
    as_of: datetime | None
    late: bool
    error_code: str | None

    @property
    def alarming(self) -> bool:
        return self.late or self.error_code is not None


def find_worst(session: Session, now: datetime) -> Freshness | None:
    """The account one has to worry about most, else the one with the oldest data; None without any account."""
    key = literal("sync_account-") + func.cast(Account.id, String)
    rows = session.execute(
        select(
            Account.id,
            Account.name,
            Account.last_synced_at,
            Account.created_at,
            Account.error_code,
            RecurringJob.interval_seconds,
        ).outerjoin(RecurringJob, RecurringJob.key == key)
    )
    found = [_freshness(*row, now=now) for row in rows]
    return min(found, key=lambda one: (one.error_code is None, not one.late, _age_key(one)), default=None)


def _freshness(
    id_: int,
    name: str,
    synced: datetime | None,
    created: datetime,
    error_code: str | None,
    interval: int | None,
    *,
    now: datetime,
) -> Freshness:
    # An account that nobody syncs any more is late in any case.
    allowed = max(PATIENCE * timedelta(seconds=interval or 0), LEAST)
    return Freshness(id_, name, synced, now - (synced or created) > allowed, error_code)


def _age_key(one: Freshness) -> float:
    return one.as_of.timestamp() if one.as_of is not None else 0.0
