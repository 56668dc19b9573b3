"""The age of Amazon's data, which every page shows."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import String, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from webapp.domain import schedule
from webapp.models.accounts import Account
from webapp.models.backfills import DONE, SEARCH, Backfill
from webapp.models.recurring_jobs import RecurringJob

# A sync may be missed twice before pages warn. With short intervals, one slow page must not cause a warning.
PATIENCE = 3
LEAST = timedelta(minutes=1)
# While a backfill searches, the live sync leaves it calls and runs at this interval at least.
DELAYED_INTERVAL = timedelta(seconds=schedule.DELAYS["sync_account"])


class Freshness(NamedTuple):
    """The age of an account's data. `as_of`: changes until then are stored; None before the first sync.

    `late`: older than three of the account's intervals, which a backfill by search lengthens. `error_code`: why Amazon
    rejects requests (a code of `messages`), or None.
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
    is_delayed = exists().where(
        Backfill.account_id == Account.id,
        Backfill.method == SEARCH,
        or_(Backfill.state != DONE, Backfill.ended_at > now - DELAYED_INTERVAL),
    )
    rows = session.execute(
        select(
            Account.id,
            Account.name,
            Account.last_synced_at,
            Account.created_at,
            Account.error_code,
            RecurringJob.interval_seconds,
            is_delayed,
        ).outerjoin(RecurringJob, RecurringJob.key == key)
    )
    return [_build_freshness(*row, now=now) for row in rows]


def _build_freshness(
    id_: int,
    name: str,
    synced: datetime | None,
    created: datetime,
    error_code: str | None,
    interval_seconds: int | None,
    is_delayed: bool,
    *,
    now: datetime,
) -> Freshness:
    # Without a recurring job the account is late as well.
    interval = timedelta(seconds=interval_seconds or 0)
    allowed = max(PATIENCE * (max(interval, DELAYED_INTERVAL) if is_delayed else interval), LEAST)
    return Freshness(id_, name, synced, now - (synced or created) > allowed, error_code)


def _get_age_key(age: Freshness) -> float:
    return age.as_of.timestamp() if age.as_of is not None else 0.0
