"""The numbers of a store's dashboard, by days of its marketplace and in its currency."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Integer, Row, Select, String, TextClause, bindparam, func, literal, select, text
from sqlalchemy.orm import Session, load_only

from webapp.db.base import UtcDateTime
from webapp.db.json_aggregate import table_of
from webapp.domain.amazon import statuses
from webapp.domain.common.local_days import last_days
from webapp.domain.common.money import Money
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.daily_sales import DailySales
from webapp.models.orders import Order
from webapp.models.stores import Store

RECENT = 10
OPEN = statuses.OPEN
# Of these, those that the merchant has to ship.
_TO_SHIP = (statuses.UNSHIPPED, statuses.PARTIALLY_SHIPPED)
_SHOWN = (
    AmazonOrder.number,
    AmazonOrder.status,
    AmazonOrder.purchased_at,
    AmazonOrder.buyer_name,
    AmazonOrder.currency,
    AmazonOrder.total,
    AmazonOrder.blocked,
    AmazonOrder.note,
    AmazonOrder.note_args,
    AmazonOrder.version,
)


@dataclass(frozen=True, slots=True)
class Sales:
    """`days`: revenue a day, oldest first. `counts`: orders of these days by Amazon's status.

    `before` is the revenue of the same length of time just before; `change` the growth against it as a share, None
    where there is nothing to compare with.
    """

    days: list[tuple[date, Money]]
    counts: dict[str, int]
    today: int
    total: Money
    before: Money

    @property
    def change(self) -> float | None:
        return self.total.minor / self.before.minor - 1 if self.before.minor else None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Open orders by Amazon's status; of those the merchant ships, how many are late and how many are due next."""

    counts: dict[str, int]
    overdue: int
    due_soon: int


class Span(NamedTuple):
    """A time span of a store, with a number that identifies it."""

    number: int
    store: Store
    begins: datetime
    ends: datetime


class SpanSum(NamedTuple):
    """The orders of a span in one of Amazon's statuses, and their revenue in the store's currency."""

    number: int
    status: str
    orders: int
    revenue: int


# SQLAlchemy compiles its own VALUES on every execution, which takes longer than the query. Each span is a range of the
# index of (store_id, purchased_at).
_SUMMED = """
WITH spans (number, store_id, currency, begins, ends) AS (VALUES {rows})
SELECT spans.number, amazon_orders.status, count(*), sum(
  CASE WHEN amazon_orders.status != :cancelled AND amazon_orders.blocked IS NULL
  AND amazon_orders.currency = spans.currency THEN amazon_orders.total END)
FROM spans JOIN amazon_orders ON amazon_orders.store_id = spans.store_id
AND amazon_orders.purchased_at >= spans.begins AND amazon_orders.purchased_at < spans.ends
GROUP BY spans.number, amazon_orders.status
"""
_SPAN = {"number": Integer, "store": Integer, "currency": String, "begins": UtcDateTime, "ends": UtcDateTime}


def load_sales(session: Session, store: Store, days: int, now: datetime) -> Sales:
    """Load revenue and orders of the last `days` days (today included) from the sums of each day.

    Cancelled and blocked orders, orders without a total at Amazon, and other currencies count as orders but
    not as revenue.
    """
    marketplace = store.marketplace
    all_days = last_days(marketplace.time_zone, now, 2 * days)
    previous, current = all_days[:days], all_days[days:]
    revenue, counts, today = Counter[date](), Counter[str](), 0
    rows = select(DailySales.day, DailySales.status, DailySales.orders, DailySales.revenue)
    for day, status, orders, sold in session.execute(
        rows.where(DailySales.store_id == store.id, DailySales.day >= all_days[0].date)
    ):
        revenue[day] += sold
        if day >= current[0].date:
            counts[status] += orders
            today += orders if day == current[-1].date else 0
    # Today is compared with the same part of the day before.
    morning = Span(0, store, previous[-1].begins, now - timedelta(days=days))
    partly = sum(row.revenue for row in sum_spans(session, [morning]))
    per_day = [(day.date, Money(revenue[day.date], marketplace.currency)) for day in current]
    return Sales(
        days=per_day,
        counts=dict(counts),
        today=today,
        total=Money(sum(money.minor for _, money in per_day), marketplace.currency),
        before=Money(sum(revenue[day.date] for day in previous[:-1]) + partly, marketplace.currency),
    )


def sum_spans(session: Session, spans: Sequence[Span]) -> list[SpanSum]:
    """Sum the orders of these spans in one statement."""
    values: dict[str, Any] = {"cancelled": statuses.CANCELLED}
    for at, span in enumerate(spans):
        values |= {f"number{at}": span.number, f"store{at}": span.store.id, f"begins{at}": span.begins}
        values |= {f"ends{at}": span.ends, f"currency{at}": span.store.marketplace.currency}
    rows = session.execute(_build_span_statement(len(spans)), values)
    return [SpanSum(number, status, orders, int(revenue or 0)) for number, status, orders, revenue in rows]


@lru_cache(maxsize=64)
def _build_span_statement(many: int) -> TextClause:
    """Return the statement that sums this many spans."""
    rows = ", ".join(f"({', '.join(f':{name}{at}' for name in _SPAN)})" for at in range(many))
    typed: list[BindParameter[Any]] = [
        bindparam(f"{name}{at}", type_=type_) for at in range(many) for name, type_ in _SPAN.items()
    ]
    return text(_SUMMED.format(rows=rows)).bindparams(*typed)


def count_orders_per_day(session: Session, stores: Sequence[Store], days: int, now: datetime) -> dict[int, list[int]]:
    """Count orders a day by store id over the last `days` days of each marketplace, oldest first; one query."""
    places = {
        store.id: {day.date: place for place, day in enumerate(last_days(store.marketplace.time_zone, now, days))}
        for store in stores
    }
    orders_per_day = {store.id: [0] * days for store in stores}
    since = min((min(dates) for dates in places.values()), default=None)
    if since is None:
        return orders_per_day
    counted = select(DailySales.store_id, DailySales.day, func.sum(DailySales.orders))
    sums = counted.where(DailySales.store_id.in_(places), DailySales.day >= since)
    for store_id, day, orders in session.execute(sums.group_by(DailySales.store_id, DailySales.day)):
        if day in places[store_id]:
            orders_per_day[store_id][places[store_id][day]] = int(orders)
    return orders_per_day


def count_waiting(session: Session, store: Store, now: datetime) -> Waiting:
    """Count the open orders of a store, however old."""
    parameters = {"store": store.id, "now": now, "soon": now + timedelta(days=1)}
    *open_, overdue, due_soon = session.connection().execute(_select_waiting(), parameters).one()
    counts = {status: count for status, count in zip(OPEN, open_, strict=True) if count}
    return Waiting(counts=counts, overdue=overdue, due_soon=due_soon)


@lru_cache(maxsize=1)
def _select_waiting() -> Select[*tuple[int, ...]]:
    """Count the orders in each status of OPEN, the late ones, and those due until `soon`.

    Each count is a range of one index, which is faster than one scan that reads every row.
    """
    row = table_of(AmazonOrder).c
    of_store = row.store_id == bindparam("store")
    now, soon = (bindparam(name, type_=UtcDateTime()) for name in ("now", "soon"))

    def many(status: str, *conditions: Any) -> Any:
        # A literal: the partial index has these statuses only, and cannot be used for a parameter.
        has_status = row.status == literal(status, literal_execute=True)
        return select(func.count()).where(of_store, has_status, *conditions).scalar_subquery()

    ours = row.fulfilled_by == statuses.MERCHANT
    late, next_ = (ours, row.ship_by < now), (ours, row.ship_by >= now, row.ship_by < soon)
    to_ship = (sum(many(status, *which) for status in _TO_SHIP) for which in (late, next_))
    return select(*(many(status) for status in OPEN), *to_ship)


def load_recent_orders(session: Session, store: Store, limit: int = RECENT) -> Sequence[Row[*tuple[Any, ...]]]:
    """Load the newest Amazon orders with the numbers of their orders: rows of (AmazonOrder, order_number)."""
    newest = (
        select(AmazonOrder, Order.number.label("order_number"))
        .outerjoin(Order, Order.amazon_order_id == AmazonOrder.id)
        .where(AmazonOrder.store_id == store.id)
        .order_by(AmazonOrder.purchased_at.desc(), AmazonOrder.id.desc())
        .limit(limit)
        .options(load_only(*_SHOWN))
    )
    return session.execute(newest).all()


def state_fingerprint(store: Store, recent: Sequence[Row[*tuple[Any, ...]]]) -> str:
    """Return a short text that changes whenever the dashboard has something new to show."""
    values: list[Any] = [store.active, store.last_synced_at, store.account.error_code]
    values += [(row.AmazonOrder.id, row.AmazonOrder.version, row.AmazonOrder.note, row.order_number) for row in recent]
    return hashlib.sha256(repr(values).encode()).hexdigest()[:12]
