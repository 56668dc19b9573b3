"""Orders, ours: the grid over all of them, and one with its lines, totals, invoices and credit memos."""

from typing import Any

from flask import Blueprint, Response, request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from webapp.actions import cancellations
from webapp.domain import amazon_status, order_states
from webapp.domain.amazon_orders import Address
from webapp.domain.money import Money
from webapp.extensions import db
from webapp.forms.orders import OrderFilters
from webapp.models.orders import Order
from webapp.queries import orders as queries
from webapp.queries import stores
from webapp.security import can, needs
from webapp.views import grids, timeline
from webapp.views.answers import answer, invalid, see_other

bp = Blueprint("orders", __name__, url_prefix="/orders")

HEADS: dict[str, tuple[str | LazyString, bool]] = {
    "id": (_l("ID"), False),
    "amazon_number": (_l("Amazon order number"), False),
    "store": (_l("Store"), False),
    "purchased": (_l("Purchase date"), False),
    "bill_to": (_l("Bill-to name"), False),
    "ship_to": (_l("Ship-to name"), False),
    "total": (_l("Grand total"), True),
    "status": (_l("Status"), False),
    "ship_by": (_l("Ship by"), False),
    "action": (_l("Action"), False),
}
TABS = {
    "information": _l("Information"),
    "invoices": _l("Invoices"),
    "credit_memos": _l("Credit memos"),
    "history": _l("Comments history"),
}
# The moves of `order_states` that a person can ask for: what they need, and the page that asks.
VERBS = {"cancel": ("orders.cancel", "cancellations.new")}


@bp.get("")
@needs("orders.read")
def index() -> Response:
    session = db.session()
    every = stores.by_name(session)
    form = OrderFilters(request.args, stores=every)
    if form.validate() and form.q.data and (number := queries.number_for(session, form.q.data)) is not None:
        return see_other(request, url_for("orders.show", number=number))
    shown = grids.show(session, queries.grid(every), form, HEADS, request, grids.orders_counted)
    respond = answer if shown.page is not None else invalid
    by_id = {store.id: store for store in every}
    return respond(request, "orders/_grid.html", "orders/index.html", grid=shown, stores=by_id)


@bp.post("/searches")
@needs("orders.read")
def search() -> Response:
    """Where the filters are sent: what was typed of a person then stands sealed in the address, and in no log."""
    form = OrderFilters(request.form, stores=stores.by_name(db.session()))
    form.validate()
    return see_other(request, grids.address_of("orders.index", form, request.form))


@bp.get("/<number>")
@needs("orders.read")
def show(number: str) -> Response:
    session = db.session()
    order = queries.by_number(session, number)
    invoices = queries.invoices(session, order.id)
    memos = queries.credit_memos(session, order.id)
    tab = request.args.get("tab", "")
    tab = tab if tab in TABS else "information"
    zone = order.store.marketplace.time_zone
    counts = {"invoices": len(invoices), "credit_memos": len(memos)}
    lines = timeline.of_order(session, order.id, zone, order.currency) if tab in {"information", "history"} else []
    page = f"orders/{tab}.html"
    return answer(
        request,
        page,
        page,
        order=order,
        amazon=order.amazon_order,
        zone=zone,
        tab=tab,
        tabs=_tabs(order, tab, counts),
        moves=_moves(order),
        amazon_link=_amazon_link(order),
        totals=_totals(order),
        billing=_address(order.billing),
        shipping=_address(order.shipping_address),
        lines=lines,
        items={item.id: item for item in order.items},
        invoices=invoices,
        memos=memos,
        money=lambda minor: Money(minor, order.currency),
    )


def _tabs(order: Order, current: str, counts: dict[str, int]) -> list[tuple[str | LazyString, str, bool, int | None]]:
    return [
        (
            text,
            url_for("orders.show", number=order.number, tab=None if tab == "information" else tab),
            tab == current,
            counts.get(tab),
        )
        for tab, text in TABS.items()
    ]


def _moves(order: Order) -> list[tuple[str, str]]:
    """(move, address of the page that asks) of each move the table allows, a person may ask for and Amazon takes."""
    refused = {"cancel": cancellations.refusal(db.session(), order.amazon_order)}
    return [
        (move.name, url_for(endpoint, number=order.amazon_order.number))
        for move in order_states.MOVES
        if order_states.may(move.name, order.state) and move.name in VERBS
        for permission, endpoint in [VERBS[move.name]]
        if can(permission) and refused[move.name] is None
    ]


def _amazon_link(order: Order) -> bool:
    """Whether the link to Amazon's page is called "View or cancel": while Amazon still lets the merchant cancel."""
    amazon = order.amazon_order
    return amazon.status == amazon_status.UNSHIPPED and amazon.fulfilled_by == amazon_status.MERCHANT


def _address(stored: dict[str, str] | None) -> Address | None:
    return Address(**stored) if stored else None


def _totals(order: Order) -> list[tuple[str | LazyString, Money, Any]]:
    """(name, amount, whether it is drawn heavy); the parts sum to the grand total."""

    def money(minor: int) -> Money:
        return Money(minor, order.currency)

    parts = [
        (_l("Subtotal"), order.subtotal),
        (_l("Shipping & handling"), order.shipping),
        (_l("Discount"), order.discount),
        (_l("Tax"), order.tax),
    ]
    if order.other:
        parts.append((_l("Other amounts from Amazon"), order.other))
    paid, refunded = order.total_invoiced, order.total_refunded
    return [
        *((name, money(minor), False) for name, minor in parts),
        (_l("Grand total"), money(order.total), True),
        (_l("Total paid"), money(paid), False),
        (_l("Total refunded"), money(refunded), False),
        (_l("Total due"), money(order.total - paid), False),
    ]
