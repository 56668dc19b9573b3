"""Orders, ours: the grid over all of them. One of them is shown by `order_page`."""

from flask import Blueprint, Response, request, url_for
from flask_login import current_user

from webapp.extensions import db
from webapp.queries import grid_views, stores
from webapp.queries import orders as queries
from webapp.security import needs
from webapp.views import grids, listings
from webapp.views.answers import see_other
from webapp.views.filled import filled

bp = Blueprint("orders", __name__, url_prefix="/orders")


@bp.get("")
@needs("orders.read")
def index() -> Response:
    session = db.session()
    every, layout = grid_views.opening(session, current_user.id, listings.ORDERS.name)
    form = filled(listings.ORDERS, request.args, every)
    if (typed := form["q"].data) and form.check().right and (number := queries.number_for(session, typed)) is not None:
        return see_other(request, url_for("orders.show", number=number))
    return listings.show(session, listings.ORDERS, request, every, layout, form)


@bp.post("/searches")
@needs("orders.read")
def search() -> Response:
    """Where the filters are sent: what was typed of a person then stands sealed in the address, and in no log."""
    form = listings.ORDERS.filters(request.form, stores.by_name(db.session()))
    form.validate()
    return see_other(request, grids.address_of("orders.index", form, request.form))
