"""Orders, ours: the grid over all of them. One of them is shown by `order_page`."""

from flask import Blueprint, Response, request, url_for
from flask_login import current_user

from webapp.core.extensions import db
from webapp.queries.accounts import stores
from webapp.queries.listing import saved_views
from webapp.queries.orders import orders as queries
from webapp.views.listing import grid_page
from webapp.views.listing import registry as list_registry
from webapp.web.auth import requires
from webapp.web.responses import see_other

bp = Blueprint("orders", __name__, url_prefix="/orders")


@bp.get("")
@requires("orders.read")
def index() -> Response:
    session = db.session()
    every, layout = saved_views.load_stores_and_layout(session, current_user.id, list_registry.ORDERS.name)
    form = list_registry.ORDERS.filters(request.args, every)
    if (typed := form["q"].data) and form.check().right and (number := queries.number_for(session, typed)) is not None:
        return see_other(request, url_for("orders.show", number=number))
    return list_registry.show(session, list_registry.ORDERS, request, every, layout, form)


@bp.post("/searches")
@requires("orders.read")
def search() -> Response:
    """Where the filters are sent: what was typed of a person then stands sealed in the address, and in no log."""
    form = list_registry.ORDERS.filters(request.form, stores.by_name(db.session()))
    form.validate()
    return see_other(request, grid_page.address_of("orders.index", form, request.form))
