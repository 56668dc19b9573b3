"""The search box of every page: a complete number opens its order, other text shows all matches."""

from typing import Any

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from webapp.core.extensions import db
from webapp.domain.sync.order_report import NUMBER
from webapp.forms.filters import SearchForm
from webapp.queries.accounts import stores
from webapp.queries.listing import fetch as grid_fetch
from webapp.queries.orders import orders
from webapp.queries.products import products
from webapp.queries.sync import amazon_orders
from webapp.web.auth import has_permission, requires
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other

bp = Blueprint("search", __name__, url_prefix="/search")

_COLUMNS = ("purchased", "number", "store", "status", "buyer", "ship_by", "total")
_ORDERS, _PRODUCTS = "20", 5


@bp.get("")
@requires("orders.read")
def show() -> Response:
    form = SearchForm(request.args, reads_personal=has_permission("pii.read"))
    page = "search/show.html"
    if not form.validate() or not form.q.data:
        return (render_invalid if form.errors else render_fragment_or_page)(request, page, page, form=form)
    session = db.session()
    all_stores = stores.list_store_names(session)
    grid = amazon_orders.build_grid(all_stores).for_reader(personal=has_permission("pii.read")).choose(_COLUMNS)
    results = grid_fetch.fetch_page(
        session, grid, grid_fetch.parse_page_request(grid, {"size": _ORDERS}), {"q": form.q.data}
    )
    return render_fragment_or_page(
        request,
        page,
        page,
        form=form,
        results=results,
        is_number=NUMBER.fullmatch(form.q.data) is not None,
        names=grid.visible,
        stores={store.id: store for store in all_stores},
        everything=_build_url("amazon_orders.index", form),
        ours=_build_url("orders.index", form),
        products=products.search_products(session, form.q.data, _PRODUCTS) if has_permission("products.read") else [],
    )


@bp.post("")
@requires("orders.read")
def search() -> ResponseReturnValue:
    """Redirect to the order or to the results. A POST, so that names reach no log; the URL has them encrypted."""
    form = SearchForm(request.form, reads_personal=has_permission("pii.read"))
    if form.validate() and form.q.data:
        session = db.session()
        number = orders.find_number(session, form.q.data)
        if number is not None:
            return see_other(request, url_for("orders.show", number=number))
        number = amazon_orders.find_number(session, form.q.data)
        if number is not None:
            return see_other(request, url_for("amazon_orders.show", number=number))
    return see_other(request, _build_url("search.show", form))


def _build_url(endpoint: str, form: SearchForm) -> str:
    values: dict[str, Any] = {**form.parameters()}
    return url_for(endpoint, **values)
