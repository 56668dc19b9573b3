"""The lines of each row of the list of orders, read in its query."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, select

from webapp.db.json_aggregate import JsonAggregate, table_of
from webapp.models.orders import Order, OrderItem


class Line(NamedTuple):
    id: int
    sku: str | None
    asin: str | None
    title: str | None
    ordered: int
    canceled: int
    shipped: int
    price: int
    total: int

    @property
    def name(self) -> str:
        """Return its SKU, or what Amazon gave instead."""
        return self.sku or self.asin or self.title or ""

    @property
    def quantity(self) -> int:
        """Return the units that were not cancelled; the ordered ones of a line that was cancelled as a whole."""
        return self.ordered - self.canceled or self.ordered


_items = table_of(OrderItem)
LINES = JsonAggregate(
    Line,
    select(*(_items.c[name] for name in Line._fields)).where(_items.c.order_id == Order.id),
    table_of(Order),
)


def read_lines(value: str | None) -> list[Line]:
    """Return the lines that the column `lines` of a row has, in the order of Amazon's lines."""
    return sorted(LINES.read(value))


def has_sku(sku: str) -> ColumnElement[bool]:
    """Match orders with a line of this SKU, typed as it is or in lower case."""
    return Order.id.in_(select(OrderItem.order_id).where(OrderItem.sku.in_(sorted({sku, sku.upper()}))))
