"""Putting an order on hold and releasing it."""

from datetime import UTC, datetime

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from webapp.core.extensions import db
from webapp.domain.errors import InvalidError, RefusedError
from webapp.domain.orders import state_machine as order_states
from webapp.forms.orders import HoldForm
from webapp.messages import text_for
from webapp.models.orders import Order
from webapp.queries.orders import orders as queries
from webapp.services.orders import holds
from webapp.web.auth import requires
from webapp.web.form_errors import add_error
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other

bp = Blueprint("holds", __name__, url_prefix="/orders/<number>")

DIALOG = ("holds/_new.html", "holds/new.html")


@bp.get("/holds/new")
@requires("orders.write")
def new(number: str) -> Response:
    order = queries.get_by_number(db.session(), number)
    form = HoldForm(formdata=None, zone=_zone(order))
    refused = "" if order_states.is_allowed("hold", order.state) else text_for("cannot_hold", {"state": order.state})
    return render_fragment_or_page(request, *DIALOG, order=order, form=form, refused=refused, zone=_zone(order))


@bp.post("/holds")
@requires("orders.write")
def create(number: str) -> Response:
    session, refused = db.session(), ""
    order = queries.get_by_number(session, number)
    form = HoldForm(zone=_zone(order))
    try:
        holds.hold(
            session,
            order.id,
            form.reason.data or "",
            until=form.instant(),
            now=datetime.now(UTC),
            actor=current_user.actor,
        )
    except InvalidError as error:
        add_error(form, error, "reason")
    except RefusedError as error:
        refused = text_for(error.code, error.arguments)
    else:
        flash(_("Order put on hold."), "good")
        if order_states.is_held_past(order.ship_by, order.hold_until):
            flash(text_for("held_past_ship_by"), "warn")
        return see_other(request, url_for("orders.show", number=number))
    session.rollback()
    order = queries.get_by_number(session, number)
    return render_invalid(request, *DIALOG, order=order, form=form, refused=refused, zone=_zone(order))


@bp.post("/holds/ends")
@requires("orders.write")
def end(number: str) -> Response:
    session = db.session()
    order = queries.get_by_number(session, number)
    try:
        holds.unhold(session, order.id, now=datetime.now(UTC), actor=current_user.actor)
    except RefusedError as error:
        flash(text_for(error.code, error.arguments), "warn")
    else:
        flash(_("Hold released."), "good")
    return see_other(request, url_for("orders.show", number=number))


def _zone(order: Order) -> str:
    return order.store.marketplace.time_zone
