"""Shipments: one, with its parcels and comments."""

from flask import Blueprint, Response, url_for

from webapp.domain import shipping
from webapp.extensions import db
from webapp.forms.comments import CommentForm
from webapp.models.shipments import Parcel
from webapp.queries import documents as queries
from webapp.queries import orders
from webapp.security import needs
from webapp.views import documents

bp = Blueprint("shipments", __name__)


@bp.get("/shipments/<number>")
@needs("orders.read")
def show(number: str) -> Response:
    session = db.session()
    shipment = queries.shipment(session, number)
    order = orders.by_id(session, shipment.order_id)
    return documents.show(
        "shipments/show.html",
        order,
        document=shipment,
        pages={parcel.id: page_of(parcel) for parcel in shipment.parcels},
        at_amazon={package.reference: package for package in order.amazon_order.packages},
        remarks=documents.of_document(session, order, shipment_id=shipment.id),
        form=CommentForm(formdata=None),
    )


@bp.post("/shipments/<number>/comments")
@needs("orders.write")
def comment(number: str) -> Response:
    url = url_for("shipments.show", number=number)
    return documents.comment_on(lambda session: queries.shipment(session, number), "shipment_id", url)


def page_of(parcel: Parcel) -> str | None:
    """Where the carrier shows the parcel, None where it is not known."""
    carrier = shipping.carrier_of(parcel.carrier, parcel.title)
    return carrier.page(parcel.tracking_number) if carrier and parcel.tracking_number else None
