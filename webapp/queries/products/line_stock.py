"""What is known of the stock of an Order's lines."""

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
    """What is known of the stock of an Order's line: `reserved` by it, `available` beyond what all have reserved.

    Without `managed` the counts mean nothing.
    """

    product_id: int
    enabled: bool
    managed: bool
    quantity: int
    available: int
    reserved: int

    @property
    def short(self) -> bool:
        """Whether the line needs more than lies on the shelf."""
        return self.managed and self.reserved > max(0, self.quantity)

    @property
    def contested(self) -> bool:
        """Whether the shelf holds enough for the line, but not for all that is owed."""
        return self.managed and self.reserved > 0 and self.available < 0 and not self.short


class Line(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def sku(self) -> str | None: ...
    @property
    def order_item_id(self) -> str: ...


class ProductStockRow(NamedTuple):
    """A product, and what one line of an order has reserved of it; a row for each such line, or one without."""

    sku: str
    id: int
    enabled: bool
    manage_stock: bool
    quantity: int
    available: int
    order_item_id: str | None
    reserved: int | None


def load_for_order(session: Session, order: Order) -> dict[int, LineStock]:
    """The stock of an Order's lines, by their ids; those of no product, or that Amazon ships, are left out."""
    mirror = order.amazon_order
    skus = {item.sku for item in order.items if item.sku}
    if mirror.fulfilled_by != statuses.MERCHANT or not skus:
        return {}
    mine = _shelves(mirror.id, mirror.account_id).where(_products.c.sku.in_(skus))
    return group_by_line(order.items, [ProductStockRow(*row) for row in session.connection().execute(mine)])


def aggregate(orders: Table, mirrors: Table) -> JsonAggregate[ProductStockRow]:
    """What `of_lines` needs, beside the Orders and their mirrors."""
    lines = table_of(OrderItem)
    skus = select(lines.c.sku).where(lines.c.order_id == orders.c.id).correlate(orders)
    ours = mirrors.c.fulfilled_by == statuses.MERCHANT
    return JsonAggregate(
        ProductStockRow,
        _shelves(mirrors.c.id, mirrors.c.account_id).where(_products.c.sku.in_(skus), ours),
        orders,
        mirrors,
    )


def group_by_line(lines: Iterable[Line], shelves: Sequence[ProductStockRow]) -> dict[int, LineStock]:
    """By the lines' ids."""
    by_sku = {shelf.sku: shelf[1:6] for shelf in shelves}
    reserved = {shelf.order_item_id: shelf.reserved for shelf in shelves}
    return {
        line.id: LineStock(*by_sku[line.sku], reserved=reserved.get(line.order_item_id) or 0)
        for line in lines
        if line.sku in by_sku
    }


def _shelves(mirror_id: Any, account_id: Any) -> Select[*tuple[Any, ...]]:
    held = (_holds.c.product_id == _products.c.id) & (_holds.c.amazon_order_id == mirror_id)
    columns = [_products.c[name] for name in ProductStockRow._fields[:6]] + [_holds.c.order_item_id, _holds.c.reserved]
    held_by = _products.outerjoin(_holds, held)
    return select(*columns).select_from(held_by).where(_products.c.account_id == account_id)
