"""Live status: forms that send something to Amazon show the order's current status there.

A form includes `amazon_orders/_live_status.html`, which asks here until the order has been read.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, request
from redis.exceptions import RedisError

from webapp.core import queue
from webapp.core.extensions import db
from webapp.domain.common import clocks
from webapp.models.amazon_orders import AmazonOrder
from webapp.queries.sync import amazon_orders as queries
from webapp.web.auth import requires
from webapp.web.responses import render_fragment_or_page, stop_polling

bp = Blueprint("preflight", __name__, url_prefix="/amazon-orders/<number>")

# An order that was read within this time is not read again.
FRESH = timedelta(seconds=20)
# A read takes a second; the form stops waiting after this time.
PATIENCE = timedelta(seconds=25)
_FRAGMENT = "amazon_orders/_live_status.html"


@dataclass(frozen=True, slots=True)
class LiveStatus:
    """`since`: when the form began to wait, as a Unix timestamp; `given_up`: whether Amazon did not answer in time."""

    since: int
    asking: bool
    given_up: bool


@bp.get("/preflight")
@requires("orders.read", by_itself=True)
def state(number: str) -> Response:
    """Render the status at Amazon. Enqueues a read when the last one is old, and stops polling when it is done."""
    now = datetime.now(UTC)
    since = request.args.get("since", default=0, type=int)
    began = datetime.fromtimestamp(since, UTC) if 0 < since <= now.timestamp() else now
    order = queries.get_by_number(db.session(), number)
    in_ = _is_fresh(order, began)
    if not in_ and began == now:
        _enqueue_refresh(order.id)
    given_up = not in_ and now - began > PATIENCE
    look = LiveStatus(int(began.timestamp()), asking=not in_ and not given_up, given_up=given_up)
    zone = order.store.marketplace.time_zone
    if look.asking:
        return render_fragment_or_page(request, _FRAGMENT, _FRAGMENT, amazon=order, zone=zone, look=look)
    return stop_polling(_FRAGMENT, amazon=order, zone=zone, look=look)


def _is_fresh(order: AmazonOrder, began: datetime) -> bool:
    now = datetime.now(UTC)
    return order.read_at is not None and order.read_at >= began - FRESH and not clocks.is_ahead(order.read_at, now)


def _enqueue_refresh(amazon_order_id: int) -> None:
    try:
        queue.enqueue(queue.redis(), "refresh_order", amazon_order_id)
    except RedisError:
        # The form then shows that Amazon did not answer; it can be sent all the same.
        return
