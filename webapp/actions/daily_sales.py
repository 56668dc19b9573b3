"""Keeping the sums of each day: in the transaction of what changes them. A day that was touched is summed anew."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, event, func, inspect, select
from sqlalchemy.orm import Session

from webapp.actions.bulk import insert_many
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.daily_sales import DailySales
from webapp.models.stores import Store
from webapp.queries import dashboards
from webapp.queries.dashboards import Span

_WAITING = "daily_sales"
_SUMMED = ("status", "total", "currency", "blocked", "purchased_at")
# So many days are summed in one statement.
_CHUNK = 60


def mark(session: Session, placed: Iterable[tuple[int, datetime]]) -> None:
    """Have these days summed anew before the session commits: (store id, an instant of the day)."""
    session.info.setdefault(_WAITING, set()).update(placed)


def rebuild(session: Session, store: Store) -> None:
    """Sum every day of a store anew. Does not commit."""
    mine = AmazonOrder.store_id == store.id
    first = session.scalar(select(func.min(AmazonOrder.purchased_at)).where(mine))
    last = session.scalar(select(func.max(AmazonOrder.purchased_at)).where(mine))
    session.execute(delete(DailySales).where(DailySales.store_id == store.id))
    if first is None or last is None:
        return
    zone = ZoneInfo(store.marketplace.time_zone)
    day, end = first.astimezone(zone).date(), last.astimezone(zone).date()
    while day <= end:
        some = [day + timedelta(days=n) for n in range(min(_CHUNK, (end - day).days + 1))]
        _sum(session, store, some)
        day = some[-1] + timedelta(days=1)


def catch_up(session: Session) -> int:
    """Sum the days of stores whose orders were there before the sums were; answers of how many stores. Commits."""
    done = 0
    for store in session.scalars(select(Store)).all():
        first = select(AmazonOrder.purchased_at).where(AmazonOrder.store_id == store.id)
        oldest = session.scalar(first.order_by(AmazonOrder.purchased_at, AmazonOrder.id).limit(1))
        if oldest is None:
            continue
        day = oldest.astimezone(ZoneInfo(store.marketplace.time_zone)).date()
        mine = (DailySales.store_id == store.id, DailySales.day == day)
        if session.scalar(select(DailySales.day).where(*mine).limit(1)) is None:
            rebuild(session, store)
            session.commit()
            done += 1
    session.rollback()
    return done


def _sum(session: Session, store: Store, days: Sequence[date]) -> None:
    zone = ZoneInfo(store.marketplace.time_zone)

    def midnight(day: date) -> datetime:
        return datetime.combine(day, time(), zone)

    spans = [Span(number, midnight(day), midnight(day + timedelta(days=1))) for number, day in enumerate(days)]
    found = dashboards.summed(session, store, spans)
    session.execute(delete(DailySales).where(DailySales.store_id == store.id, DailySales.day.in_(days)))
    rows = [
        {
            "store_id": store.id,
            "day": days[row.number],
            "status": row.status,
            "orders": row.orders,
            "revenue": int(row.revenue or 0),
        }
        for row in found
    ]
    insert_many(session, DailySales, rows)


@event.listens_for(Session, "after_flush")
def _notice(session: Session, _context: object) -> None:
    for changed in (*session.new, *session.dirty):
        if isinstance(changed, AmazonOrder):
            history = {name: inspect(changed).attrs[name].history for name in _SUMMED}
            if any(one.has_changes() for one in history.values()):
                instants = [changed.purchased_at, *(history["purchased_at"].deleted or ())]
                mark(session, [(changed.store_id, instant) for instant in instants])


@event.listens_for(Session, "before_commit")
def _keep_up(session: Session) -> None:
    if session.new or session.dirty or session.deleted:
        session.flush()
    waiting = session.info.pop(_WAITING, None)
    if not waiting:
        return
    touched: dict[int, set[datetime]] = {}
    for store_id, instant in waiting:
        touched.setdefault(store_id, set()).add(instant)
    for store in session.scalars(select(Store).where(Store.id.in_(touched))).all():
        zone = ZoneInfo(store.marketplace.time_zone)
        days = sorted({instant.astimezone(zone).date() for instant in touched[store.id]})
        for start in range(0, len(days), _CHUNK):
            _sum(session, store, days[start : start + _CHUNK])


@event.listens_for(Session, "after_soft_rollback")
def _give_up(session: Session, _previous: object) -> None:
    session.info.pop(_WAITING, None)
