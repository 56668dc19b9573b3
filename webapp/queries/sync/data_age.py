"""The age of Amazon's data, which every page shows."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import String, func, literal, select
from sqlalchemy.orm import Session

from webapp.models.accounts import Account
from webapp.models.recurring_jobs import RecurringJob

# A sync may be missed twice before pages warn. With short intervals, one slow page must not cause a warning.
PATIENCE = 3
LEAST = timedelta(minutes=1)


class Freshness(NamedTuple):
    """The age of an account's data. `as_of`: changes until then are stored; None before the first sync.

    `late`: older than three of the account's intervals. `error_code`: why Amazon rejects requests (a code of
    `messages`), or None.
    """

    account_id: int
    account: str
    as_of: datetime | None
    late: bool
    error_code: str | None

    @property
    def needs_attention(self) -> bool:
        return self.late or self.error_code is not None


def find_worst(session: Session, now: datetime) -> Freshness | None:
    """Find the account with an error, else one that is late, else the one with the oldest data."""
    ages = list_all(session, now)
    return min(ages, key=lambda age: (age.error_code is None, not age.late, _get_age_key(age)), default=None)


def list_all(session: Session, now: datetime) -> list[Freshness]:
    """List the age of the data of every account."""
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
    return [_build_freshness(*row, now=now) for row in rows]


def _build_freshness(
    id_: int,
    name: str,
    synced: datetime | None,
    created: datetime,
    error_code: str | None,
    interval: int | None,
    *,
    now: datetime,
) -> Freshness:
    # Without a recurring job the account is late as well.
    allowed = max(PATIENCE * timedelta(seconds=interval or 0), LEAST)
    return Freshness(id_, name, synced, now - (synced or created) > allowed, error_code)


def _get_age_key(age: Freshness) -> float:
    return age.as_of.timestamp() if age.as_of is not None else 0.0
