"""The columns of the lists of orders and of Amazon orders."""

from decimal import Decimal
from typing import Any

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.domain.common.money import Money
from webapp.exports import order_details
from webapp.exports.fields import (
    Field,
    Heading,
    address,
    amount,
    count,
    labels,
    moment,
    status,
    store,
    words,
)
from webapp.messages import text_for
from webapp.queries.orders.lines import Line, read_lines

ORDERS = {
    "id": words(_l("ID"), "number"),
    "amazon_number": words(_l("Amazon order number"), "amazon_number"),
    "store": store(_l("Store")),
    "purchased": moment(_l("Purchase date"), "purchased_at"),
    "items": Heading(_l("Items"), (Field(_l("Items"), lambda row, _store: _list_items(row.lines)),)),
    "bill_to": words(_l("Bill-to name"), "bill_to_name"),
    "ship_to": words(_l("Ship-to name"), "ship_to_name"),
    "total": amount(_l("Grand total"), "total"),
    "status": status(_l("Status"), "order_state", "state", own="status"),
    "ship_by": moment(_l("Ship by"), "ship_by"),
    "action": Heading(_l("Action")),
    "email": words(_l("E-mail"), "email"),
    "address": address(_l("Shipping address"), "shipping_address"),
    "customer": Heading(
        _l("Customer"),
        (Field(_l("Customer"), lambda row, _store: str(_l("Customer account") if row.customer_id else _l("Guest"))),),
    ),
    "subtotal": amount(_l("Subtotal"), "subtotal"),
    "shipping": amount(_l("Shipping & handling"), "shipping"),
    "tax": amount(_l("Tax"), "tax"),
    "discount": amount(_l("Discount"), "discount"),
    "paid": amount(_l("Total paid"), "total_invoiced"),
    "refunded": amount(_l("Total refunded"), "total_refunded"),
    "amazon_status": status(_l("Amazon status"), "amazon_status", "amazon_status"),
    "channel": status(_l("Channel"), "channel", "fulfilled_by"),
    "service": words(_l("Shipping service"), "service_level"),
    "hold_until": moment(_l("On hold until"), "hold_until"),
    "created": moment(_l("Imported"), "created_at"),
    "handling": labels(_l("Special handling"), "handling", "handling"),
    "details": order_details.heading(),
}


class LineOfOrder:
    """A row of the list of orders with one of its lines, for files with a row per item."""

    def __init__(self, row: Any, line: Line) -> None:
        self._row, self.line = row, line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)


def expand_lines(row: Any) -> list[LineOfOrder]:
    """Return a row for each line of an order."""
    return [LineOfOrder(row, line) for line in read_lines(row.lines)]


# The cells of a line, after those of its order.
LINE_FIELDS = (
    Field(_l("SKU"), lambda row, _store: row.line.sku),
    Field(_l("ASIN"), lambda row, _store: row.line.asin),
    Field(_l("Title"), lambda row, _store: row.line.title),
    Field(_l("Quantity"), lambda row, _store: row.line.quantity),
    Field(_l("Quantity shipped"), lambda row, _store: row.line.shipped),
    Field(
        _l("Item total"),
        lambda row, _store: Decimal(Money(row.line.total, row.currency).amount),
        amount=True,
    ),
)


def _list_items(lines: str | None) -> str:
    return ", ".join(f"{line.name} × {line.quantity}" for line in read_lines(lines))


AMAZON_ORDERS = {
    "purchased": moment(_l("Purchase date"), "purchased_at"),
    "number": words(_l("Order number"), "number"),
    "store": store(_l("Store")),
    "status": status(_l("Status"), "amazon_status", "status"),
    "buyer": words(_l("Buyer's name"), "buyer_name"),
    "items": count(_l("Items"), "quantity"),
    "ship_by": moment(_l("Ship by"), "ship_by"),
    "total": amount(_l("Total"), "total"),
    "channel": status(_l("Channel"), "channel", "fulfilled_by"),
    "note": Heading(
        _l("Order notes"),
        (Field(_l("Order notes"), lambda row, _store: text_for(row.note, row.note_args) if row.note else None),),
    ),
    "handling": labels(_l("Special handling"), "handling", "handling"),
    "deliver_by": moment(_l("Deliver by"), "deliver_by"),
    "details": order_details.heading(),
}
