"""The reports page: charts of sales, lead time, late and cancelled orders, each with its table."""

from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.core.extensions import db
from webapp.domain.common.money import Money
from webapp.queries.accounts import reports, stores
from webapp.web.auth import requires
from webapp.web.formatting import day, money
from webapp.web.responses import render_fragment_or_page

bp = Blueprint("reports", __name__)

PERIODS = (7, 30, 90)
_LATE = {
    reports.SHIPPED_LATE: _l("Shipped after the ship-by time"),
    reports.OVERDUE: _l("Overdue, not shipped"),
    reports.HELD: _l("Overdue, on hold"),
}
_CANCELLED_BY = {
    "BUYER": _l("By the buyer"),
    "MERCHANT": _l("By the seller"),
    "AMAZON": _l("By Amazon"),
    "": _l("Amazon does not say"),
}


@bp.get("/reports")
@requires("orders.read")
def index() -> Response:
    """Render the charts of the last `days` days, of all stores or of one (`store`, a slug)."""
    session, now = db.session(), datetime.now(UTC)
    days = request.args.get("days", 30, type=int)
    days = days if days in PERIODS else 30
    every = stores.list_store_names(session)
    chosen = [store for store in every if store.slug == request.args.get("store")] or every
    ids, since = [store.id for store in chosen], now - timedelta(days=days)
    sales = reports.load_sales(session, chosen, days, now)
    cancelled = reports.count_cancelled(session, ids, since)
    return render_fragment_or_page(
        request,
        "reports/_charts.html",
        "reports/index.html",
        days=days,
        periods=PERIODS,
        all_stores=every,
        store=chosen[0].slug if len(chosen) == 1 and len(every) > 1 else "",
        revenue=[
            (currency, [(date, Money(by_day[date], currency)) for date in sales.days])
            for currency, by_day in sorted(sales.revenue.items())
        ],
        units=[(day(date), sales.units[date]) for date in sales.days],
        hours=[(f"{hour:02}:00", sales.hours[hour]) for hour in range(24)],
        by_store=[
            (store, sales.stores[store.id], money(Money(sales.stores[store.id].revenue, store.marketplace.currency)))
            for store in chosen
            if store.id in sales.stores
        ],
        lead_times=list(zip(_name_lead_times(), reports.count_lead_times(session, ids, since), strict=True)),
        late=[(_LATE[name], count) for name, count in reports.count_late(session, ids, since, now).items()],
        cancelled=[(_CANCELLED_BY.get(who, who), count) for who, count in sorted(cancelled.items())],
    )


def _name_lead_times() -> list[str]:
    limits = [hours for hours in reports.LEAD_HOURS if hours is not None]
    return [*(_("Up to %(hours)s hours", hours=hours) for hours in limits), _("Longer")]
