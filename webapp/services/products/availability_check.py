"""Whether the products of an order let it be made: found by SKU, made and flagged where the store says so, or the cause
why the order has to wait."""

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

_SHELVES = select(Product.sku, Product.enabled, Product.manage_stock, Product.available).where(
    Product.account_id == bindparam("account_id"), any_of(Product.sku, "skus")
)


def filter_ready(
    session: Session, account_id: int, due: Sequence[order_creation.Due], *, now: datetime
) -> tuple[list[order_creation.Due], dict[int, stock.BlockReason]]:
    """Those whose Orders may be made, and what hinders the others, by id of their Amazon orders. Does not commit.

    Where a store creates what it does not know, an unknown SKU becomes a product that is flagged and whose stock is
    not managed. The first buyer is served first.
    """
    if not due:
        return [], {}
    shelves = _shelves(session, account_id, {item.sku for _, order, _ in due for item in order.items if item.sku})
    blocking = [mirror_id for mirror_id, _, store in due if store.unready_products == stock.BLOCK]
    own = _own(session, blocking)
    hindered: dict[int, stock.BlockReason] = {}
    # Where no store lets an order wait for its products, nobody asks how many are left for the next.
    for mirror_id, order, store in sorted(due if blocking else (), key=lambda one: (one[1].purchased_at, one[0])):
        needs, mine = _needs(order), own.get(mirror_id, Counter())
        found = stock.blocking_reason(needs, mine, shelves) if store.unready_products == stock.BLOCK else None
        if found is not None:
            hindered[mirror_id] = found
        else:
            stock.take(needs, mine, shelves)
    admitted = [one for one in due if one[0] not in hindered]
    _flag(session, account_id, admitted, shelves, now)
    return admitted, hindered


def create_missing(session: Session, account_id: int, waiting: Sequence[order_creation.Due], *, now: datetime) -> None:
    """Let the unknown SKUs of orders that are not due yet become products, where the store creates them."""
    unknown = {item.sku for _, order, _ in waiting for item in order.items if item.sku}
    if unknown:
        _flag(session, account_id, waiting, _shelves(session, account_id, unknown), now)


def _shelves(session: Session, account_id: int, skus: set[str]) -> dict[str, stock.AvailableStock]:
    found = session.execute(_SHELVES, {"account_id": account_id, "skus": list(skus)})
    return {sku: stock.AvailableStock(enabled, managed, free) for sku, enabled, managed, free in found}


def _own(session: Session, mirror_ids: Sequence[int]) -> dict[int, Counter[str]]:
    """What these orders have reserved already, by SKU."""
    found: dict[int, Counter[str]] = {}
    if mirror_ids:
        line = (AmazonOrderItem.amazon_order_id == StockHold.amazon_order_id) & (
            AmazonOrderItem.order_item_id == StockHold.order_item_id
        )
        held = select(StockHold.amazon_order_id, AmazonOrderItem.sku, StockHold.reserved).join(AmazonOrderItem, line)
        for mirror_id, sku, pieces in session.execute(held.where(StockHold.amazon_order_id.in_(mirror_ids))):
            found.setdefault(mirror_id, Counter())[sku or ""] += pieces
    return found


def _needs(order: AmazonOrder) -> Counter[str]:
    """Pieces the merchant still has to send, by SKU; a line without one cannot be a product that is known."""
    needs: Counter[str] = Counter()
    for item in order.items:
        if item.quantity:
            sent_here = order.fulfilled_by == status.MERCHANT
            needs[item.sku or ""] += max(0, item.quantity - item.quantity_shipped) if sent_here else 0
    return needs


def _flag(
    session: Session,
    account_id: int,
    waiting: Sequence[order_creation.Due],
    shelves: dict[str, stock.AvailableStock],
    now: datetime,
) -> None:
    """Make products of what is unknown, and flag what is sold although it is disabled."""
    unknown: dict[str, AmazonItem] = {}
    disabled: set[str] = set()
    for _, order, store in waiting:
        for item in order.items if store.unready_products == stock.CREATE else ():
            if item.sku and item.sku not in shelves:
                unknown.setdefault(item.sku, item)
            elif item.sku and not shelves[item.sku].enabled:
                disabled.add(item.sku)
    if unknown:
        insert_many(session, Product, [_product(account_id, sku, item, now) for sku, item in unknown.items()])
        about = {"at": now, "actor": "amazon", "kind": "product_found", "account_id": account_id}
        insert_many(session, Event, [about | {"args": {"sku": sku}} for sku in unknown])
    if disabled:
        mine = (Product.account_id == account_id, Product.sku.in_(disabled), Product.flag == "")
        session.execute(
            update(Product).where(*mine).values(flag=product_csv.SOLD_DISABLED),
            execution_options={"synchronize_session": False},
        )


def _product(account_id: int, sku: str, item: AmazonItem, now: datetime) -> dict[str, object]:
    return {
        "account_id": account_id,
        "sku": sku,
        "title": item.title or "",
        "asin": item.asin or "",
        "flag": product_csv.FOUND,
        "created_at": now,
        "changed_at": now,
    }
