"""Reading parcels, and what Amazon was told of them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.errors import NotFoundError
from webapp.domain.submissions import shipment_confirmation
from webapp.models.shipments import Parcel, Shipment
from webapp.models.submissions import Submission
from webapp.queries.orders.detail import ParcelOf


def get_parcel(session: Session, number: str, reference: int) -> tuple[Parcel, Shipment]:
    """One of a shipment, by its reference, with the shipment. Raises NotFoundError."""
    mine = select(Parcel, Shipment).join(Shipment, Shipment.id == Parcel.shipment_id)
    found = session.execute(mine.where(Shipment.number == number, Parcel.reference == reference)).first()
    if found is None:
        raise NotFoundError("parcel_unknown", name=f"{number}/{reference}")
    return found[0], found[1]


def list_parcels(session: Session, order_id: int) -> list[ParcelOf]:
    """Return the parcels of an order, in no order."""
    mine = select(Parcel.reference, Parcel.tracking_number).where(Parcel.order_id == order_id)
    return [ParcelOf(*row) for row in session.execute(mine)]


def latest_submissions(session: Session, amazon_order_id: int) -> dict[int, Submission]:
    """A parcel's reference → what Amazon was told of it last."""
    told = select(Submission).where(
        Submission.amazon_order_id == amazon_order_id, Submission.kind == shipment_confirmation.KIND
    )
    return {int(one.subject): one for one in session.scalars(told.order_by(Submission.id))}
