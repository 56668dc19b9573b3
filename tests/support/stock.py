"""Assert that the stock ledger, the counters and the reservations of orders agree."""

from collections import Counter
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.factories import NOW
from webapp.domain.orders import state_machine as order_states
from webapp.domain.products.csv_import import Entry
from webapp.models.amazon_orders import AmazonOrder, AmazonOrderItem
from webapp.models.orders import Order, OrderItem
from webapp.models.products import Product, StockHold, StockMovement
from webapp.models.stores import Store
from webapp.services.products import products

NOT_YET = ("PENDING", "PENDING_AVAILABILITY")


def a_product(session: Session, sku: str = "SKU-1", quantity: int | None = 10, account_id: int = 1, **more) -> Product:
    """Create a product with so many units, counted two hours ago; None for one without managed stock."""
    entry = Entry(sku, title=f"Article {sku}", quantity=quantity, **more)
    return products.create(session, account_id, entry, now=NOW - timedelta(hours=2), actor="user:1")


def load_product(session: Session, sku: str = "SKU-1", account_id: int = 1) -> Product:
    session.expire_all()
    return session.scalars(select(Product).where(Product.sku == sku, Product.account_id == account_id)).one()


def stock_counters(session: Session, sku: str = "SKU-1") -> tuple[int, int, int]:
    """Return the stored (on hand, reserved, available)."""
    product = load_product(session, sku)
    return product.quantity, product.reserved, product.available


def load_ledger(session: Session, sku: str = "SKU-1") -> list[tuple[str, int, int]]:
    """Return (kind, quantity change, reserved change) of each movement, oldest first."""
    statement = select(StockMovement.kind, StockMovement.quantity_change, StockMovement.reserved_change).join(
        Product, Product.id == StockMovement.product_id
    )
    return [tuple(row) for row in session.execute(statement.where(Product.sku == sku).order_by(StockMovement.id))]


def check_no_drift(session: Session) -> None:
    """Assert that each product's ledger sums to its counters, step by step, and that its reserved units are what the
    orders owe."""
    session.expire_all()
    owed = _owed(session)
    for product in session.scalars(select(Product)):
        quantity = reserved = 0
        for row in session.scalars(
            select(StockMovement).where(StockMovement.product_id == product.id).order_by(StockMovement.id)
        ):
            quantity, reserved = quantity + row.quantity_change, reserved + row.reserved_change
            assert (row.quantity, row.reserved) == (quantity, reserved), (product.sku, row.id)
        assert (product.quantity, product.reserved) == (quantity, reserved), product.sku
        assert product.available == product.quantity - product.reserved
        holds = session.scalars(select(StockHold).where(StockHold.product_id == product.id)).all()
        assert sum(hold.reserved for hold in holds) == product.reserved, product.sku
        assert product.reserved == (owed[(product.account_id, product.sku)] if product.manage_stock else 0), product.sku


def _owed(session: Session) -> Counter[tuple[int, str]]:
    """Return the units owed to buyers by account and SKU, of stores that create unknown products."""
    owed: Counter[tuple[int, str]] = Counter()
    statement = select(AmazonOrder, AmazonOrderItem, Store).join(AmazonOrderItem).join(Store)
    order_items = {
        (order.amazon_order_id, item.order_item_id): item
        for order, item in session.execute(select(Order, OrderItem).join(OrderItem))
    }
    for amazon_order, item, store in session.execute(statement):
        line = order_items.get((amazon_order.id, item.order_item_id))
        if amazon_order.fulfilled_by != "MERCHANT":
            continue
        if line is not None:
            quantity = max(0, min(order_states.count_unshipped(line), item.quantity - line.shipped))
        else:
            quantity = item.quantity if amazon_order.status in NOT_YET and store.pending_orders == "reserve" else 0
        owed[(amazon_order.account_id, item.sku)] += quantity
    return owed
