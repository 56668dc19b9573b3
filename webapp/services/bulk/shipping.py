"""Shipping many Orders: each with parcels of its own, of which Amazon is told one by one."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from webapp.domain.shipping import parcels, tracking_matching
from webapp.models.orders import Order
from webapp.services.bulk.handlers import BulkHandler, Outcome, Task
from webapp.services.shipping import shipments


def _ship(session: Session, task: Task) -> Outcome:
    """One Order: all its parcels of the sheet as one shipment."""
    packed = [
        parcels.Parcel(
            None if said["quantities"] is None else {int(id_): n for id_, n in said["quantities"].items()},
            said["carrier"],
            said["title"],
            said["tracking_number"],
            shared=bool(said.get("shared")),
            confirmed=bool(said.get("confirmed")),
        )
        for said in task.args["parcels"]
    ]
    shipment = shipments.create(
        session,
        task.subject_id,
        packed,
        undo_seconds=int(task.args.get("undo_seconds", 0)),
        shipped_at=_shipped_at(session, task),
        now=task.now,
        actor=task.actor,
    )
    return Outcome("bulk_shipped", {"number": shipment.number, "count": len(packed)})


def _shipped_at(session: Session, task: Task) -> datetime | None:
    day = task.args.get("shipped_on", "")
    if not day:
        return None
    order = session.get_one(Order, task.subject_id)
    zone = ZoneInfo(order.store.marketplace.time_zone)
    return tracking_matching.shipped_at(day, zone, order.purchased_at, task.now)


KIND = BulkHandler("ship", "orders.write", _ship)
