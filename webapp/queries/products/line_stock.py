"""The stock of an order's lines."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Select, Table, select
from sqlalchemy.orm import Session

from webapp.db.json_aggregate import JsonAggregate, table_of
from webapp.domain.amazon import statuses
from webapp.models.orders import Order, OrderItem
from webapp.models.products import Product, StockHold

_products, _holds = table_of(Product), table_of(StockHold)


class LineStock(NamedTuple):
    """The stock of a line: `reserved` for it, `available` beyond all reservations.

    Without `managed` the counts have no meaning.
    """

    product_id: int
    enabled: bool
    managed: bool
    quantity: int
    available: int
    reserved: int

    @property
    def is_short(self) -> bool:
        """Return whether the line needs more than is in stock."""
        return self.managed and self.reserved > max(0, self.quantity)

    @property
    def is_contested(self) -> bool:
        """Return whether stock is enough for the line, but not for all reservations."""
        return self.managed and self.reserved > 0 and self.available < 0 and not self.is_short


class StockLine(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def sku(self) -> str | None: ...
    @property
    def order_item_id(self) -> str: ...


class ProductStockRow(NamedTuple):
    """A product, and the quantity reserved of it by one line of the order, if any."""

    sku: str
    id: int
    enabled: bool
    manage_stock: bool
    quantity: int
    available: int
    order_item_id: str | None
    reserved: int | None


def load_for_order(session: Session, order: Order) -> dict[int, LineStock]:
    """Load the stock of an order's lines by their ids. Leaves out lines without a product, or that Amazon ships."""
    amazon_order = order.amazon_order
    skus = {item.sku for item in order.items if item.sku}
    if amazon_order.fulfilled_by != statuses.MERCHANT or not skus:
        return {}
    products = _select_products(amazon_order.id, amazon_order.account_id).where(_products.c.sku.in_(skus))
    return group_by_line(order.items, [ProductStockRow(*row) for row in session.connection().execute(products)])


def build_aggregate(orders: Table, amazon_orders: Table) -> JsonAggregate[ProductStockRow]:
    """Aggregate the rows for `group_by_line` in a statement of orders and their Amazon orders."""
    lines = table_of(OrderItem)
    skus = select(lines.c.sku).where(lines.c.order_id == orders.c.id).correlate(orders)
    ours = amazon_orders.c.fulfilled_by == statuses.MERCHANT
    return JsonAggregate(
        ProductStockRow,
        _select_products(amazon_orders.c.id, amazon_orders.c.account_id).where(_products.c.sku.in_(skus), ours),
        orders,
        amazon_orders,
    )


def group_by_line(lines: Iterable[StockLine], rows: Sequence[ProductStockRow]) -> dict[int, LineStock]:
    """Group rows by the ids of the lines."""
    by_sku = {row.sku: row[1:6] for row in rows}
    reserved = {row.order_item_id: row.reserved for row in rows}
    return {
        line.id: LineStock(*by_sku[line.sku], reserved=reserved.get(line.order_item_id) or 0)
        for line in lines
        if line.sku in by_sku
    }


def _select_products(amazon_order_id: Any, account_id: Any) -> Select[*tuple[Any, ...]]:
    held = (_holds.c.product_id == _products.c.id) & (_holds.c.amazon_order_id == amazon_order_id)
    columns = [_products.c[name] for name in ProductStockRow._fields[:6]] + [_holds.c.order_item_id, _holds.c.reserved]
    held_by = _products.outerjoin(_holds, held)
    return select(*columns).select_from(held_by).where(_products.c.account_id == account_id)
