"""Shipments: the page of one, and creating one."""

from typing import Any

from flask import Blueprint, Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from webapp.core.extensions import db, settings
from webapp.domain.errors import AppError, ConfirmationError, RefusedError
from webapp.domain.orders import state_machine as order_states
from webapp.domain.shipping import carriers, parcels
from webapp.domain.submissions import shipment_confirmation
from webapp.forms.orders import CommentForm
from webapp.forms.shipping import ShipmentForm, build_shipment_form
from webapp.models.orders import Order
from webapp.models.shipments import Parcel
from webapp.queries.invoicing import documents as queries
from webapp.queries.orders import orders
from webapp.queries.shipping import parcels as shipping_parcels
from webapp.services.shipping import shipments
from webapp.services.submissions import cancellations
from webapp.views.invoicing import common as document_pages
from webapp.views.invoicing import document_form
from webapp.views.invoicing.document_form import DocumentType
from webapp.views.listing import registry
from webapp.views.listing.pages import add_routes
from webapp.views.orders import submissions_panel
from webapp.web.auth import requires
from webapp.web.worker_notification import enqueue_submissions

bp = Blueprint("shipments", __name__)
add_routes(bp, registry.SHIPMENTS, "/shipments")


@bp.get("/shipments/<number>")
@requires("orders.read")
def show(number: str) -> Response:
    session = db.session()
    shipment = queries.get_shipment(session, number)
    order = orders.get_by_id(session, shipment.order_id)
    submissions = shipping_parcels.load_latest_submissions(session, order.amazon_order_id)
    references = [parcel.reference for parcel in shipment.parcels]
    return document_pages.render(
        "shipments/show.html",
        order,
        document=shipment,
        tracking_urls={parcel.id: find_tracking_url(parcel) for parcel in shipment.parcels},
        at_amazon={package.reference: package for package in order.amazon_order.packages},
        collects_cash=shipment_confirmation.is_collected_in_cash(
            order.store.marketplace.country_code, order.amazon_order.handling, order.amazon_order.payment_methods
        ),
        submissions=submissions,
        pace=submissions_panel.poll_interval(submissions[ref] for ref in references if ref in submissions),
        remarks=document_pages.list_document_comments(session, order, shipment_id=shipment.id),
        form=CommentForm(formdata=None),
    )


def find_tracking_url(parcel: Parcel) -> str | None:
    """Return the carrier's page of the parcel, or None where it is not known."""
    carrier = carriers.find_carrier(parcel.carrier, parcel.title)
    return carrier.page(parcel.tracking_number) if carrier and parcel.tracking_number else None


def _apply_edit(form: ShipmentForm) -> bool:
    """Add a parcel for the button `add`, or remove the one at the position in `remove`."""
    position = request.form.get("remove", type=int)
    if "add" in request.form:
        form.add()
    elif position is not None:
        form.remove(position)
    else:
        return False
    return True


def _preview(session: Session, order: Order, form: ShipmentForm) -> dict[str, Any]:
    """Return the numbers of units and parcels, and the likely carrier of each tracking number."""
    context = {
        "numbers": form.classify_numbers(),
        "packed": None,
        "asked_to_cancel": shipment_confirmation.is_cancellation_requested(order.amazon_order),
        "cancel_refused": cancellations.load_refusal_reason(session, order.amazon_order),
    }
    if not any(map(order_states.count_left_to_ship, order.items)):
        raise RefusedError("nothing_to_ship")
    refusal = shipments.find_refusal_reason(session, order)
    if refusal:
        raise RefusedError(refusal)
    try:
        # The codes are scanned while the parcel is packed: they are only missing when it is shipped without them.
        drafts = parcels.check_shipment(order.items, form.build_parcels(unknown="?"))
        shipments.check_tracking_numbers(session, order, drafts)
    except ConfirmationError:
        return context
    except AppError as error:
        form.show_error(error)
        return context
    return context | {"packed": (sum(sum((draft.quantities or {}).values()) for draft in drafts), len(drafts))}


def _create(session: Session, order: Order, form: ShipmentForm, options: dict[str, Any]) -> str:
    shipment = shipments.create(
        session,
        order.id,
        form.build_parcels(),
        undo_seconds=settings().undo_seconds,
        ship_anyway=bool(form.ship_anyway.data),
        **options,
    )
    enqueue_submissions(order.amazon_order.account_id)
    return shipment.number


document_form.add_routes(
    bp,
    DocumentType(
        "shipments",
        "ship",
        "shipments.write",
        build_shipment_form,
        _preview,
        _create,
        lambda number: _("Shipment %(number)s created.", number=number),
        _l("New shipment"),
        order_states.count_left_to_ship,
        queries.get_shipment,
        "shipment_id",
        _apply_edit,
    ),
)
