"""Maintain the daily sales of stores, in the transaction of each change.

New orders are added to the sums of their day; a day that changed otherwise is summed again.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, delete, inspect, select
from sqlalchemy.orm import Session

from webapp.db.bulk_write import insert_many, upsert_add
from webapp.db.session_hooks import update_before_commit
from webapp.domain.amazon.statuses import CANCELLED
from webapp.domain.amazon.types import AmazonOrder as AmazonOrderSaid
from webapp.domain.common.batches import batched
from webapp.domain.common.local_days import midnight
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.daily_sales import DailySales
from webapp.models.stores import Store
from webapp.queries.accounts import dashboard
from webapp.queries.accounts.dashboard import Span

_DIRTY_DAYS = "daily_sales"
_SUMMED_COLUMNS = ("status", "total", "currency", "blocked", "purchased_at")
# Days summed in one statement.
_BATCH_SIZE = 60


def mark_dirty(session: Session, instants: Iterable[tuple[int, datetime]]) -> None:
    """Sum these days again before the session commits: (store id, an instant of the day)."""
    session.info.setdefault(_DIRTY_DAYS, set()).update(instants)


def add_orders(session: Session, inserted: Iterable[tuple[Store, AmazonOrderSaid, bool]]) -> None:
    """Add orders that were just inserted to the sums: (their store, Amazon's data, whether it is blocked)."""
    zones: dict[int, ZoneInfo] = {}
    sums: dict[tuple[int, date, str], list[int]] = {}
    for store, order, blocked in inserted:
        zone = zones.setdefault(store.id, ZoneInfo(store.marketplace.time_zone))
        day_sums = sums.setdefault((store.id, order.purchased_at.astimezone(zone).date(), order.status), [0, 0])
        day_sums[0] += 1
        total = order.total
        if order.status != CANCELLED and not blocked and total and total.currency == store.marketplace.currency:
            day_sums[1] += total.minor
    rows = [
        {"store_id": store_id, "day": day, "status": status, "orders": orders, "revenue": revenue}
        for (store_id, day, status), (orders, revenue) in sums.items()
    ]
    upsert_add(session, DailySales, rows, ("orders", "revenue"))


def _sum_days(session: Session, days: Sequence[tuple[Store, date]]) -> None:
    """Sum days again, in batches."""
    for batch in batched(days, _BATCH_SIZE):
        _sum_batch(session, batch)


def _sum_batch(session: Session, days: Sequence[tuple[Store, date]]) -> None:
    spans = []
    for number, (store, day) in enumerate(days):
        zone = store.marketplace.time_zone
        spans.append(Span(number, store, midnight(day, zone), midnight(day + timedelta(days=1), zone)))
    rows_by_span = dashboard.sum_spans(session, spans)
    criteria = (DailySales.store_id == bindparam("the_store"), DailySales.day == bindparam("the_day"))
    table = DailySales.__table__
    statement = delete(table).where(*criteria)  # type: ignore[arg-type]
    session.connection().execute(statement, [{"the_store": store.id, "the_day": day} for store, day in days])
    rows = [
        {
            "store_id": days[row.number][0].id,
            "day": days[row.number][1],
            "status": row.status,
            "orders": row.orders,
            "revenue": row.revenue,
        }
        for row in rows_by_span
    ]
    insert_many(session, DailySales, rows)


def _mark_changed(session: Session) -> None:
    for entity in (*session.new, *session.dirty):
        if isinstance(entity, AmazonOrder):
            history = {name: inspect(entity).attrs[name].history for name in _SUMMED_COLUMNS}
            if any(attribute.has_changes() for attribute in history.values()):
                instants = [entity.purchased_at, *(history["purchased_at"].deleted or ())]
                mark_dirty(session, [(entity.store_id, instant) for instant in instants])


def _sum_dirty_days(session: Session, dirty: set[tuple[int, datetime]]) -> None:
    stores = {
        store.id: store for store in session.scalars(select(Store).where(Store.id.in_({id_ for id_, _ in dirty})))
    }
    days = {
        (id_, instant.astimezone(ZoneInfo(stores[id_].marketplace.time_zone)).date())
        for id_, instant in dirty
        if id_ in stores
    }
    _sum_days(session, [(stores[id_], day) for id_, day in sorted(days)])


update_before_commit(_DIRTY_DAYS, _mark_changed, _sum_dirty_days)
