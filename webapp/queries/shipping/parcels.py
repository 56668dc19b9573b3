"""Parcels and the submissions that confirm them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.errors import require
from webapp.domain.submissions import shipment_confirmation
from webapp.models.shipments import Parcel, Shipment
from webapp.models.submissions import Submission
from webapp.queries.orders.detail import ParcelRow


def get_parcel(session: Session, number: str, reference: int) -> tuple[Parcel, Shipment]:
    """Get a parcel of a shipment by its reference, with the shipment. Raises NotFoundError."""
    parcels = select(Parcel, Shipment).join(Shipment, Shipment.id == Parcel.shipment_id)
    row = require(
        session.execute(parcels.where(Shipment.number == number, Parcel.reference == reference)).first(),
        "parcel_unknown",
        name=f"{number}/{reference}",
    )
    return row[0], row[1]


def list_parcels(session: Session, order_id: int) -> list[ParcelRow]:
    """Return the parcels of an order, unordered."""
    parcels = select(Parcel.reference, Parcel.tracking_number).where(Parcel.order_id == order_id)
    return [ParcelRow(*row) for row in session.execute(parcels)]


def load_latest_submissions(session: Session, amazon_order_id: int) -> dict[int, Submission]:
    """Find the latest confirmation of each parcel, by the parcel's reference."""
    submissions = select(Submission).where(
        Submission.amazon_order_id == amazon_order_id, Submission.kind == shipment_confirmation.KIND
    )
    return {int(row.subject): row for row in session.scalars(submissions.order_by(Submission.id))}
