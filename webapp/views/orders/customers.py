"""Customer accounts: the list of them, and one with what it ordered. Guests have orders, but no account."""

from flask import Blueprint, Response, request, url_for
from flask_login import current_user

from webapp.core.extensions import db
from webapp.queries.accounts import stores
from webapp.queries.listing import fetch as grid_fetch
from webapp.queries.listing import saved_views
from webapp.queries.orders import customers as queries
from webapp.queries.orders import orders
from webapp.views.listing import grid_page
from webapp.views.listing import registry as list_registry
from webapp.web.auth import requires
from webapp.web.responses import render_fragment_or_page, see_other

bp = Blueprint("customers", __name__, url_prefix="/customers")

_COLUMNS = ("id", "amazon_number", "purchased", "total", "status", "ship_by")


@bp.get("")
@requires("orders.read")
def index() -> Response:
    session = db.session()
    every, layout = saved_views.load_stores_and_layout(session, current_user.id, list_registry.CUSTOMERS.name)
    form = list_registry.CUSTOMERS.filters(request.args, every)
    return list_registry.show(session, list_registry.CUSTOMERS, request, every, layout, form)


@bp.post("/searches")
@requires("orders.read")
def search() -> Response:
    """Where the filters are sent: an e-mail address then stands sealed in the address, and in no log."""
    form = list_registry.CUSTOMERS.filters(request.form, stores.by_name(db.session()))
    form.validate()
    return see_other(request, grid_page.address_of("customers.index", form, request.form))


@bp.get("/<int:customer_id>")
@requires("orders.read")
def show(customer_id: int) -> Response:
    session = db.session()
    customer = queries.find(session, customer_id)
    every = stores.by_name(session)
    grid = orders.grid(every).choose(_COLUMNS)
    place = grid_fetch.parse_page_request(grid, {"size": "20"})
    found = grid_fetch.fetch_page(session, grid, place, {"customer": str(customer_id)})
    return render_fragment_or_page(
        request,
        "customers/show.html",
        "customers/show.html",
        customer=customer,
        store=next(store for store in every if store.id == customer.store_id),
        worth=queries.worth(session, customer_id),
        shown=found,
        columns=[(list_registry.ORDERS.headings[name], name) for name in grid.visible],
        names=grid.visible,
        all_orders=url_for("orders.index", customer=customer_id),
    )
