"""Amazon orders that are known from a report only."""

from collections.abc import Sequence

from sqlalchemy import delete
from sqlalchemy.orm import Session

from webapp.db.any_of import any_of
from webapp.models.reported_orders import ReportedOrder

NOTE = "note_reported"

_READ = delete(ReportedOrder).where(any_of(ReportedOrder.amazon_order_id, "ids"))


def mark_read(session: Session, amazon_order_ids: Sequence[int]) -> None:
    """Record that these orders were read through the Orders API. Does not commit."""
    if amazon_order_ids:
        session.connection().execute(_READ, {"ids": list(amazon_order_ids)})


def is_reported_only(session: Session, amazon_order_id: int) -> bool:
    """Return whether the Amazon order is known from a report only."""
    return session.get(ReportedOrder, amazon_order_id) is not None
