"""Decide which Amazon orders get an order, store the block reason of the others, and retry blocked ones."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from webapp.domain.products.stock import CAUSES, BlockReason
from webapp.domain.sync import import_rules
from webapp.domain.sync.import_rules import ImportDecision
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.stores import Store
from webapp.services.accounts import locking
from webapp.services.listing import search_indexer
from webapp.services.orders import creation as order_creation
from webapp.services.products import availability_check, stock_ledger
from webapp.services.sync.importing import upsert as amazon_order_upsert


def decide(
    session: Session, account_id: int, candidates: Sequence[order_creation.OrderToCreate], *, now: datetime
) -> tuple[list[order_creation.OrderToCreate], dict[int, ImportDecision]]:
    """Return the candidates whose order can be created, and all decisions by Amazon order id. Does not commit."""
    settings = {store: store_settings(store) for store in {store for _, _, store in candidates}}
    decisions = {id_: import_rules.decide(order, settings[store]) for id_, order, store in candidates}
    allowed = [candidate for candidate in candidates if decisions[candidate[0]].what == import_rules.CREATE]
    due, block_reasons = availability_check.filter_ready(session, account_id, allowed, now=now)
    return due, decisions | {id_: to_decision(reason) for id_, reason in block_reasons.items()}


def get_status_columns(decision: ImportDecision) -> dict[str, Any]:
    """Return the columns that say why the Amazon order has no order yet."""
    if decision.cause is None:
        return {"blocked": None, "note": None, "note_args": {}}
    args = {"cause": decision.cause} | ({} if decision.sku is None else {"sku": decision.sku})
    return {"blocked": decision.cause, "note": "note_blocked", "note_args": args}


def store_settings(store: Store) -> import_rules.StoreSettings:
    """Return the settings of the store that decide about its orders."""
    return import_rules.StoreSettings(
        active=store.active,
        import_orders=store.import_orders,
        orders_from=store.orders_from,
    )


def retry_blocked(session: Session, account_id: int, *, now: datetime, actor: str, limit: int = 500) -> int:
    """Create the orders that were blocked and no longer are. Returns how many. Does not commit."""
    locking.lock_orders(session, account_id)
    blocked = select(AmazonOrder).where(AmazonOrder.account_id == account_id, AmazonOrder.blocked.is_not(None))
    # Those blocked by a product come last: they are retried when the product changes, and there may be many.
    is_blocked_by_product = AmazonOrder.blocked.in_(CAUSES)
    first = blocked.order_by(is_blocked_by_product, AmazonOrder.purchased_at, AmazonOrder.id).limit(limit)
    amazon_orders = session.scalars(
        first.options(selectinload(AmazonOrder.items), selectinload(AmazonOrder.incomplete))
    ).all()
    return retry(session, amazon_orders, now=now, actor=actor)


def retry(session: Session, amazon_orders: Sequence[AmazonOrder], *, now: datetime, actor: str) -> int:
    """Decide again about Amazon orders of one account. Returns how many orders were created. Does not commit."""
    if not amazon_orders:
        return 0
    candidates = [(row.id, amazon_order_upsert.to_domain(row), row.store) for row in amazon_orders]
    due, decisions = decide(session, amazon_orders[0].account_id, candidates, now=now)
    for row in amazon_orders:
        if row.blocked != decisions[row.id].cause:
            set_block_reason(row, decisions[row.id])
    return len(create_orders(session, due, now=now, actor=actor))


def create_orders(
    session: Session, due: Sequence[order_creation.OrderToCreate], *, now: datetime, actor: str
) -> dict[int, str]:
    """Create the orders and update stock. Returns their numbers by Amazon order id. Does not commit."""
    numbers = order_creation.allocate_numbers(session, due)
    order_creation.create_many(session, due, numbers, now=now, actor=actor)
    order_creation.set_created_notes(session, numbers)
    search_indexer.mark_dirty(session, *numbers)
    stock_ledger.reconcile(session, [id_ for id_, _, _ in due], now=now, actor=actor)
    return numbers


def to_decision(reason: BlockReason) -> ImportDecision:
    return ImportDecision(import_rules.BLOCK, reason.cause, reason.sku)


def set_block_reason(row: AmazonOrder, decision: ImportDecision) -> None:
    """Store on the Amazon order why it has no order, or that it is not blocked."""
    for name, value in get_status_columns(decision).items():
        setattr(row, name, value)
