"""Returns of merchant-fulfilled orders: the list, and the page of one with what can be done about it."""

from collections.abc import Callable
from datetime import UTC, datetime

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from webapp.core.extensions import db
from webapp.domain.errors import RefusedError
from webapp.messages import text_for
from webapp.models.returns import OrderReturn
from webapp.models.stores import Store
from webapp.queries.returns import returns as queries
from webapp.services.returns import handling
from webapp.views.listing import registry
from webapp.views.listing.pages import add_routes
from webapp.web.auth import requires
from webapp.web.responses import render_fragment_or_page, see_other

bp = Blueprint("returns", __name__, url_prefix="/returns")
add_routes(bp, registry.RETURNS)


@bp.get("/<int:return_id>")
@requires("orders.read")
def show(return_id: int) -> Response:
    session = db.session()
    row = queries.get_return(session, return_id)
    return render_fragment_or_page(
        request,
        "returns/show.html",
        "returns/show.html",
        row=row,
        store=session.get_one(Store, row.store_id),
        order_number=queries.find_order_number(session, row),
        credit_memo_number=queries.find_credit_memo_number(session, row),
        product=handling.find_product(session, row),
    )


@bp.post("/<int:return_id>/restocks")
@requires("products.write")
def restock(return_id: int) -> Response:
    return _change(handling.restock, return_id, _("The returned units are in stock again."))


@bp.post("/<int:return_id>/closures")
@requires("refunds.write")
def close(return_id: int) -> Response:
    return _change(handling.close, return_id, _("Return closed."))


@bp.post("/<int:return_id>/reopenings")
@requires("refunds.write")
def reopen(return_id: int) -> Response:
    return _change(handling.reopen, return_id, _("Return reopened."))


def _change(action: Callable[..., OrderReturn], return_id: int, message: str) -> Response:
    """Carry out the action and go back to the return, with a message about what happened."""
    session = db.session()
    try:
        action(session, return_id, now=datetime.now(UTC), actor=current_user.actor)
    except RefusedError as error:
        session.rollback()
        flash(text_for(error.code, error.arguments), "bad")
    else:
        flash(message, "good")
    return see_other(request, url_for("returns.show", return_id=return_id))
