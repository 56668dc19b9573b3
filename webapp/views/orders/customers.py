"""Customer accounts: their list, and the page of one with its orders. Guests have orders, but no account."""

from flask import Blueprint, Response, request, url_for

from webapp.core.extensions import db
from webapp.queries.accounts import stores
from webapp.queries.listing import fetch as grid_fetch
from webapp.queries.orders import customers as queries
from webapp.queries.orders import orders
from webapp.views.listing import registry as list_registry
from webapp.views.listing.pages import add_routes
from webapp.web.auth import requires
from webapp.web.responses import render_fragment_or_page

bp = Blueprint("customers", __name__, url_prefix="/customers")

_COLUMNS = ("id", "amazon_number", "purchased", "total", "status", "ship_by")
add_routes(bp, list_registry.CUSTOMERS)


@bp.get("/<int:customer_id>")
@requires("orders.read")
def show(customer_id: int) -> Response:
    session = db.session()
    customer = queries.find(session, customer_id)
    all_stores = stores.list_store_names(session)
    grid = orders.build_grid(all_stores).choose(_COLUMNS)
    place = grid_fetch.parse_page_request(grid, {"size": "20"})
    page = grid_fetch.fetch_page(session, grid, place, {"customer": str(customer_id)})
    return render_fragment_or_page(
        request,
        "customers/show.html",
        "customers/show.html",
        customer=customer,
        store=next(store for store in all_stores if store.id == customer.store_id),
        order_totals=queries.sum_orders(session, customer_id),
        shown=page,
        columns=[(list_registry.ORDERS.headings[name], name) for name in grid.visible],
        names=grid.visible,
        all_orders=url_for("orders.index", customer=customer_id),
    )
