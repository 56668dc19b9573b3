"""The start page: the work of the day, what needs a person, and the seller metrics at risk."""

from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, Response, request, url_for
from flask_babel import LazyString

from webapp.core.extensions import db
from webapp.domain.orders import state_machine, work
from webapp.messages.status_labels import label
from webapp.queries.accounts import attention, home, seller_metrics, stores
from webapp.queries.orders import work as order_work
from webapp.views.accounts import alert_texts
from webapp.web.auth import has_permission, requires
from webapp.web.formatting import number
from webapp.web.responses import render_fragment_or_page

bp = Blueprint("home", __name__)


@dataclass(frozen=True, slots=True)
class Tile:
    """A count with the list it counts. `tone` is "quiet" where there is nothing."""

    text: str | LazyString
    count: str
    url: str
    tone: str
    icon: str


@bp.get("/")
@requires("orders.read")
def index() -> Response:
    session, now = db.session(), datetime.now(UTC)
    all_stores = stores.list_stores(session)
    if not all_stores:
        return render_fragment_or_page(request, "home/_empty.html", "home/index.html", empty=True)
    names = stores.list_store_names(session)
    due = order_work.count_due(session, names, now)
    numbers = home.load_numbers(session)
    causes = [
        cause
        for cause in attention.load_causes(session, all_stores, now)
        if has_permission(alert_texts.READERS.get(cause.alert.kind, "orders.read"))
    ]
    return render_fragment_or_page(
        request,
        "home/_work.html",
        "home/index.html",
        empty=False,
        due=[_build_due_tile(name, due[name]) for name in work.SHIP_BY],
        others=_build_other_tiles(numbers),
        notices=[alert_texts.build_cause_notice(cause) for cause in causes],
        total_due=sum(due.values()),
    )


@bp.get("/home/metrics")
@requires("orders.read")
def metrics() -> Response:
    """Render the seller metrics, which the start page loads after itself: they read the orders of a month."""
    estimates = seller_metrics.load_estimates(db.session(), datetime.now(UTC))
    return render_fragment_or_page(request, "home/_metrics.html", "home/metrics.html", estimates=estimates)


def _build_due_tile(name: str, count: int) -> Tile:
    shown = label("ship_by", name)
    url = url_for("orders.index", state=list(work.TO_SHIP), ship_by=name, sort="ship_by")
    return Tile(shown.text, format_count(count), url, shown.tone if count else "quiet", shown.icon)


def _build_other_tiles(numbers: home.Numbers) -> list[Tile]:
    on_hold, awaiting = (label("order_state", state) for state in (state_machine.ON_HOLD, state_machine.AWAITING))
    requested = label("attention", "cancel_requested")
    low = label("attention", "low_stock")
    tiles = [
        (requested, numbers.cancel_requests, url_for("orders.index", cancel_requested=1, sort="ship_by")),
        (on_hold, numbers.on_hold, url_for("orders.index", state=state_machine.ON_HOLD)),
        (awaiting, numbers.awaiting, url_for("orders.index", state=state_machine.AWAITING)),
    ]
    if has_permission("products.read"):
        tiles.append((low, numbers.low_stock, url_for("products.index", stock="low")))
    return [
        Tile(shown.text, format_count(count), url, shown.tone if count else "quiet", shown.icon)
        for shown, count, url in tiles
    ]


def format_count(count: int) -> str:
    """Format a count of `queries/orders/work`, which ends at its limit."""
    limit = order_work.COUNTED
    return f"{number(limit)}+" if count > limit else str(number(count))
