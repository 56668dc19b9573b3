"""Check the products of new orders by SKU: create missing ones if the store says so, or block the order."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from webapp.db.any_of import any_of
from webapp.db.bulk_write import insert_many
from webapp.domain.amazon import statuses as status
from webapp.domain.amazon.types import AmazonItem, AmazonOrder
from webapp.domain.products import csv_import as product_csv
from webapp.domain.products import stock
from webapp.models.amazon_orders import AmazonOrderItem
from webapp.models.audit_log import Event
from webapp.models.products import Product, StockHold
from webapp.services.orders import creation as order_creation

_SELECT_STOCK = select(Product.sku, Product.enabled, Product.manage_stock, Product.available).where(
    Product.account_id == bindparam("account_id"), any_of(Product.sku, "skus")
)


def filter_ready(
    session: Session, account_id: int, orders: Sequence[order_creation.OrderToCreate], *, now: datetime
) -> tuple[list[order_creation.OrderToCreate], dict[int, stock.BlockReason]]:
    """Return the orders that may be created, and the block reasons of the others by Amazon order id. Does not commit.

    If the store creates missing products, an unknown SKU becomes a flagged product without stock management. Earlier
    purchases get the stock first.
    """
    if not orders:
        return [], {}
    stock_by_sku = _load_stock(
        session, account_id, {item.sku for _, order, _ in orders for item in order.items if item.sku}
    )
    blocking = [amazon_order_id for amazon_order_id, _, store in orders if store.unready_products == stock.BLOCK]
    own_reserved = _load_reserved(session, blocking)
    blocked: dict[int, stock.BlockReason] = {}
    # If no store blocks orders, the remaining stock does not matter.
    for amazon_order_id, order, store in sorted(
        orders if blocking else (), key=lambda entry: (entry[1].purchased_at, entry[0])
    ):
        required, already_reserved = _sum_required_quantities(order), own_reserved.get(amazon_order_id, Counter())
        reason = (
            stock.find_block_reason(required, already_reserved, stock_by_sku)
            if store.unready_products == stock.BLOCK
            else None
        )
        if reason is not None:
            blocked[amazon_order_id] = reason
        else:
            stock.take(required, already_reserved, stock_by_sku)
    ready = [entry for entry in orders if entry[0] not in blocked]
    _create_and_flag(session, account_id, ready, stock_by_sku, now)
    return ready, blocked


def create_missing(
    session: Session, account_id: int, orders: Sequence[order_creation.OrderToCreate], *, now: datetime
) -> None:
    """Create the missing products of orders that are not to be created yet, if the store says so."""
    unknown = {item.sku for _, order, _ in orders for item in order.items if item.sku}
    if unknown:
        _create_and_flag(session, account_id, orders, _load_stock(session, account_id, unknown), now)


def _load_stock(session: Session, account_id: int, skus: set[str]) -> dict[str, stock.AvailableStock]:
    rows = session.execute(_SELECT_STOCK, {"account_id": account_id, "skus": list(skus)})
    return {sku: stock.AvailableStock(enabled, managed, free) for sku, enabled, managed, free in rows}


def _load_reserved(session: Session, amazon_order_ids: Sequence[int]) -> dict[int, Counter[str]]:
    """Return {Amazon order id: {SKU: reserved quantity}}."""
    reserved: dict[int, Counter[str]] = {}
    if amazon_order_ids:
        line = (AmazonOrderItem.amazon_order_id == StockHold.amazon_order_id) & (
            AmazonOrderItem.order_item_id == StockHold.order_item_id
        )
        statement = select(StockHold.amazon_order_id, AmazonOrderItem.sku, StockHold.reserved).join(
            AmazonOrderItem, line
        )
        for amazon_order_id, sku, quantity in session.execute(
            statement.where(StockHold.amazon_order_id.in_(amazon_order_ids))
        ):
            reserved.setdefault(amazon_order_id, Counter())[sku or ""] += quantity
    return reserved


def _sum_required_quantities(order: AmazonOrder) -> Counter[str]:
    """Return the quantities the merchant still has to ship, by SKU; lines without a SKU have the key ""."""
    required: Counter[str] = Counter()
    for item in order.items:
        if item.quantity:
            is_sent_by_merchant = order.fulfilled_by == status.MERCHANT
            required[item.sku or ""] += max(0, item.quantity - item.quantity_shipped) if is_sent_by_merchant else 0
    return required


def _create_and_flag(
    session: Session,
    account_id: int,
    orders: Sequence[order_creation.OrderToCreate],
    stock_by_sku: dict[str, stock.AvailableStock],
    now: datetime,
) -> None:
    """Create missing products, and flag disabled products that were sold."""
    unknown: dict[str, AmazonItem] = {}
    disabled: set[str] = set()
    for _, order, store in orders:
        for item in order.items if store.unready_products == stock.CREATE else ():
            if item.sku and item.sku not in stock_by_sku:
                unknown.setdefault(item.sku, item)
            elif item.sku and not stock_by_sku[item.sku].enabled:
                disabled.add(item.sku)
    if unknown:
        insert_many(session, Product, [_build_product_row(account_id, sku, item, now) for sku, item in unknown.items()])
        columns = {"at": now, "actor": "amazon", "kind": "product_found", "account_id": account_id}
        insert_many(session, Event, [columns | {"args": {"sku": sku}} for sku in unknown])
    if disabled:
        criteria = (Product.account_id == account_id, Product.sku.in_(disabled), Product.flag == "")
        session.execute(
            update(Product).where(*criteria).values(flag=product_csv.SOLD_DISABLED),
            execution_options={"synchronize_session": False},
        )


def _build_product_row(account_id: int, sku: str, item: AmazonItem, now: datetime) -> dict[str, object]:
    return {
        "account_id": account_id,
        "sku": sku,
        "title": item.title or "",
        "asin": item.asin or "",
        "flag": product_csv.FOUND,
        "created_at": now,
        "changed_at": now,
    }
