"""Sales, lead time, late and cancelled orders of a period, for the charts of the reports page."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, and_, case, cast, extract, func, or_, select
from sqlalchemy.orm import Session

from webapp.domain.amazon import statuses
from webapp.domain.common.local_days import last_days
from webapp.domain.orders import state_machine
from webapp.models.amazon_orders import AmazonOrder, AmazonPackage
from webapp.models.orders import Order
from webapp.models.stores import StoreName

# Every time zone begins its days at a multiple of this many seconds.
_SLOT = 1800
_TO_SHIP = (statuses.UNSHIPPED, statuses.PARTIALLY_SHIPPED)
# Lead times in hours, up to which a row of the chart counts; None for the rest.
LEAD_HOURS = (24, 48, 72, 120, None)
SHIPPED_LATE, OVERDUE, HELD = "shipped_late", "overdue", "held"


@dataclass
class StoreSales:
    orders: int = 0
    units: int = 0
    revenue: int = 0


@dataclass
class Sales:
    """`days`: oldest first, each with the revenue by currency. `hours`: units by the hour of the store's clock."""

    days: list[date]
    revenue: dict[str, Counter[date]] = field(default_factory=dict)
    units: Counter[date] = field(default_factory=Counter)
    hours: Counter[int] = field(default_factory=Counter)
    stores: dict[int, StoreSales] = field(default_factory=dict)


def load_sales(session: Session, stores: Sequence[StoreName], days: int, now: datetime) -> Sales:
    """Load the sales of the last `days` days of each marketplace, in one query.

    Cancelled and blocked orders and those in another currency than their store's are left out.
    """
    zones = {store.id: ZoneInfo(store.marketplace.time_zone) for store in stores}
    currencies = {store.id: store.marketplace.currency for store in stores}
    shown = [day.date for day in last_days(stores[0].marketplace.time_zone, now, days)] if stores else []
    sales = Sales(shown)
    slot = (cast(extract("epoch", AmazonOrder.purchased_at), BigInteger) // _SLOT).label("slot")
    rows = session.execute(
        select(
            AmazonOrder.store_id,
            AmazonOrder.currency,
            slot,
            func.count(),
            func.sum(AmazonOrder.quantity),
            func.sum(AmazonOrder.total),
        )
        .where(
            AmazonOrder.store_id.in_(zones),
            AmazonOrder.purchased_at >= now - timedelta(days=days + 1),
            AmazonOrder.status != statuses.CANCELLED,
            AmazonOrder.blocked.is_(None),
        )
        .group_by(AmazonOrder.store_id, AmazonOrder.currency, slot)
    )
    for store_id, currency, begins, orders, units, total in rows:
        local = datetime.fromtimestamp(int(begins) * _SLOT, UTC).astimezone(zones[store_id])
        day = local.date()
        if day not in shown or currency != currencies[store_id]:
            continue
        of_store = sales.stores.setdefault(store_id, StoreSales())
        of_store.orders += orders
        of_store.units += int(units or 0)
        of_store.revenue += int(total or 0)
        sales.units[day] += int(units or 0)
        sales.hours[local.hour] += int(units or 0)
        sales.revenue.setdefault(currency, Counter())[day] += int(total or 0)
    return sales


def count_lead_times(session: Session, store_ids: Sequence[int], since: datetime) -> list[int]:
    """Count the orders that the seller shipped, by the hours from purchase to the first package, as LEAD_HOURS."""
    first = (
        select(AmazonPackage.amazon_order_id, func.min(AmazonPackage.shipped_at).label("at"))
        .group_by(AmazonPackage.amazon_order_id)
        .subquery()
    )
    lead = cast(extract("epoch", first.c.at), BigInteger) - cast(extract("epoch", AmazonOrder.purchased_at), BigInteger)
    limits = [hours for hours in LEAD_HOURS if hours is not None]
    group = case(*((lead <= hours * 3600, at) for at, hours in enumerate(limits)), else_=len(limits)).label("group")
    rows = session.execute(
        select(group, func.count().label("orders"))
        .join(first, first.c.amazon_order_id == AmazonOrder.id)
        .where(
            AmazonOrder.store_id.in_(store_ids),
            AmazonOrder.fulfilled_by == statuses.MERCHANT,
            AmazonOrder.purchased_at >= since,
            first.c.at.is_not(None),
        )
        .group_by(group)
    )
    counts = {row.group: row.orders for row in rows}
    return [counts.get(at, 0) for at in range(len(LEAD_HOURS))]


def count_late(session: Session, store_ids: Sequence[int], since: datetime, now: datetime) -> dict[str, int]:
    """Count the orders due since then that were shipped late, are overdue, or are overdue and on hold."""
    first = (
        select(func.min(AmazonPackage.shipped_at))
        .where(AmazonPackage.amazon_order_id == AmazonOrder.id)
        .scalar_subquery()
    )
    waits = AmazonOrder.status.in_(_TO_SHIP)
    kind = case((and_(waits, Order.state == state_machine.ON_HOLD), HELD), (waits, OVERDUE), else_=SHIPPED_LATE).label(
        "kind"
    )
    rows = session.execute(
        select(kind, func.count().label("orders"))
        .outerjoin(Order, Order.amazon_order_id == AmazonOrder.id)
        .where(
            AmazonOrder.store_id.in_(store_ids),
            AmazonOrder.fulfilled_by == statuses.MERCHANT,
            AmazonOrder.status != statuses.CANCELLED,
            AmazonOrder.ship_by >= since,
            AmazonOrder.ship_by < now,
            or_(waits, first > AmazonOrder.ship_by),
        )
        .group_by(kind)
    )
    counts = {row.kind: row.orders for row in rows}
    return {name: counts.get(name, 0) for name in (SHIPPED_LATE, OVERDUE, HELD)}


def count_cancelled(session: Session, store_ids: Sequence[int], since: datetime) -> dict[str, int]:
    """Count the cancelled orders purchased since then by who cancelled them; "" where Amazon does not say."""
    rows = session.execute(
        select(AmazonOrder.cancelled_by, func.count())
        .where(
            AmazonOrder.store_id.in_(store_ids),
            AmazonOrder.status == statuses.CANCELLED,
            AmazonOrder.purchased_at >= since,
        )
        .group_by(AmazonOrder.cancelled_by)
    )
    return {who or "": count for who, count in rows}
