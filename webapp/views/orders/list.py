"""The list of orders. The page of one order is in `detail`."""

from flask import Blueprint

from webapp.views.listing import registry
from webapp.views.listing.pages import add_routes

bp = Blueprint("orders", __name__, url_prefix="/orders")
add_routes(bp, registry.ORDERS)
