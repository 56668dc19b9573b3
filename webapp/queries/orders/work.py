"""Orders as work: filters by ship-by time and SKU, and the counts of the groups of `domain/orders/work`."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import Session

from webapp.db.no_index import no_index
from webapp.domain.orders import work
from webapp.models.orders import Order
from webapp.models.stores import StoreName

# Orders of a group are counted up to this number, so that a count costs the same for any number of orders.
COUNTED = 1_000


def is_due(name: str, stores: Sequence[StoreName], now: datetime) -> ColumnElement[bool]:
    """Match ship-by times in the range `name` of `work.SHIP_BY`, by the days of each order's store."""
    zones: dict[str, list[int]] = {}
    for store in stores:
        zones.setdefault(store.marketplace.time_zone, []).append(store.id)
    if not zones:
        return false()
    ranges = {zone: work.ship_by_range(name, zone, now) for zone in zones}
    begins = [range_.begins for range_ in ranges.values() if range_.begins is not None]
    ends = [range_.ends for range_ in ranges.values() if range_.ends is not None]
    # The widest range can use an index of the column.
    widest = _is_in(work.Range(min(begins, default=None), max(ends, default=None)))
    if len(set(ranges.values())) == 1:
        return widest
    in_zones = [and_(Order.store_id.in_(ids), _is_in(ranges[zone])) for zone, ids in zones.items()]
    return and_(widest, no_index(or_(*in_zones)))


def build_ship_by_filter(stores: Sequence[StoreName]) -> Any:
    """Build the filter by a range of ship-by times, of orders that are still to be shipped."""
    return lambda name: and_(Order.state.in_(work.UNSHIPPED), is_due(name, stores, datetime.now(UTC)))


def count_groups(session: Session) -> dict[str, int]:
    """Count the orders of each group of `work.GROUPS`, up to COUNTED + 1, in one query."""
    counts = {name: _count(Order.state.in_(states)) for name, states in work.GROUPS.items()}
    return dict(zip(counts, session.execute(select(*counts.values())).one(), strict=True))


def count_due(session: Session, stores: Sequence[StoreName], now: datetime) -> dict[str, int]:
    """Count the orders to ship in each range of `work.SHIP_BY`, up to COUNTED + 1, in one query."""
    is_to_ship = Order.state.in_(work.TO_SHIP)
    counts = {name: _count(and_(is_to_ship, is_due(name, stores, now))) for name in work.SHIP_BY}
    return dict(zip(counts, session.execute(select(*counts.values())).one(), strict=True))


def _count(condition: ColumnElement[bool]) -> Any:
    rows = select(Order.id).where(condition).limit(COUNTED + 1).subquery()
    return select(func.count()).select_from(rows).scalar_subquery()


def _is_in(range_: work.Range) -> ColumnElement[bool]:
    limits = []
    if range_.begins is not None:
        limits.append(Order.ship_by >= range_.begins)
    if range_.ends is not None:
        limits.append(Order.ship_by < range_.ends)
    return and_(*limits)
