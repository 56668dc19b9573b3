"""Editing the billing and shipping addresses of an order."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from webapp.core.extensions import db
from webapp.domain.errors import InvalidError
from webapp.forms.amazon_orders import AddressForm
from webapp.models.orders import Order
from webapp.queries.orders import orders as queries
from webapp.services.orders import addresses
from webapp.web.auth import has_permission, requires
from webapp.web.form_errors import add_error
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other

bp = Blueprint("order_addresses", __name__, url_prefix="/orders/<number>/addresses/<any(billing,shipping):which>")

DIALOG = ("addresses/_dialog.html", "addresses/dialog.html")
TITLES = {"billing": _l("Correct the billing address"), "shipping": _l("Correct the shipping address")}


@bp.get("")
@requires("orders.write")
def edit(number: str, which: str) -> Response:
    order = _open(number)
    form = AddressForm(formdata=None, data=getattr(order, addresses.COLUMNS[which][0]) or {})
    return render_fragment_or_page(request, *DIALOG, form=form, **_build_context(number, which))


@bp.post("")
@requires("orders.write")
def save(number: str, which: str) -> Response:
    session, order, form = db.session(), _open(number), AddressForm()
    try:
        addresses.correct(session, order.id, which, form.entered(), now=datetime.now(UTC), actor=current_user.actor)
    except InvalidError as error:
        add_error(form, error)
        return render_invalid(request, *DIALOG, form=form, **_build_context(number, which))
    flash(_("The address was corrected in Channeldesk only."), "good")
    return see_other(request, url_for("orders.show", number=number))


@bp.post("/restorations")
@requires("orders.write")
def restore(number: str, which: str) -> Response:
    session = db.session()
    order = queries.get_by_number(session, number)
    addresses.restore(session, order.id, which, now=datetime.now(UTC), actor=current_user.actor)
    flash(_("Amazon's address restored."), "good")
    return see_other(request, url_for("orders.show", number=number))


def _open(number: str) -> Order:
    """Return the order, or abort with 403 if the user may not read personal data."""
    if not has_permission("pii.read"):
        abort(403)
    return queries.get_by_number(db.session(), number)


def _build_context(number: str, which: str) -> dict[str, Any]:
    return {
        "title": TITLES[which],
        "notice": _("The address at Amazon does not change."),
        "back": url_for("orders.show", number=number),
        "save_url": url_for("order_addresses.save", number=number, which=which),
    }
