"""Existing parcels: editing the tracking number, removing one, or canceling its order instead.

A URL identifies it by its shipment and its reference, which are never reused. SQLite may reuse the id of a deleted
parcel, so that a page open since then would refer to another order.
"""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from webapp.core.extensions import db, settings
from webapp.domain.errors import InvalidError, RefusedError
from webapp.forms.shipping import ParcelCorrectionForm
from webapp.messages import text_for
from webapp.models.shipments import Shipment
from webapp.queries.orders import orders
from webapp.queries.shipping import parcels as queries
from webapp.services.shipping import parcels
from webapp.web.auth import find_local_target, requires
from webapp.web.form_errors import add_error
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other
from webapp.web.worker_notification import enqueue_submissions

bp = Blueprint("parcels", __name__, url_prefix="/shipments/<number>/parcels/<int:reference>")

DIALOG = ("parcels/_edit.html", "parcels/edit.html")
# Amazon's code of the reason.
BUYER_ASKED = "BuyerCanceled"


@bp.get("/corrections/new")
@requires("shipments.write")
def edit(number: str, reference: int) -> Response:
    parcel, shipment = queries.get_parcel(db.session(), number, reference)
    form = ParcelCorrectionForm.from_parcel(parcel, _get_country(shipment))
    context: dict[str, Any] = {"parcel": parcel, "shipment": shipment, "form": form, "number": form.number()}
    return render_fragment_or_page(request, *DIALOG, **context, refused="", next=_next())


@bp.post("/corrections")
@requires("shipments.write")
def correct(number: str, reference: int) -> Response:
    """Save the tracking number; it is sent to Amazon after the undo window."""
    session, refused = db.session(), ""
    parcel, shipment = queries.get_parcel(session, number, reference)
    form = ParcelCorrectionForm(country=_get_country(shipment))
    try:
        submission = parcels.edit(
            session,
            parcel.id,
            **form.entered(),
            undo_seconds=settings().undo_seconds,
            now=datetime.now(UTC),
            actor=current_user.actor,
        )
    except InvalidError as error:
        add_error(form, error, "tracking_number")
    except RefusedError as error:
        refused = text_for(error.code, error.arguments)
        form.asked_shared = error.arguments["number"] if error.code == "tracking_shared" else ""
    else:
        enqueue_submissions(submission.account_id)
        return see_other(request, _next() or url_for("shipments.show", number=number))
    session.rollback()
    parcel, shipment = queries.get_parcel(session, number, reference)
    context: dict[str, Any] = {"parcel": parcel, "shipment": shipment, "form": form, "number": form.number()}
    return render_invalid(request, *DIALOG, **context, refused=refused, next=_next())


@bp.post("/take-backs")
@requires("shipments.write")
def delete(number: str, reference: int) -> Response:
    """Remove a parcel; its units can be shipped again."""
    parcel, _shipment = queries.get_parcel(db.session(), number, reference)
    parcels.delete(db.session(), parcel.id, now=datetime.now(UTC), actor=current_user.actor)
    flash(_("The package was removed."), "good")
    return see_other(request, _next() or url_for("shipments.show", number=number))


@bp.post("/cancellations")
@requires("orders.cancel")
def cancel_instead(number: str, reference: int) -> Response:
    """Remove a parcel that is not confirmed yet and cancel the order, as the buyer asked."""
    parcel, _shipment = queries.get_parcel(db.session(), number, reference)
    submission = parcels.delete_and_cancel_order(
        db.session(),
        parcel.id,
        BUYER_ASKED,
        undo_seconds=settings().undo_seconds,
        now=datetime.now(UTC),
        actor=current_user.actor,
    )
    submission_id = submission.id
    enqueue_submissions(submission.account_id)
    return see_other(request, url_for("submissions.show", submission_id=submission_id))


def _next() -> str:
    """Return the page to go back to, or ""."""
    target = request.values.get("next")
    return find_local_target(target) if target else ""


def _get_country(shipment: Shipment) -> str:
    """Return the country the parcel was sent from."""
    return orders.get_by_id(db.session(), shipment.order_id).store.marketplace.country_code
