"""Tools of every list: start a bulk action for selected rows, choose columns, save views."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, Response, abort, flash, request, url_for
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from webapp.core.extensions import db
from webapp.domain import bulk_states
from webapp.domain.errors import InvalidError
from webapp.forms.saved_views import ChangedViewForm, SizeForm, ViewForm
from webapp.messages import text_for
from webapp.models.saved_views import GridView
from webapp.queries.accounts import stores
from webapp.queries.listing import fetch as grid_fetch
from webapp.queries.listing import saved_views as queries
from webapp.services.bulk import registry as bulk_registry
from webapp.services.bulk import runner as bulk_runner
from webapp.services.listing import saved_views
from webapp.views.bulk import enqueue
from webapp.views.listing import registry as list_registry
from webapp.views.listing.registry import Listing
from webapp.web.auth import has_permission, requires
from webapp.web.form_errors import add_error
from webapp.web.input_validation import parse_id
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other

bp = Blueprint("grid_tools", __name__, url_prefix="/grids")

_COLUMNS = ("listing/_columns.html", "listing/columns.html")
_VIEWS = ("listing/_views.html", "listing/views.html")


@bp.post("/<name>/selections")
@requires("bulk.write")
def select(name: str) -> Response:
    """Store the selected rows, or all that match, as a bulk action, and show its confirmation."""
    listing = list_registry.find(name)
    kind = bulk_registry.get_handler(request.form.get("kind", ""))
    if kind.name not in listing.kinds:
        abort(400)
    if not has_permission(kind.permission):
        abort(403)
    session = db.session()
    begin = bulk_runner.start if kind.immediate else bulk_runner.create_draft
    try:
        action = begin(session, kind.name, get_selected(listing), now=datetime.now(UTC), actor=current_user.actor)
    except InvalidError as error:
        session.rollback()
        flash(text_for(error.code, error.arguments), "warn")
        return see_other(request, build_back_url(listing))
    if kind.immediate:
        enqueue(action.id)
    return see_other(request, url_for("bulk.show", action_id=action.id))


@bp.get("/<name>/columns")
@requires("orders.read")
def columns(name: str) -> Response:
    listing = list_registry.find(name)
    layout = queries.find_layout(db.session(), current_user.id, listing.name)
    visible = list_registry.choose_grid(listing, [], request.args, layout).visible
    order = [*visible, *(other for other in listing.headings if other not in visible)]
    size = str(layout.size) if layout is not None and layout.size else ""
    form = SizeForm(formdata=None, size=size)
    return render_fragment_or_page(
        request, *_COLUMNS, **_build_columns_context(listing, order, set(visible), form, urlencode(_get_arguments()))
    )


@bp.post("/<name>/columns")
@requires("orders.read")
def choose(name: str) -> Response:
    """Move a column up or down, save the columns, or reset them."""
    listing, sent, form = list_registry.find(name), request.form, SizeForm()
    order = [name for name in dict.fromkeys(sent.getlist("order")) if name in listing.headings]
    ticked = set(sent.getlist("column"))
    query = sent.get("query", "")
    if "move" in sent:
        return render_fragment_or_page(
            request,
            *_COLUMNS,
            **_build_columns_context(listing, _move_column(order, sent["move"]), ticked, form, query),
        )
    chosen = [name for name in order if name in ticked]
    if "reset" in sent:
        saved_views.save_layout(db.session(), current_user.id, listing.name, (), None)
    elif not chosen or not form.validate():
        context = _build_columns_context(listing, order, ticked, form, query) | {"nothing_ticked": not chosen}
        return render_invalid(request, *_COLUMNS, **context)
    else:
        size = int(form.size.data) if form.size.data else None
        saved_views.save_layout(db.session(), current_user.id, listing.name, chosen, size)
    return see_other(request, build_back_url(listing, without=("columns", "size", "after", "before")))


@bp.get("/<name>/views")
@requires("orders.read")
def views(name: str) -> Response:
    listing = list_registry.find(name)
    return render_fragment_or_page(
        request, *_VIEWS, **_build_views_context(listing, ViewForm(formdata=None), urlencode(_get_arguments()))
    )


@bp.post("/<name>/views")
@requires("orders.read")
def save(name: str) -> Response:
    """Save the state of the page as a view."""
    listing, form, session = list_registry.find(name), ViewForm(), db.session()
    query = request.form.get("query", "")
    if form.validate():
        arguments = _parse_query(query)
        filters = listing.filters(arguments, stores.list_store_names(session))
        filters.validate()
        layout = queries.find_layout(session, current_user.id, listing.name)
        visible = list_registry.choose_grid(listing, [], arguments, layout).visible
        try:
            view = saved_views.save_view(
                session,
                current_user.id,
                listing.name,
                form.name.data,
                list_registry.view_parameters(filters, arguments),
                visible,
                shared=form.shared.data,
                now=datetime.now(UTC),
            )
            return see_other(request, list_registry.view_url(listing, view))
        except InvalidError as error:
            add_error(form, error)
    session.rollback()
    return render_invalid(request, *_VIEWS, **_build_views_context(listing, form, query))


@bp.post("/views/<int:view_id>/changes")
@requires("orders.read")
def change(view_id: int) -> Response:
    """Rename a view, share it, or make it the default of the list."""
    session, form = db.session(), ChangedViewForm()
    listing = list_registry.find(queries.get_view(session, current_user.id, view_id).grid)
    query = request.form.get("query", "")
    sent = form.validate()
    try:
        if sent:
            opens = form.opens.data
            saved_views.update_view(
                session, current_user.id, view_id, form.name.data, shared=form.shared.data, is_default=opens
            )
    except InvalidError as error:
        add_error(form, error)
        sent = False
    session.rollback()
    context = _build_views_context(listing, ViewForm(formdata=None), query) | {
        "wrong": None if sent else form,
        "wrong_id": view_id,
    }
    return (render_fragment_or_page if sent else render_invalid)(request, *_VIEWS, **context)


@bp.post("/views/<int:view_id>/deletions")
@requires("orders.read")
def delete(view_id: int) -> Response:
    session = db.session()
    listing = list_registry.find(saved_views.delete_view(session, current_user.id, view_id))
    return render_fragment_or_page(
        request, *_VIEWS, **_build_views_context(listing, ViewForm(formdata=None), request.form.get("query", ""))
    )


def read_query(listing: Listing, query: str) -> tuple[Any, MultiDict[str, str]]:
    """Return (validated filters, parameters) of a list's query string. Raises InvalidError."""
    arguments = _parse_query(query)
    form = listing.filters(arguments, stores.list_store_names(db.session()))
    if not form.validate():
        raise InvalidError("filters_wrong")
    return form, arguments


def get_selected(listing: Listing) -> list[int]:
    """Return the selected ids, or those of all rows that match now."""
    if not request.form.get("all"):
        return request.form.getlist("id", type=parse_id)
    form, arguments = read_query(listing, request.form.get("query", ""))
    grid = listing.open_grid(stores.list_store_names(db.session()))
    place = grid_fetch.parse_page_request(grid, arguments)
    return grid_fetch.fetch_ids(db.session(), grid, place, form.set(), bulk_states.MOST_ROWS + 1)


def _parse_query(query: str) -> MultiDict[str, str]:
    return MultiDict(parse_qsl(query))


def _get_arguments() -> list[tuple[str, str]]:
    return list(request.args.items(multi=True))


def build_back_url(listing: Listing, without: tuple[str, ...] = ()) -> str:
    """Return the URL of the list as it was."""
    parameters = [(key, value) for key, value in parse_qsl(request.form.get("query", "")) if key not in without]
    return url_for(listing.endpoint) + (f"?{urlencode(parameters)}" if parameters else "")


def _move_column(order: list[str], move: str) -> list[str]:
    """Move a column one place: `up:total` or `down:total`."""
    way, _, name = move.partition(":")
    if name not in order:
        return order
    at = order.index(name)
    to = min(max(at + (-1 if way == "up" else 1), 0), len(order) - 1)
    order[at], order[to] = order[to], order[at]
    return order


def _build_columns_context(
    listing: Listing, order: list[str], ticked: set[str], form: SizeForm, query: str
) -> dict[str, Any]:
    rows = [(name, listing.headings[name].text, name in ticked) for name in order]
    back = url_for(listing.endpoint) + (f"?{query}" if query else "")
    return {"listing": listing, "rows": rows, "form": form, "query": query, "back": back, "nothing_ticked": False}


def _build_views_context(listing: Listing, form: ViewForm, query: str) -> dict[str, Any]:
    session = db.session()
    layout = queries.find_layout(session, current_user.id, listing.name)
    saved = queries.list_views(session, current_user.id, listing.name)
    return {
        "listing": listing,
        "views": [_view_row(listing, view) for view in saved],
        "opens_with": layout.view_id if layout is not None else None,
        "form": form,
        "query": query,
        "back": url_for(listing.endpoint) + (f"?{query}" if query else ""),
        "wrong": None,
        "wrong_id": 0,
    }


def _view_row(listing: Listing, view: GridView) -> tuple[GridView, str, bool]:
    """Return (the view, its URL, whether it is the user's own)."""
    return view, list_registry.view_url(listing, view), view.user_id == current_user.id
