"""The command palette (Ctrl+K) and the list of keyboard shortcuts."""

from flask import Blueprint, Response, request

from webapp.core.extensions import db
from webapp.forms.filters import SearchForm
from webapp.queries.accounts import stores
from webapp.queries.listing import fetch as grid_fetch
from webapp.queries.sync import amazon_orders
from webapp.web.auth import has_permission, requires
from webapp.web.responses import render_fragment_or_page

bp = Blueprint("palette", __name__, url_prefix="/palette")

_COLUMNS = ("number", "status")
_ORDERS = "8"


@bp.get("")
@requires("profile.read")
def show() -> Response:
    return render_fragment_or_page(request, "palette/_palette.html", "palette/show.html", orders=None)


@bp.get("/shortcuts")
@requires("profile.read")
def shortcuts() -> Response:
    return render_fragment_or_page(request, "palette/_help.html", "palette/help.html")


@bp.post("/orders")
@requires("orders.read")
def find() -> Response:
    """Return the Amazon orders that match what was typed so far. A POST, so that names reach no log."""
    personal = has_permission("pii.read")
    form = SearchForm(request.form, reads_personal=personal)
    rows = []
    if form.validate() and form.q.data:
        session = db.session()
        grid = amazon_orders.build_grid(stores.list_store_names(session)).for_reader(personal=personal).choose(_COLUMNS)
        page = grid_fetch.parse_page_request(grid, {"size": _ORDERS})
        rows = list(grid_fetch.fetch_page(session, grid, page, {"q": form.q.data}).rows)[: int(_ORDERS)]
    return render_fragment_or_page(request, "palette/_orders.html", "palette/_orders.html", orders=rows)
