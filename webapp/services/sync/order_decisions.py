"""Which mirrors become Orders, and what is written on the others; and trying again with those that had to wait."""

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
from webapp.services.accounts import accounts
from webapp.services.listing import search_indexer
from webapp.services.orders import creation as order_creation
from webapp.services.products import availability_check, stock_ledger
from webapp.services.sync import upsert as amazon_order_upsert


def decide(
    session: Session, account_id: int, asked: Sequence[order_creation.Due], *, now: datetime
) -> tuple[list[order_creation.Due], dict[int, ImportDecision]]:
    """Those of which Orders may be made, and the verdict on each by the id of its mirror. Does not commit."""
    settings = {store: store_settings(store) for store in {store for _, _, store in asked}}
    verdicts = {id_: import_rules.decide(order, settings[store]) for id_, order, store in asked}
    wanting = [one for one in asked if verdicts[one[0]].what == import_rules.CREATE]
    due, hindered = availability_check.filter_ready(session, account_id, wanting, now=now)
    return due, verdicts | {id_: blocked_by(found) for id_, found in hindered.items()}


def status_columns(verdict: ImportDecision) -> dict[str, Any]:
    """The columns that say why there is no Order yet."""
    if verdict.cause is None:
        return {"blocked": None, "note": None, "note_args": {}}
    args = {"cause": verdict.cause} | ({} if verdict.sku is None else {"sku": verdict.sku})
    return {"blocked": verdict.cause, "note": "note_blocked", "note_args": args}


def store_settings(store: Store) -> import_rules.StoreSettings:
    return import_rules.StoreSettings(
        active=store.active,
        import_orders=store.import_orders,
        orders_from=store.orders_from,
    )


def retry_blocked(session: Session, account_id: int, *, now: datetime, actor: str, most: int = 500) -> int:
    """Try again to make the Orders that could not be made; answers how many were. Does not commit."""
    accounts.lock_orders(session, account_id)
    blocked = select(AmazonOrder).where(AmazonOrder.account_id == account_id, AmazonOrder.blocked.is_not(None))
    # Those that wait for a product are retried when it is put right; many of them must not keep the others waiting.
    wait_for_product = AmazonOrder.blocked.in_(CAUSES)
    first = blocked.order_by(wait_for_product, AmazonOrder.purchased_at, AmazonOrder.id).limit(most)
    waiting = session.scalars(
        first.options(selectinload(AmazonOrder.items), selectinload(AmazonOrder.incomplete))
    ).all()
    return retry(session, waiting, now=now, actor=actor)


def retry(session: Session, waiting: Sequence[AmazonOrder], *, now: datetime, actor: str) -> int:
    """Decide again about mirrors of one account without an Order; answers how many were made. Does not commit."""
    if not waiting:
        return 0
    asked = [(known.id, amazon_order_upsert.to_domain(known), known.store) for known in waiting]
    due, verdicts = decide(session, waiting[0].account_id, asked, now=now)
    for known in waiting:
        if known.blocked != verdicts[known.id].cause:
            block(known, verdicts[known.id])
    return len(create_orders(session, due, now=now, actor=actor))


def create_orders(session: Session, due: Sequence[order_creation.Due], *, now: datetime, actor: str) -> dict[int, str]:
    """Make the Orders of these, and let stock follow; answers their numbers by their mirrors' ids. Does not commit."""
    numbers = order_creation.take_numbers(session, due)
    order_creation.create_many(session, due, numbers, now=now, actor=actor)
    order_creation.note(session, numbers)
    search_indexer.mark_dirty(session, *numbers)
    stock_ledger.reconcile(session, [id_ for id_, _, _ in due], now=now, actor=actor)
    return numbers


def blocked_by(found: BlockReason) -> ImportDecision:
    return ImportDecision(import_rules.BLOCK, found.cause, found.sku)


def block(known: AmazonOrder, verdict: ImportDecision) -> None:
    """Say on the mirror why there is no Order of it, or that nothing is in its way."""
    for name, value in status_columns(verdict).items():
        setattr(known, name, value)
