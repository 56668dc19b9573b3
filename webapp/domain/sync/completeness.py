"""Compare the orders of a report with ours. Pure functions."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from webapp.domain.amazon.types import AmazonOrder
from webapp.domain.common.local_days import midnight

# Reports show a change up to half an hour late.
REPORT_LAG = timedelta(minutes=30)
# Times of a report have no fractions of a second.
TOLERANCE = timedelta(minutes=1)
# When the nightly checks begin, in UTC.
NIGHT = time(2, 30)


@dataclass(frozen=True, slots=True)
class OurOrder:
    """`last_updated_at`: when it last changed at Amazon, as far as we know; `read_at`: when a repair last read it."""

    store_id: int
    purchased_at: datetime
    last_updated_at: datetime
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CheckedStore:
    """A store whose orders are compared. Those that last changed before `since` were never requested."""

    id: int
    time_zone: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Window:
    """The window of the report, and the time up to which the live sync has read all changes.

    `unread`: ranges that a backfill has not read yet.
    """

    starts_at: datetime
    ends_at: datetime
    read_to: datetime
    unread: Sequence[tuple[datetime, datetime]] = ()


@dataclass(slots=True)
class DayCounts:
    at_amazon: int = 0
    here: int = 0
    missing: int = 0
    differing: int = 0


@dataclass(slots=True)
class Comparison:
    """`days` by (store id, day of its time zone): those that lie in the window as a whole."""

    missing: list[AmazonOrder] = field(default_factory=list)
    differing: list[AmazonOrder] = field(default_factory=list)
    days: dict[tuple[int, date], DayCounts] = field(default_factory=dict)


def find_next_night(now: datetime) -> datetime:
    """Return when the next nightly check begins. `now` is in UTC."""
    tonight = datetime.combine(now.date(), NIGHT, now.tzinfo)
    return tonight if tonight > now else tonight + timedelta(days=1)


def compare(
    reported: Iterable[AmazonOrder],
    ours: Mapping[str, OurOrder],
    stores: Mapping[str, CheckedStore],
    window: Window,
) -> Comparison:
    """Return the orders that are missing here or changed later at Amazon. `stores` by marketplace id.

    Orders that the syncs could not have read yet are none of them.
    """
    result = Comparison()
    considered: list[tuple[AmazonOrder, CheckedStore]] = []
    for order in reported:
        store, stored = stores.get(order.marketplace_id), ours.get(order.number)
        if store is None or (stored is None and not _is_expected(order, store, window)):
            continue
        considered.append((order, store))
        if stored is None:
            result.missing.append(order)
        elif _is_behind(stored, order, window):
            result.differing.append(order)
    _count_days(result, considered, ours, stores, window)
    return result


def _count_days(
    result: Comparison,
    considered: Sequence[tuple[AmazonOrder, CheckedStore]],
    ours: Mapping[str, OurOrder],
    stores: Mapping[str, CheckedStore],
    window: Window,
) -> None:
    by_id = {store.id: store for store in stores.values()}
    at_amazon = Counter(_day(store, order.purchased_at) for order, store in considered)
    stored_counts: Counter[tuple[int, date]] = Counter()
    reported = {order.number for order, _ in considered}
    for number, stored in ours.items():
        day = _day(by_id[stored.store_id], stored.purchased_at)
        stored_counts[day] += 1
        # An order that changed lately is not in the report, and Amazon has it all the same.
        if number not in reported and stored.last_updated_at > window.ends_at - REPORT_LAG:
            at_amazon[day] += 1
    missing, differing = (
        Counter(_day(stores[order.marketplace_id], order.purchased_at) for order in orders)
        for orders in (result.missing, result.differing)
    )
    result.days = {
        key: DayCounts(at_amazon[key], stored_counts[key], missing[key], differing[key])
        for key in at_amazon.keys() | stored_counts.keys()
        if _is_whole(by_id[key[0]], key[1], window)
    }


def _is_expected(order: AmazonOrder, store: CheckedStore, window: Window) -> bool:
    changed = order.last_updated_at
    if not store.since <= changed <= window.read_to:
        return False
    return not any(start <= changed <= end for start, end in window.unread)


def _is_behind(stored: OurOrder, order: AmazonOrder, window: Window) -> bool:
    changed = order.last_updated_at
    if changed > window.read_to or changed <= stored.last_updated_at + TOLERANCE:
        return False
    return stored.read_at is None or stored.read_at < changed


def _day(store: CheckedStore, instant: datetime) -> tuple[int, date]:
    return store.id, instant.astimezone(ZoneInfo(store.time_zone)).date()


def _is_whole(store: CheckedStore, day: date, window: Window) -> bool:
    begins, ends = midnight(day, store.time_zone), midnight(day + timedelta(days=1), store.time_zone)
    return max(window.starts_at, store.since) <= begins and ends <= min(window.ends_at, window.read_to)
