"""Reading parcels, and what Amazon was told of them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain import confirming
from webapp.domain.errors import NotFoundError
from webapp.models.shipments import Parcel, Shipment
from webapp.models.submissions import Submission


def parcel(session: Session, parcel_id: int) -> tuple[Parcel, Shipment]:
    """One, with its shipment. Raises NotFoundError."""
    found = session.get(Parcel, parcel_id)
    if found is None:
        raise NotFoundError("parcel_unknown", name=parcel_id)
    return found, session.get_one(Shipment, found.shipment_id)


def tellings(session: Session, amazon_order_id: int) -> dict[int, Submission]:
    """A parcel's reference → what Amazon was told of it last."""
    told = select(Submission).where(Submission.amazon_order_id == amazon_order_id, Submission.kind == confirming.KIND)
    return {int(one.subject): one for one in session.scalars(told.order_by(Submission.id))}
