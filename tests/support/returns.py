"""Returns of orders, without a report of Amazon's."""

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.factories import NOW
from webapp.domain.returns.report import ReturnLine
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.returns import OrderReturn
from webapp.services.returns import return_import


def a_return(session: Session, amazon_order: AmazonOrder, **more: Any) -> OrderReturn:
    """Import a return of one unit of the order's first item, and commit."""
    fields: dict[str, Any] = {
        "identity": f"D{amazon_order.number}/SKU-1",
        "order_number": amazon_order.number,
        "sku": amazon_order.items[0].sku or "",
        "asin": "B000000001",
        "title": "Article 1",
        "quantity": 1,
        "requested_on": date(2026, 11, 20),
        "delivered_on": date(2026, 11, 24),
        "status": "Approved",
        "reason": "CR-UNWANTED_ITEM",
        "resolution": "StandardRefund",
        "rma": f"D{amazon_order.number}",
        "label_type": "AmazonUnPaidLabel",
        "label_paid_by": "Customer",
        "label_cost": 0,
        "refunded": None,
        "currency": "EUR",
        "carrier": "DHL",
        "tracking_number": "JJD0000000000000001",
        "is_in_policy": True,
        "is_a_to_z": False,
    }
    line = ReturnLine(**fields | more)
    return_import.import_lines(session, amazon_order.store_id, [line], now=NOW)
    session.commit()
    return session.scalars(select(OrderReturn).where(OrderReturn.identity == line.identity)).one()
