"""Order data that affects stock: lines, their reservations, and returns."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from webapp.db.any_of import any_of
from webapp.domain.amazon import statuses as status
from webapp.domain.invoicing import amazon_refunds
from webapp.models.amazon_orders import AmazonOrder, AmazonOrderItem
from webapp.models.documents import CreditMemo, CreditMemoItem
from webapp.models.orders import Order, OrderItem
from webapp.models.products import Product, StockHold
from webapp.models.stores import Store

_HOLDS = select(
    *(StockHold.id, StockHold.product_id, StockHold.amazon_order_id, StockHold.order_item_id, StockHold.steps),
    *(StockHold.reserved, StockHold.deducted, StockHold.returned, StockHold.skipped),
).where(any_of(StockHold.amazon_order_id, "ids"))
_LINE = (OrderItem.order_id == Order.id) & (OrderItem.order_item_id == AmazonOrderItem.order_item_id)
_PRODUCT = (Product.account_id == AmazonOrder.account_id) & (Product.sku == AmazonOrderItem.sku)
_STOCKED = Product.manage_stock & (AmazonOrder.fulfilled_by == status.MERCHANT)
_LINES = (
    select(
        AmazonOrder.id,
        AmazonOrder.status,
        AmazonOrder.fulfilled_by,
        AmazonOrder.purchased_at,
        AmazonOrder.blocked,
        AmazonOrder.reserved,
        AmazonOrderItem.order_item_id,
        AmazonOrderItem.quantity,
        Store.import_orders,
        Store.pending_orders,
        Store.unready_products,
        Store.orders_from,
        Product.id.label("product_id"),
        OrderItem.id.label("line_id"),
        OrderItem.ordered,
        OrderItem.invoiced,
        OrderItem.shipped,
        OrderItem.refunded,
        OrderItem.canceled,
    )
    .join(Store, Store.id == AmazonOrder.store_id)
    .join(AmazonOrderItem, AmazonOrderItem.amazon_order_id == AmazonOrder.id)
    .join(Product, _PRODUCT)
    .outerjoin(Order, Order.amazon_order_id == AmazonOrder.id)
    .outerjoin(OrderItem, _LINE)
    .where(any_of(AmazonOrder.id, "ids"))
    .order_by(AmazonOrder.purchased_at, AmazonOrder.id, AmazonOrderItem.id)
)
_LINES_OF_STOCK = _LINES.where(_STOCKED)
_LINES_OF_STOCK_OR_HELD = _LINES.where(or_(_STOCKED, any_of(AmazonOrder.id, "held")))


def load_holds(session: Session, ids: Sequence[int]) -> dict[tuple[int, str], Any]:
    """Load the stock holds of these Amazon orders, by (Amazon order id, Amazon's id of the line)."""
    rows = session.connection().execute(_HOLDS, {"ids": ids})
    return {(row.amazon_order_id, row.order_item_id): row for row in rows}


def load_lines(session: Session, ids: Sequence[int], held: Collection[int]) -> Sequence[Any]:
    """Load the lines of products with managed stock, and of the orders in `held`; the oldest purchase first."""
    if held:
        return session.connection().execute(_LINES_OF_STOCK_OR_HELD, {"ids": ids, "held": list(held)}).all()
    return session.connection().execute(_LINES_OF_STOCK, {"ids": ids}).all()


def load_returns(session: Session, line_ids: Sequence[int]) -> dict[int, list[tuple[datetime, int]]]:
    """Load (time, units) of returns to stock by the id of the order's line, of refunds that were made."""
    returns_by_line: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    if line_ids:
        returns = (
            select(CreditMemoItem.order_item_id, CreditMemo.created_at, CreditMemoItem.quantity)
            .join(CreditMemo, CreditMemo.id == CreditMemoItem.credit_memo_id)
            .where(CreditMemoItem.order_item_id.in_(line_ids), CreditMemoItem.return_to_stock)
            .where(CreditMemo.state.in_(amazon_refunds.GIVEN))
        )
        for line_id, at, units in session.execute(returns):
            returns_by_line[line_id].append((at, units))
    return returns_by_line
