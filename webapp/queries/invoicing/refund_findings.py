"""Differences between credit memos and Amazon's payments."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.models.amazon_orders import AmazonOrder
from webapp.models.documents import CreditMemo
from webapp.models.orders import Order
from webapp.models.refund_transactions import RefundFinding, RefundTransaction, UnreadableTransaction
from webapp.models.stores import Store
from webapp.queries.listing import search
from webapp.queries.listing.fetch import Column, Grid

# A row: `RefundFinding`, `number` (Amazon's) and `order` (ours), `memo` and `posted_at` where there are any.
GRID = Grid(
    select=select(
        RefundFinding,
        AmazonOrder.number.label("number"),
        Order.number.label("order"),
        CreditMemo.number.label("memo"),
        RefundTransaction.posted_at.label("posted_at"),
        RefundTransaction.request_id.label("request_id"),
        Store.name.label("store"),
        Store.marketplace_id.label("marketplace_id"),
    )
    .join(Order, Order.id == RefundFinding.order_id)
    .join(AmazonOrder, AmazonOrder.id == Order.amazon_order_id)
    .join(Store, Store.id == RefundFinding.store_id)
    .outerjoin(CreditMemo, CreditMemo.id == RefundFinding.credit_memo_id)
    .outerjoin(RefundTransaction, RefundTransaction.id == RefundFinding.refund_transaction_id),
    id=RefundFinding.id,
    columns=(
        Column("found", RefundFinding.found_at, descending=True),
        *map(Column, ("kind", "number", "expected", "amount", "posted", "state")),
    ),
    filters={
        "number": lambda text: search.number_contains(AmazonOrder.number, text),
        "kind": lambda kind: RefundFinding.kind == kind,
        "account": lambda account_id: RefundFinding.account_id == int(account_id),
        "unresolved": lambda _: RefundFinding.resolved_at.is_(None),
    },
    sort="-found",
)


def list_unresolved(session: Session, limit: int) -> Sequence[Any]:
    """List the unresolved findings, newest first, for the command line."""
    rows = GRID.select.where(RefundFinding.resolved_at.is_(None)).order_by(RefundFinding.id.desc())
    return session.execute(rows.limit(limit)).all()


def count_unreadable(session: Session) -> int:
    """Count the transactions in Amazon's payments that could not be parsed."""
    return session.scalar(select(func.count()).select_from(UnreadableTransaction)) or 0


def list_unreadable(session: Session, limit: int) -> Sequence[UnreadableTransaction]:
    """List the transactions that could not be parsed, newest first."""
    statement = select(UnreadableTransaction).order_by(UnreadableTransaction.first_seen_at.desc())
    return session.scalars(statement.limit(limit)).all()


def list_for_memo(session: Session, credit_memo_id: int) -> Sequence[RefundFinding]:
    """List the unresolved findings about a credit memo."""
    statement = select(RefundFinding).where(
        RefundFinding.credit_memo_id == credit_memo_id, RefundFinding.resolved_at.is_(None)
    )
    return session.scalars(statement.order_by(RefundFinding.id)).all()
