"""Products: list, export, page of one with its stock and history, and creating one."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, flash, request, stream_with_context, url_for
from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from webapp.core.extensions import db
from webapp.domain.errors import InvalidError, RefusedError
from webapp.domain.products import csv_import
from webapp.forms.products import CountForm, NewProductForm, ProductFilters, ProductForm, choose_account
from webapp.messages import text_for
from webapp.queries.accounts import stores
from webapp.queries.products import products as queries
from webapp.services.products import products
from webapp.views.listing import grid_page
from webapp.web.auth import requires
from webapp.web.form_errors import add_error
from webapp.web.formatting import number
from webapp.web.formatting.actors import names
from webapp.web.input_validation import parse_id
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other

bp = Blueprint("products", __name__, url_prefix="/products")

HEADS: dict[str, tuple[str | LazyString, bool]] = {
    "sku": (_l("SKU"), False),
    "title": (_l("Title"), False),
    "asin": (_l("ASIN"), False),
    "account": (_l("Account"), False),
    "quantity": (_l("On hand"), True),
    "reserved": (_l("Reserved"), True),
    "available": (_l("Available"), True),
    "state": (_l("State"), False),
}


@bp.get("")
@requires("products.read")
def index() -> Response:
    session = db.session()
    accounts = stores.list_accounts(session)
    form = ProductFilters(request.args, accounts=accounts)
    shown = grid_page.show(session, queries.build_grid(), form, HEADS, request, _format_count)
    respond = render_fragment_or_page if shown.page is not None else render_invalid
    by_id = {account.id: account.name for account in accounts}
    export = grid_page.build_grid_url("products.export", form, {})
    return respond(
        request,
        "products/_grid.html",
        "products/index.html",
        grid=shown,
        accounts=by_id,
        export=export,
        troubles=queries.count_problems(session),
        low=csv_import.LOW,
    )


@bp.post("/searches")
@requires("products.read")
def search() -> Response:
    form = ProductFilters(request.form, accounts=stores.list_accounts(db.session()))
    form.validate()
    return see_other(request, grid_page.build_grid_url("products.index", form, request.form))


@bp.get("/export.csv")
@requires("products.read")
def export() -> Response:
    """Export the filtered products in the format that the import reads."""
    session = db.session()
    form = ProductFilters(request.args, accounts=stores.list_accounts(session))
    form.validate()
    lines = csv_import.write(queries.iterate_export(session, form.set()))
    response = Response(stream_with_context(lines), mimetype="text/csv")
    response.headers["Content-Disposition"] = f"attachment; filename=products-{datetime.now(UTC):%Y-%m-%d}.csv"
    return response


@bp.get("/new")
@requires("products.write")
def new() -> Response:
    """Render the form, filled from `sku` and `account`: orders that wait for a product link here."""
    data = {"sku": request.args.get("sku", ""), "account": request.args.get("account", "")}
    form = NewProductForm(formdata=None, data=data, accounts=stores.list_accounts(db.session()))
    return render_fragment_or_page(request, *_NEW, form=form)


@bp.post("")
@requires("products.write")
def create() -> Response:
    session = db.session()
    form = NewProductForm(accounts=stores.list_accounts(session))
    try:
        account_id = choose_account(form)
        product = products.create(session, account_id, form.entry(), now=datetime.now(UTC), actor=current_user.actor)
    except InvalidError as error:
        db.session.rollback()
        add_error(form, error)
        return render_invalid(request, *_NEW, form=form)
    flash(_("Product %(sku)s created.", sku=product.sku), "good")
    return see_other(request, url_for("products.show", product_id=product.id))


@bp.get("/<int:product_id>")
@requires("products.read")
def show(product_id: int) -> Response:
    return render_fragment_or_page(
        request, "products/show.html", "products/show.html", **_build_page_context(product_id)
    )


@bp.post("/<int:product_id>/changes")
@requires("products.write")
def change(product_id: int) -> Response:
    form = ProductForm()
    version = form.expected_version()

    def save(arguments: dict[str, Any]) -> None:
        products.update_product(db.session(), product_id, form.entry(), version=version, **arguments)

    return _save(product_id, save, "edit", form, str(_("Product saved.")))


@bp.post("/<int:product_id>/counts")
@requires("products.write")
def count(product_id: int) -> Response:
    """Set the stock or adjust it."""
    form = CountForm()

    def save(arguments: dict[str, Any]) -> None:
        pieces = csv_import.parse_quantity(form.quantity.data or "")
        apply = products.adjust_quantity if form.how.data == "adjust" else products.set_quantity
        apply(db.session(), product_id, pieces, reason=form.reason.data or "", **arguments)

    return _save(product_id, save, "count", form, str(_("Stock saved.")))


@bp.post("/<int:product_id>/looks")
@requires("products.write")
def mark_reviewed(product_id: int) -> Response:
    products.mark_reviewed(db.session(), product_id, now=datetime.now(UTC), actor=current_user.actor)
    return see_other(request, url_for("products.show", product_id=product_id))


@bp.post("/looks")
@requires("products.write")
def mark_all_reviewed() -> Response:
    products.mark_all_reviewed(db.session(), now=datetime.now(UTC), actor=current_user.actor)
    flash(_("All products marked as reviewed."), "good")
    return see_other(request, url_for("products.index"))


# Form → the field that shows errors of the whole form.
_ERROR_FIELDS = {"edit": "title", "count": "quantity"}
_NEW = ("products/_new.html", "products/new.html")


def _save(product_id: int, save: Callable[[dict[str, Any]], None], part: str, form: Any, done: str) -> Response:
    try:
        save({"now": datetime.now(UTC), "actor": current_user.actor})
    except InvalidError as error:
        db.session.rollback()
        add_error(form, error)
        return render_invalid(
            request, f"products/_{part}.html", "products/show.html", **_build_page_context(product_id) | {part: form}
        )
    except RefusedError as error:
        # Input is kept, and the next try is based on the current version.
        db.session.rollback()
        page = _build_page_context(product_id)
        form[_ERROR_FIELDS[part]].errors = [text_for(error.code, error.arguments)]
        if part == "edit":
            form.version.data = page["product"].version
        return render_invalid(request, f"products/_{part}.html", "products/show.html", **page | {part: form})
    flash(done, "good")
    return see_other(request, url_for("products.show", product_id=product_id))


def _build_page_context(product_id: int) -> dict[str, Any]:
    session = db.session()
    product = queries.get_by_id(session, product_id)
    before = request.args.get("before", type=parse_id)
    entries, older = queries.list_ledger(session, product_id, before)
    return {
        "product": product,
        "edit": ProductForm.from_product(product),
        "count": CountForm(formdata=None),
        "entries": entries,
        "older": older,
        "before": before,
        "people": names(session, [entry.movement.actor for entry in entries]),
        "holders": queries.list_holding_orders(session, product),
        "blocked": queries.list_blocked_orders(session, product),
        "stores": {store.id: store for store in stores.list_store_names(session)},
    }


def _format_count(count: int) -> str:
    return str(ngettext("%(count)s product", "%(count)s products", count, count=number(count)))
