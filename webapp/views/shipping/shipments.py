"""Shipments: writing one, and one with its parcels and comments."""

from typing import Any

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from webapp.core.extensions import db, settings
from webapp.domain.errors import ConfirmationError, DeskError, RefusedError
from webapp.domain.orders import state_machine as order_states
from webapp.domain.shipping import carriers, parcels
from webapp.domain.submissions import shipment_confirmation
from webapp.forms.orders import CommentForm
from webapp.forms.shipping import ShipmentForm, shipment_form
from webapp.models.orders import Order
from webapp.models.shipments import Parcel
from webapp.queries.invoicing import documents as queries
from webapp.queries.orders import orders
from webapp.queries.shipping import parcels as shipping_parcels
from webapp.services.shipping import shipments as actions
from webapp.services.submissions import cancellations
from webapp.views.invoicing import common as document_pages
from webapp.views.invoicing import document_form
from webapp.views.orders import submissions_panel
from webapp.web.auth import requires
from webapp.web.worker_notification import wake_worker

bp = Blueprint("shipments", __name__)


@bp.get("/orders/<number>/shipments/new")
@requires("orders.write")
def new(number: str) -> Response:
    return document_form.new(number, KIND)


@bp.post("/orders/<number>/shipments/previews")
@requires("orders.write")
def preview(number: str) -> Response:
    """As it is filled in now; `add` has one parcel more, `remove` the one of this place less."""
    if "add" in request.form:
        return document_form.preview(number, KIND, ShipmentForm.add)
    place = request.form.get("remove", type=int)
    if place is not None:
        return document_form.preview(number, KIND, lambda form: form.remove(place))
    return document_form.preview(number, KIND)


@bp.post("/orders/<number>/shipments")
@requires("orders.write")
def create(number: str) -> Response:
    return document_form.create(number, KIND)


@bp.get("/shipments/<number>")
@requires("orders.read")
def show(number: str) -> Response:
    session = db.session()
    shipment = queries.shipment(session, number)
    order = orders.by_id(session, shipment.order_id)
    tellings = shipping_parcels.latest_submissions(session, order.amazon_order_id)
    mine = [parcel.reference for parcel in shipment.parcels]
    return document_pages.show(
        "shipments/show.html",
        order,
        document=shipment,
        pages={parcel.id: page_of(parcel) for parcel in shipment.parcels},
        at_amazon={package.reference: package for package in order.amazon_order.packages},
        tellings=tellings,
        pace=submissions_panel.poll_interval(tellings[one] for one in mine if one in tellings),
        remarks=document_pages.of_document(session, order, shipment_id=shipment.id),
        form=CommentForm(formdata=None),
    )


@bp.post("/shipments/<number>/comments")
@requires("orders.write")
def comment(number: str) -> Response:
    url = url_for("shipments.show", number=number)
    return document_pages.comment_on(lambda session: queries.shipment(session, number), "shipment_id", url)


def page_of(parcel: Parcel) -> str | None:
    """Where the carrier shows the parcel, None where it is not known."""
    carrier = carriers.carrier_of(parcel.carrier, parcel.title)
    return carrier.page(parcel.tracking_number) if carrier and parcel.tracking_number else None


def _preview(session: Session, order: Order, form: ShipmentForm) -> dict[str, Any]:
    """How many pieces go in how many parcels, and who seems to carry each. A number that is used is said at once."""
    numbers = {
        "numbers": form.numbers(),
        "packed": None,
        "asked_to_cancel": shipment_confirmation.asked_to_cancel(order.amazon_order),
        "cancel_refused": cancellations.refusal(session, order.amazon_order),
    }
    if not any(map(order_states.left_to_ship, order.items)):
        raise RefusedError("nothing_to_ship")
    refused = actions.refusal(session, order)
    if refused:
        raise RefusedError(refused)
    try:
        drafts = parcels.shipment(order.items, form.packed(unknown="?"))
        actions.check_numbers(session, order, drafts)
    except ConfirmationError:
        return numbers
    except DeskError as error:
        form.tell(error)
        return numbers
    return numbers | {"packed": (sum(sum((draft.quantities or {}).values()) for draft in drafts), len(drafts))}


def _write(session: Session, order: Order, form: ShipmentForm, about: dict[str, Any]) -> str:
    about["ship_anyway"] = bool(form.ship_anyway.data)
    shipment = actions.create(session, order.id, form.packed(), undo_seconds=settings().undo_seconds, **about)
    wake_worker(order.amazon_order.account_id)
    return shipment.number


KIND = document_form.Kind(
    "shipments",
    "ship",
    shipment_form,
    _preview,
    _write,
    lambda number: _("Shipment %(number)s was written.", number=number),
    _l("New shipment"),
    order_states.left_to_ship,
)
