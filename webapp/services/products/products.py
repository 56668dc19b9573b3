"""Create, update, count and review products.

All changes go through `_write`, whether by form, file or command line: open orders reserve what they need, and orders
that were blocked by the product are created at once.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, selectinload

from webapp.db.bulk_write import insert_many
from webapp.domain.common.batches import batched
from webapp.domain.errors import InvalidError, RefusedError
from webapp.domain.products import csv_import as product_csv
from webapp.domain.products.csv_import import Entry
from webapp.domain.products.stock import (
    CAUSES,
    IMPORTED,
    SET,
    StockDelta,
)
from webapp.models.amazon_orders import AmazonOrder, AmazonOrderItem
from webapp.models.products import Product
from webapp.services import audit_log
from webapp.services.accounts import accounts, locking
from webapp.services.products import stock_ledger
from webapp.services.sync.importing import order_decisions

_BATCH_SIZE = 500
# Blocked orders that are created at once; a sync creates the rest.
_MAX_RETRIED = 500


def create(session: Session, account_id: int, entry: Entry, *, now: datetime, actor: str) -> Product:
    """Create a product. Commits. Raises InvalidError, for example if the SKU exists already."""
    entry = product_csv.check(entry)
    _lock(session, account_id)
    if session.scalar(_select_ids(account_id, [entry.sku])) is not None:
        session.rollback()
        raise InvalidError("product_there", field="sku", sku=entry.sku)
    _write(session, account_id, [entry], SET, now, actor)
    session.commit()
    return session.scalars(select(Product).where(Product.account_id == account_id, Product.sku == entry.sku)).one()


def update_product(
    session: Session,
    product_id: int,
    entry: Entry,
    *,
    reason: str = "",
    version: int | None = None,
    now: datetime,
    actor: str,
) -> Product:
    """Update a product with the values of the entry except its SKU, and clear its flag. Commits.

    `version`: the expected version. Raises InvalidError, and RefusedError if the product has changed since.
    """
    product = _load_locked(session, product_id)
    if version is not None and product.version != version:
        session.rollback()
        raise RefusedError("product_changed_meanwhile")
    try:
        entry = product_csv.check(Entry(product.sku, *_list_entry_values(entry)))
        clean_reason = _clean_reason(reason)
    except InvalidError:
        session.rollback()
        raise
    _write(session, product.account_id, [entry], SET, now, actor, reason=clean_reason)
    session.execute(update(Product).where(Product.id == product_id).values(flag=""))
    session.commit()
    return session.get_one(Product, product_id, populate_existing=True)


def set_quantity(
    session: Session, product_id: int, quantity: int, *, reason: str = "", now: datetime, actor: str
) -> Product:
    """Set the quantity in stock, and manage the product's stock from now on. Commits. Raises InvalidError."""
    return update_product(session, product_id, Entry("", quantity=quantity), reason=reason, now=now, actor=actor)


def adjust_quantity(
    session: Session, product_id: int, difference: int, *, reason: str = "", now: datetime, actor: str
) -> Product:
    """Change the quantity in stock by a difference. Commits.

    Raises InvalidError, and RefusedError if the product's stock is not managed.
    """
    product = _load_locked(session, product_id)
    if not product.manage_stock:
        session.rollback()
        raise RefusedError("product_not_managed")
    if not difference:
        session.rollback()
        raise InvalidError("product_quantity_none", field="quantity")
    return set_quantity(session, product_id, product.quantity + difference, reason=reason, now=now, actor=actor)


def mark_reviewed(session: Session, product_id: int, *, now: datetime, actor: str) -> None:
    """Clear the product's flag after a review. Commits; does nothing if it is not flagged."""
    product = _load_locked(session, product_id)
    if product.flag:
        audit_log.record(
            session, "product_seen", now=now, actor=actor, account_id=product.account_id, args={"sku": product.sku}
        )
        product.flag = ""
    session.commit()


def mark_all_reviewed(session: Session, *, now: datetime, actor: str) -> int:
    """Clear the flags of all products; return how many were flagged. Commits."""
    flagged = select(Product.account_id, func.count()).where(Product.is_flagged()).group_by(Product.account_id)
    reviewed = 0
    for account_id, count in session.execute(flagged.order_by(Product.account_id)).all():
        locking.lock_orders(session, account_id)
        statement = update(Product).where(Product.account_id == account_id, Product.is_flagged()).values(flag="")
        session.execute(statement, execution_options={"synchronize_session": False})
        audit_log.record(session, "products_seen", now=now, actor=actor, account_id=account_id, args={"count": count})
        reviewed += count
    session.commit()
    return reviewed


def import_rows(
    session: Session, account_id: int, rows: Sequence[product_csv.Row], *, now: datetime, actor: str
) -> dict[str, int]:
    """Import the valid rows; return the numbers of created, changed, unchanged and invalid ones. Commits."""
    _lock(session, account_id)
    counts = apply_rows(session, account_id, rows, now, actor)
    session.commit()
    return counts


def apply_rows(
    session: Session, account_id: int, rows: Sequence[product_csv.Row], now: datetime, actor: str
) -> dict[str, int]:
    """Import rows like `import_rows`. Requires the account lock; does not commit."""
    entries = [row.entry for row in rows if row.entry is not None]
    counts = _write(session, account_id, entries, IMPORTED, now, actor)
    counts["wrong"] = len(rows) - len(entries)
    audit_log.record(session, "products_imported", now=now, actor=actor, account_id=account_id, args=dict(counts))
    return dict(counts)


def _lock(session: Session, account_id: int) -> None:
    accounts.find_by_id(session, account_id)
    locking.lock_orders(session, account_id)


def _load_locked(session: Session, product_id: int) -> Product:
    return locking.load_locked(session, Product, product_id, "product_gone", name=product_id)


def _list_entry_values(entry: Entry) -> tuple[Any, ...]:
    return entry.title, entry.asin, entry.enabled, entry.manage_stock, entry.quantity


def _clean_reason(text: str) -> str | None:
    text = " ".join(text.split())
    if len(text) > product_csv.LONGEST_REASON:
        raise InvalidError("text_too_long", field="reason", most=product_csv.LONGEST_REASON)
    return text or None


def _select_ids(account_id: int, skus: Sequence[str]) -> Any:
    return select(Product.id).where(Product.account_id == account_id, Product.sku.in_(skus))


def _write(
    session: Session,
    account_id: int,
    entries: Sequence[Entry],
    kind: str,
    now: datetime,
    actor: str,
    *,
    reason: str | None = None,
) -> Counter[str]:
    """Create or update products and their stock; return the numbers of created, changed and unchanged ones."""
    counts: Counter[str] = Counter(created=0, changed=0, same=0)
    for batch in batched(entries, _BATCH_SIZE):
        existing = _load_products(session, account_id, batch)
        changes = {entry.sku: product_csv.compare(entry, _build_known(existing.get(entry.sku))) for entry in batch}
        new = [sku for sku in changes if sku not in existing]
        changed = [sku for sku, fields in changes.items() if sku in existing and fields]
        insert_many(session, Product, [_build_product_row(account_id, sku, changes[sku], now) for sku in new])
        _update_products(session, [(existing[sku], changes[sku]) for sku in changed], now)
        _record_events(session, account_id, changes, new, changed, now, actor)
        session.flush()
        session.expire_all()
        _update_stock(session, account_id, changes, kind, now, actor, reason)
        counts.update(created=len(new), changed=len(changed), same=len(batch) - len(new) - len(changed))
    _retry_blocked_orders(session, account_id, [entry.sku for entry in entries], now, actor)
    session.flush()
    session.expire_all()
    return counts


def _load_products(session: Session, account_id: int, entries: Sequence[Entry]) -> dict[str, Product]:
    criteria = (Product.account_id == account_id, Product.sku.in_([entry.sku for entry in entries]))
    statement = select(Product).where(*criteria).order_by(Product.id).with_for_update()
    return {product.sku: product for product in session.scalars(statement.execution_options(populate_existing=True))}


def _build_known(product: Product | None) -> product_csv.Known | None:
    if product is None:
        return None
    return product_csv.Known(product.title, product.asin, product.enabled, product.manage_stock, product.quantity)


def _build_product_row(
    account_id: int, sku: str, changes: Mapping[str, tuple[Any, Any]], now: datetime
) -> dict[str, Any]:
    values = {name: changes[name][1] for name in ("title", "asin", "enabled", "manage_stock")}
    managed_since = now if values["manage_stock"] else None
    return values | {
        "account_id": account_id,
        "sku": sku,
        "managed_since": managed_since,
        "created_at": now,
        "changed_at": now,
    }


def _update_products(
    session: Session, changed: Sequence[tuple[Product, Mapping[str, tuple[Any, Any]]]], now: datetime
) -> None:
    for product, changes in changed:
        for name in ("title", "asin", "enabled", "manage_stock"):
            if name in changes:
                setattr(product, name, changes[name][1])
        if "manage_stock" in changes and product.manage_stock:
            product.managed_since = now
        product.changed_at = now
        product.version += 1
    session.flush()


def _record_events(
    session: Session,
    account_id: int,
    changes: Mapping[str, Mapping[str, tuple[Any, Any]]],
    new: Sequence[str],
    changed: Sequence[str],
    now: datetime,
    actor: str,
) -> None:
    """Add history entries. They name only the changed fields, since quantities are in the stock ledger."""
    for kind, skus in (("product_created", new), ("product_changed", changed)):
        for sku in skus:
            args = {"sku": sku} | ({"fields": sorted(changes[sku])} if kind == "product_changed" else {})
            audit_log.record(session, kind, now=now, actor=actor, account_id=account_id, args=args)


def _update_stock(
    session: Session,
    account_id: int,
    changes: Mapping[str, Mapping[str, tuple[Any, Any]]],
    kind: str,
    now: datetime,
    actor: str,
    reason: str | None,
) -> None:
    """Record changed quantities, then reconcile the reservations of products whose management has changed."""
    session.flush()
    statement = select(Product.sku, Product.id, Product.quantity).where(
        Product.account_id == account_id, Product.sku.in_(changes)
    )
    movements, management_changed = {}, []
    for sku, id_, quantity in session.execute(statement):
        product_changes = changes[sku]
        new_quantity = product_changes.get("quantity", (None, quantity))[1]
        if new_quantity != quantity:
            movements[id_] = [StockDelta(kind, new_quantity - quantity)]
        before, after = product_changes.get("manage_stock", (None, None))
        if after is not None and bool(before) != after:
            management_changed.append(id_)
    stock_ledger.record_movements(session, movements, now=now, actor=actor, reason=reason)
    stock_ledger.reconcile_products(session, management_changed, now=now, actor=actor)


def _retry_blocked_orders(session: Session, account_id: int, skus: Sequence[str], now: datetime, actor: str) -> None:
    """Create the orders that were blocked by these products."""
    for batch in batched(skus, _BATCH_SIZE):
        has_sku = AmazonOrderItem.sku.in_(batch)
        waiting = (
            select(AmazonOrder)
            .where(AmazonOrder.account_id == account_id, AmazonOrder.blocked.in_(CAUSES))
            .where(
                select(AmazonOrderItem.id).where(AmazonOrderItem.amazon_order_id == AmazonOrder.id, has_sku).exists()
            )
            .order_by(AmazonOrder.purchased_at, AmazonOrder.id)
            .limit(_MAX_RETRIED)
        )
        amazon_orders = session.scalars(waiting.options(selectinload(AmazonOrder.items))).all()
        order_decisions.retry(session, amazon_orders, now=now, actor=actor)
