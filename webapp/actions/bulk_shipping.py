"""Shipping many Orders: each with parcels of its own, of which Amazon is told one by one."""

from sqlalchemy.orm import Session

from webapp.actions import shipments
from webapp.actions.bulk_work import Kind, Outcome, Task
from webapp.domain import parcels


def _ship(session: Session, task: Task) -> Outcome:
    """One Order: all its parcels of the sheet as one shipment."""
    packed = [
        parcels.Parcel(
            None if said["quantities"] is None else {int(id_): n for id_, n in said["quantities"].items()},
            said["carrier"],
            said["title"],
            said["tracking_number"],
        )
        for said in task.args["parcels"]
    ]
    undo_seconds = int(task.args.get("undo_seconds", 0))
    shipment = shipments.create(session, task.subject_id, packed, undo_seconds=undo_seconds, now=task.now, by=task.by)
    return Outcome("bulk_shipped", {"number": shipment.number, "count": len(packed)})


KIND = Kind("ship", "orders.write", _ship)
