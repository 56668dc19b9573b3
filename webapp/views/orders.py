"""Orders, ours: the grid over all of them. One of them is shown by `order_page`."""

from flask import Blueprint, Response, request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from webapp.extensions import db
from webapp.forms.orders import OrderFilters
from webapp.queries import orders as queries
from webapp.queries import stores
from webapp.security import needs
from webapp.views import grids
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
