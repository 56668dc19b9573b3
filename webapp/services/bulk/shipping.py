"""Bulk action that ships many orders, each with its own parcels."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from webapp.domain.shipping import parcels
from webapp.domain.shipping.tracking import matching as tracking_matching
from webapp.models.orders import Order
from webapp.services.bulk.handlers import BulkHandler, Outcome, Task
from webapp.services.shipping import shipments


def _ship(session: Session, task: Task) -> Outcome:
    """Create one shipment with all parcels of an order."""
    parcel_drafts = [
        parcels.Parcel(
            None if row["quantities"] is None else {int(id_): n for id_, n in row["quantities"].items()},
            row["carrier"],
            row["title"],
            row["tracking_number"],
            shared=bool(row.get("shared")),
            confirmed=bool(row.get("confirmed")),
            shipping_method=row.get("shipping_method", ""),
        )
        for row in task.args["parcels"]
    ]
    shipment = shipments.create(
        session,
        task.subject_id,
        parcel_drafts,
        undo_seconds=int(task.args.get("undo_seconds", 0)),
        shipped_at=_get_shipped_at(session, task),
        now=task.now,
        actor=task.actor,
    )
    return Outcome("bulk_shipped", {"number": shipment.number, "count": len(parcel_drafts)})


def _get_shipped_at(session: Session, task: Task) -> datetime | None:
    day = task.args.get("shipped_on", "")
    if not day:
        return None
    order = session.get_one(Order, task.subject_id)
    zone = ZoneInfo(order.store.marketplace.time_zone)
    return tracking_matching.resolve_ship_time(day, zone, order.purchased_at, task.now)


SHIP = BulkHandler("ship", "shipments.write", _ship)
