"""The columns of the lists of invoices, shipments, credit memos and customers."""

from typing import Any

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.exports.fields import Field, Heading, amount, count, moment, status, store, words
from webapp.models.stores import StoreName

_FIRST = {
    "order": words(_l("Order"), "order_number"),
    "purchased": moment(_l("Order date"), "purchased_at"),
    "store": store(_l("Store")),
}
_LAST = {
    "action": Heading(_l("Action")),
    "order_status": status(_l("Order status"), "order_state", "state", own="status"),
    "amazon_number": words(_l("Amazon order number"), "amazon_number"),
    "email": words(_l("E-mail"), "email"),
}
_PARTS = {
    "subtotal": amount(_l("Subtotal"), "subtotal"),
    "shipping": amount(_l("Shipping & handling"), "shipping"),
    "tax": amount(_l("Tax"), "tax"),
    "discount": amount(_l("Discount"), "discount"),
}


def _format_delivery(row: Any, _store: StoreName) -> str | None:
    return row.delivered_on.isoformat() if row.delivered_on else None


INVOICES = {
    "number": words(_l("Invoice"), "number"),
    "created": moment(_l("Invoice date"), "created_at"),
    **_FIRST,
    "bill_to": words(_l("Bill-to name"), "bill_to_name"),
    "total": amount(_l("Grand total"), "total"),
    **_PARTS,
    **_LAST,
}
SHIPMENTS = {
    "number": words(_l("Shipment"), "number"),
    "created": moment(_l("Ship date"), "created_at"),
    **_FIRST,
    "ship_to": words(_l("Ship-to name"), "ship_to_name"),
    "quantity": count(_l("Total quantity"), "quantity"),
    "tracking": words(_l("Tracking numbers"), "tracking_numbers"),
    **_LAST,
}
CREDIT_MEMOS = {
    "number": words(_l("Credit memo"), "number"),
    "created": moment(_l("Created"), "created_at"),
    **_FIRST,
    "bill_to": words(_l("Bill-to name"), "bill_to_name"),
    "status": status(_l("Status"), "credit_memo_state", "memo_state"),
    "total": amount(_l("Refunded"), "total"),
    **_PARTS,
    "adjustment_refund": amount(_l("Adjustment refund"), "adjustment_refund"),
    "adjustment_fee": amount(_l("Adjustment fee"), "adjustment_fee"),
    **_LAST,
}
RETURNS = {
    "requested": moment(_l("Requested"), "requested_at"),
    "order": words(_l("Amazon order number"), "order_number"),
    "store": store(_l("Store")),
    "item": Heading(
        _l("Item"),
        (
            Field(_l("SKU"), lambda row, _store: row.sku),
            Field(_l("ASIN"), lambda row, _store: row.asin),
            Field(_l("Quantity"), lambda row, _store: row.quantity),
        ),
    ),
    "reason": words(_l("Reason"), "reason"),
    "label": words(_l("Label"), "label_type"),
    "tracking": words(_l("Tracking number"), "tracking_number"),
    "delivered": Heading(_l("Delivered"), (Field(_l("Delivered"), _format_delivery),)),
    "amazon_status": words(_l("Amazon status"), "status"),
    "state": status(_l("Status"), "return_state", "state"),
    "rma": words(_l("Amazon RMA"), "rma"),
    "resolution": words(_l("Resolution"), "resolution"),
}
CUSTOMERS = {
    "id": count(_l("ID"), "id"),
    "name": words(_l("Name"), "name"),
    "email": words(_l("E-mail"), "email"),
    "store": store(_l("Store")),
    "orders": count(_l("Orders"), "orders"),
    "last": moment(_l("Last order"), "last_at"),
    "since": moment(_l("Customer since"), "created_at"),
}
