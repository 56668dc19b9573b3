"""Maintain the daily sales of stores, in the transaction of each change.

New orders are added to the sums of their day; a day that changed otherwise is summed again.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, delete, event, func, inspect, select
from sqlalchemy.orm import Session

from webapp.db.bulk_write import insert_many, upsert_add
from webapp.db.engine import read_only
from webapp.domain.amazon.statuses import CANCELLED
from webapp.domain.amazon.types import AmazonOrder as AmazonOrderSaid
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.daily_sales import DailySales
from webapp.models.stores import Store
from webapp.queries.accounts import dashboard
from webapp.queries.accounts.dashboard import Span
from webapp.services.accounts import accounts

_DIRTY_DAYS = "daily_sales"
_SUMMED_COLUMNS = ("status", "total", "currency", "blocked", "purchased_at")
# Days summed in one statement.
_BATCH_SIZE = 60


_KNOWN = (
    select(DailySales.store_id, DailySales.day)
    .distinct()
    .where(DailySales.store_id.in_(bindparam("stores", expanding=True)))
    .where(DailySales.day.in_(bindparam("days", expanding=True)))
)


def mark_dirty(session: Session, instants: Iterable[tuple[int, datetime]]) -> None:
    """Sum these days again before the session commits: (store id, an instant of the day)."""
    session.info.setdefault(_DIRTY_DAYS, set()).update(instants)


def add_orders(session: Session, arrived: Iterable[tuple[Store, AmazonOrderSaid, bool]]) -> None:
    """Count orders just inserted: (its store, what Amazon says, whether it is blocked).

    Of a store whose days have not all been summed, those that nothing is known of are summed from the orders: an older
    release has left them out.
    """
    zones: dict[int, ZoneInfo] = {}
    summed: dict[int, bool] = {}
    sums: dict[tuple[int, date, str], list[int]] = {}
    instants: dict[tuple[int, date], datetime] = {}
    for store, order, blocked in arrived:
        if store.id not in zones:
            zones[store.id], summed[store.id] = ZoneInfo(store.marketplace.time_zone), store.daily_sales_complete
        day = order.purchased_at.astimezone(zones[store.id]).date()
        instants[store.id, day] = order.purchased_at
        found = sums.setdefault((store.id, day, order.status), [0, 0])
        found[0] += 1
        total = order.total
        if order.status != CANCELLED and not blocked and total and total.currency == store.marketplace.currency:
            found[1] += total.minor
    unsummed = [key for key in instants if not summed[key[0]]]
    known = {key for key in instants if summed[key[0]]}
    if unsummed:
        known |= _known(session, {id_ for id_, _ in unsummed}, {day for _, day in unsummed})
    mark_dirty(session, [(key[0], instant) for key, instant in instants.items() if key not in known])
    rows = [
        {"store_id": store_id, "day": day, "status": status, "orders": orders, "revenue": revenue}
        for (store_id, day, status), (orders, revenue) in sums.items()
        if (store_id, day) in known
    ]
    upsert_add(session, DailySales, rows, ("orders", "revenue"))


def _known(session: Session, store_ids: Collection[int], days: Collection[date]) -> set[tuple[int, date]]:
    found = session.execute(_KNOWN, {"stores": list(store_ids), "days": list(days)})
    return {(store_id, day) for store_id, day in found}


def rebuild(session: Session, store: Store) -> None:
    """Sum every day of a store again. Does not commit."""
    in_store = AmazonOrder.store_id == store.id
    first = session.scalar(select(func.min(AmazonOrder.purchased_at)).where(in_store))
    last = session.scalar(select(func.max(AmazonOrder.purchased_at)).where(in_store))
    session.execute(delete(DailySales).where(DailySales.store_id == store.id))
    if first is None or last is None:
        return
    zone = ZoneInfo(store.marketplace.time_zone)
    day, end = first.astimezone(zone).date(), last.astimezone(zone).date()
    _sum_days(session, [(store, day + timedelta(days=n)) for n in range((end - day).days + 1)])


def catch_up(session: Session) -> int:
    """Sum the days of stores whose orders were there before the sums were; answers of how many. Rolls back, commits."""
    with read_only():
        waiting = session.scalars(select(Store.id).where(~Store.daily_sales_complete)).all()
        session.rollback()
    for store_id in waiting:
        store = session.get(Store, store_id)
        if store is None:
            continue
        # Whoever imports meanwhile would add to sums that are taken away.
        accounts.lock_orders(session, store.account_id)
        rebuild(session, store)
        store.daily_sales_complete = True
        session.commit()
    return len(waiting)


def _sum_days(session: Session, days: Sequence[tuple[Store, date]]) -> None:
    """Sum days again, in batches."""
    for start in range(0, len(days), _BATCH_SIZE):
        _sum_batch(session, days[start : start + _BATCH_SIZE])


def _sum_batch(session: Session, days: Sequence[tuple[Store, date]]) -> None:
    spans = [
        Span(number, store, _day_start(store, day), _day_start(store, day + timedelta(days=1)))
        for number, (store, day) in enumerate(days)
    ]
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


def _day_start(store: Store, day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(store.marketplace.time_zone))


@event.listens_for(Session, "after_flush")
def _mark_changed(session: Session, _context: object) -> None:
    for entity in (*session.new, *session.dirty):
        if isinstance(entity, AmazonOrder):
            history = {name: inspect(entity).attrs[name].history for name in _SUMMED_COLUMNS}
            if any(attribute.has_changes() for attribute in history.values()):
                instants = [entity.purchased_at, *(history["purchased_at"].deleted or ())]
                mark_dirty(session, [(entity.store_id, instant) for instant in instants])


@event.listens_for(Session, "before_commit")
def _sum_dirty_days(session: Session) -> None:
    if session.new or session.dirty or session.deleted:
        session.flush()
    dirty = session.info.pop(_DIRTY_DAYS, None)
    if not dirty:
        return
    stores = {
        store.id: store for store in session.scalars(select(Store).where(Store.id.in_({id_ for id_, _ in dirty})))
    }
    days = {
        (id_, instant.astimezone(ZoneInfo(stores[id_].marketplace.time_zone)).date())
        for id_, instant in dirty
        if id_ in stores
    }
    _sum_days(session, [(stores[id_], day) for id_, day in sorted(days)])


@event.listens_for(Session, "after_soft_rollback")
def _clear_dirty_days(session: Session, _previous: object) -> None:
    session.info.pop(_DIRTY_DAYS, None)
