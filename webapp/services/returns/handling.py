"""What people do about a return: refund it, put its units back to stock, or close it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.errors import RefusedError, require
from webapp.domain.products import stock
from webapp.domain.returns import states
from webapp.models.documents import CreditMemo
from webapp.models.orders import Order
from webapp.models.products import Product
from webapp.models.returns import OrderReturn
from webapp.models.stores import Store
from webapp.services import audit_log
from webapp.services.accounts import locking
from webapp.services.products import stock_ledger


def find_product(session: Session, row: OrderReturn) -> Product | None:
    """Return the product whose stock the units go back to, or None where stock is not managed."""
    account_id = select(Store.account_id).where(Store.id == row.store_id).scalar_subquery()
    return session.scalar(
        select(Product).where(Product.account_id == account_id, Product.sku == row.sku, Product.manage_stock)
    )


def restock(session: Session, return_id: int, *, now: datetime, actor: str) -> OrderReturn:
    """Add the returned units to the stock of their product, once. Commits. Raises NotFoundError and RefusedError."""
    row = _lock(session, return_id)
    if row.restocked_at is not None:
        raise RefusedError("return_restocked")
    product = find_product(session, row)
    if product is None:
        raise RefusedError("return_without_stock", sku=row.sku or row.asin)
    row.restocked_at = now
    movement = stock.StockDelta(stock.RETURN, pieces=row.quantity)
    stock_ledger.record_movements(session, {product.id: [movement]}, now=now, actor=actor)
    _record(session, "return_restocked_event", row, now=now, actor=actor)
    session.commit()
    return row


def close(session: Session, return_id: int, *, now: datetime, actor: str) -> OrderReturn:
    """Close a return that needs nothing more. Commits. Raises NotFoundError, and RefusedError unless it is open."""
    row = _lock(session, return_id)
    if row.state != states.OPEN:
        raise RefusedError("return_not_open")
    row.state = states.CLOSED
    _record(session, "return_closed", row, now=now, actor=actor)
    session.commit()
    return row


def reopen(session: Session, return_id: int, *, now: datetime, actor: str) -> OrderReturn:
    """Open a closed return again. Commits. Raises NotFoundError, and RefusedError unless it is closed."""
    row = _lock(session, return_id)
    if row.state != states.CLOSED:
        raise RefusedError("return_not_closed")
    row.state = states.OPEN
    _record(session, "return_reopened", row, now=now, actor=actor)
    session.commit()
    return row


def mark_refunded(session: Session, return_id: int, memo: CreditMemo, *, is_restocked: bool, now: datetime) -> None:
    """Note the credit memo that was created from a return of the same order. Commits. Raises NotFoundError."""
    row = _lock(session, return_id)
    order = session.get_one(Order, memo.order_id)
    if order.amazon_order_id == row.amazon_order_id:
        row.credit_memo_id, row.state = memo.id, states.REFUNDED
        if is_restocked:
            row.restocked_at = row.restocked_at or now
    session.commit()


def _lock(session: Session, return_id: int) -> OrderReturn:
    row = require(session.get(OrderReturn, return_id), "return_unknown", name=return_id)
    account_id = session.scalars(select(Store.account_id).where(Store.id == row.store_id)).one()
    # Stock changes under this lock, too.
    locking.lock_orders(session, account_id)
    session.refresh(row)
    return row


def _record(session: Session, kind: str, row: OrderReturn, *, now: datetime, actor: str) -> None:
    order = session.scalar(select(Order).where(Order.amazon_order_id == row.amazon_order_id))
    if order is not None:
        args = {"quantity": row.quantity, "item": row.sku or row.asin}
        audit_log.record_on_order(session, kind, order, now=now, actor=actor, **args)
