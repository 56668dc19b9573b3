"""Store the transactions of orders that Amazon's payments show."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.invoicing import transactions as domain
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.order_transactions import OrderTransaction
from webapp.services.accounts import locking
from webapp.services.submissions import vat_invoices


def store(session: Session, account_id: int, transactions: Sequence[domain.OrderTransaction], now: datetime) -> None:
    """Store transactions, or their latest state. Queues the uploads of invoices that waited for one. Commits."""
    ids = [transaction.transaction_id for transaction in transactions]
    stored = select(OrderTransaction).where(
        OrderTransaction.account_id == account_id, OrderTransaction.transaction_id.in_(ids)
    )
    rows = {row.transaction_id: row for row in session.scalars(stored)}
    shipped_numbers = set()
    for transaction in transactions:
        row = rows.get(transaction.transaction_id)
        if row is None:
            row = rows[transaction.transaction_id] = OrderTransaction(
                account_id=account_id,
                transaction_id=transaction.transaction_id,
                number=transaction.number,
                posted_at=transaction.posted_at,
            )
            session.add(row)
            if transaction.kind == domain.SHIPMENT:
                shipped_numbers.add(transaction.number)
        row.kind, row.description, row.status = transaction.kind, transaction.description, transaction.status
        row.shipment_id, row.currency, row.read_at = transaction.shipment_id, transaction.total.currency, now
        row.charges, row.tax, row.fees = transaction.charges.minor, transaction.tax.minor, transaction.fees.minor
        row.other, row.total = transaction.other.minor, transaction.total.minor
    session.commit()
    _queue_uploads(session, account_id, shipped_numbers, now)


def _queue_uploads(session: Session, account_id: int, numbers: set[str], now: datetime) -> None:
    """Queue the automatic uploads of orders whose shipments have become known. Commits."""
    orders = select(AmazonOrder.id).where(AmazonOrder.account_id == account_id, AmazonOrder.number.in_(numbers))
    order_ids = session.scalars(orders).all() if numbers else []
    if order_ids:
        locking.lock_orders(session, account_id)
        vat_invoices.queue_due(session, order_ids, now=now, actor="amazon")
    session.commit()
