"""What people do with products: entering them one by one or many at once, counting them, having looked at them.

Every way ends in `_write`, so that a product put right by hand, by a file or by the command line is put right alike:
open orders reserve what they need, and orders that waited for it are made at once.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, selectinload

from webapp.db.bulk_write import insert_many
from webapp.domain.errors import InvalidError, NotFoundError, RefusedError
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
from webapp.services.accounts import accounts
from webapp.services.products import stock_ledger
from webapp.services.sync import order_decisions

_CHUNK = 500
# Orders that waited are made at once, up to so many; a sync makes the rest.
_MOST_RETRIED = 500


def create(session: Session, account_id: int, entry: Entry, *, now: datetime, actor: str) -> Product:
    """A new product. Commits. Raises InvalidError, also where the SKU is there already."""
    entry = product_csv.check(entry)
    _lock(session, account_id)
    if session.scalar(_ids(account_id, [entry.sku])) is not None:
        session.rollback()
        raise InvalidError("product_there", field="sku", sku=entry.sku)
    _write(session, account_id, [entry], SET, now, actor)
    session.commit()
    return session.scalars(select(Product).where(Product.account_id == account_id, Product.sku == entry.sku)).one()


def change(
    session: Session,
    product_id: int,
    entry: Entry,
    *,
    reason: str = "",
    version: int | None = None,
    now: datetime,
    actor: str,
) -> Product:
    """Change what the entry says, whose SKU is not looked at; a person has then looked at the product. Commits.

    `version`: the one they saw. Raises InvalidError, and RefusedError when somebody changed it since.
    """
    product = _locked(session, product_id)
    if version is not None and product.version != version:
        session.rollback()
        raise RefusedError("product_changed_meanwhile")
    try:
        entry = product_csv.check(Entry(product.sku, *_said(entry)))
        words = _reason(reason)
    except InvalidError:
        session.rollback()
        raise
    _write(session, product.account_id, [entry], SET, now, actor, reason=words)
    session.execute(update(Product).where(Product.id == product_id).values(flag=""))
    session.commit()
    return session.get_one(Product, product_id, populate_existing=True)


def count(session: Session, product_id: int, quantity: int, *, reason: str = "", now: datetime, actor: str) -> Product:
    """So many lie on the shelf. Begins the keeping of stock where it was not kept. Commits. Raises InvalidError."""
    return change(session, product_id, Entry("", quantity=quantity), reason=reason, now=now, actor=actor)


def adjust(session: Session, product_id: int, pieces: int, *, reason: str = "", now: datetime, actor: str) -> Product:
    """So many more lie on the shelf, or less where negative. Commits. Raises InvalidError, and RefusedError where no
    stock is kept."""
    product = _locked(session, product_id)
    if not product.manage_stock:
        session.rollback()
        raise RefusedError("product_not_managed")
    if not pieces:
        session.rollback()
        raise InvalidError("product_quantity_none", field="quantity")
    return count(session, product_id, product.quantity + pieces, reason=reason, now=now, actor=actor)


def look_at(session: Session, product_id: int, *, now: datetime, actor: str) -> None:
    """A person has seen why it is flagged. Commits; harmless when it is not."""
    product = _locked(session, product_id)
    if product.flag:
        audit_log.record(
            session, "product_seen", now=now, actor=actor, account_id=product.account_id, args={"sku": product.sku}
        )
        product.flag = ""
    session.commit()


def look_at_all(session: Session, *, now: datetime, actor: str) -> int:
    """A person has seen why products are flagged, all of them; answers how many were. Commits."""
    with_flags = select(Product.account_id, func.count()).where(Product.is_flagged()).group_by(Product.account_id)
    seen = 0
    for account_id, many in session.execute(with_flags.order_by(Product.account_id)).all():
        accounts.lock_orders(session, account_id)
        mine = update(Product).where(Product.account_id == account_id, Product.is_flagged()).values(flag="")
        session.execute(mine, execution_options={"synchronize_session": False})
        audit_log.record(session, "products_seen", now=now, actor=actor, account_id=account_id, args={"count": many})
        seen += many
    session.commit()
    return seen


def import_rows(
    session: Session, account_id: int, rows: Sequence[product_csv.Row], *, now: datetime, actor: str
) -> dict[str, int]:
    """Take the rows that can be taken; answers how many products were created, changed, the same, wrong. Commits."""
    _lock(session, account_id)
    counts = take(session, account_id, rows, now, actor)
    session.commit()
    return counts


def take(
    session: Session, account_id: int, rows: Sequence[product_csv.Row], now: datetime, actor: str
) -> dict[str, int]:
    """As `import_rows`, for who holds the lock of the account. Does not commit."""
    entries = [row.entry for row in rows if row.entry is not None]
    counts = _write(session, account_id, entries, IMPORTED, now, actor)
    counts["wrong"] = len(rows) - len(entries)
    audit_log.record(session, "products_imported", now=now, actor=actor, account_id=account_id, args=dict(counts))
    return dict(counts)


def _lock(session: Session, account_id: int) -> None:
    accounts.find(session, account_id)
    accounts.lock_orders(session, account_id)


def _locked(session: Session, product_id: int) -> Product:
    account_id = session.scalar(select(Product.account_id).where(Product.id == product_id))
    if account_id is None:
        raise NotFoundError("product_gone", name=product_id)
    accounts.lock_orders(session, account_id)
    return session.get_one(Product, product_id, with_for_update=True, populate_existing=True)


def _said(entry: Entry) -> tuple[Any, ...]:
    return entry.title, entry.asin, entry.enabled, entry.manage_stock, entry.quantity


def _reason(text: str) -> str | None:
    text = " ".join(text.split())
    if len(text) > product_csv.LONGEST_REASON:
        raise InvalidError("text_too_long", field="reason", most=product_csv.LONGEST_REASON)
    return text or None


def _ids(account_id: int, skus: Sequence[str]) -> Any:
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
    """Make or change products, their stock with them; answers how many were created, changed, the same."""
    done: Counter[str] = Counter(created=0, changed=0, same=0)
    for start in range(0, len(entries), _CHUNK):
        some = entries[start : start + _CHUNK]
        known = _known(session, account_id, some)
        found = {entry.sku: product_csv.changes(entry, _as_known(known.get(entry.sku))) for entry in some}
        new = [sku for sku in found if sku not in known]
        changed = [sku for sku, what in found.items() if sku in known and what]
        insert_many(session, Product, [_new(account_id, sku, found[sku], now) for sku in new])
        _change(session, [(known[sku], found[sku]) for sku in changed], now)
        _tell(session, account_id, found, new, changed, now, actor)
        session.flush()
        session.expire_all()
        _move(session, account_id, found, kind, now, actor, reason)
        done.update(created=len(new), changed=len(changed), same=len(some) - len(new) - len(changed))
    _retry(session, account_id, [entry.sku for entry in entries], now, actor)
    session.flush()
    session.expire_all()
    return done


def _known(session: Session, account_id: int, entries: Sequence[Entry]) -> dict[str, Product]:
    mine = (Product.account_id == account_id, Product.sku.in_([entry.sku for entry in entries]))
    found = select(Product).where(*mine).order_by(Product.id).with_for_update()
    return {product.sku: product for product in session.scalars(found.execution_options(populate_existing=True))}


def _as_known(product: Product | None) -> product_csv.Known | None:
    if product is None:
        return None
    return product_csv.Known(product.title, product.asin, product.enabled, product.manage_stock, product.quantity)


def _new(account_id: int, sku: str, what: Mapping[str, tuple[Any, Any]], now: datetime) -> dict[str, Any]:
    said = {name: what[name][1] for name in ("title", "asin", "enabled", "manage_stock")}
    since = now if said["manage_stock"] else None
    return said | {"account_id": account_id, "sku": sku, "managed_since": since, "created_at": now, "changed_at": now}


def _change(session: Session, changed: Sequence[tuple[Product, Mapping[str, tuple[Any, Any]]]], now: datetime) -> None:
    for product, what in changed:
        for name in ("title", "asin", "enabled", "manage_stock"):
            if name in what:
                setattr(product, name, what[name][1])
        if "manage_stock" in what and product.manage_stock:
            product.managed_since = now
        product.changed_at = now
        product.version += 1
    session.flush()


def _tell(
    session: Session,
    account_id: int,
    found: Mapping[str, Mapping[str, tuple[Any, Any]]],
    new: Sequence[str],
    changed: Sequence[str],
    now: datetime,
    actor: str,
) -> None:
    """The ledger tells of quantities, so the event names the fields and no more."""
    for kind, skus in (("product_created", new), ("product_changed", changed)):
        for sku in skus:
            args = {"sku": sku} | ({"fields": sorted(found[sku])} if kind == "product_changed" else {})
            audit_log.record(session, kind, now=now, actor=actor, account_id=account_id, args=args)


def _move(
    session: Session,
    account_id: int,
    found: Mapping[str, Mapping[str, tuple[Any, Any]]],
    kind: str,
    now: datetime,
    actor: str,
    reason: str | None,
) -> None:
    """First the shelf, then what open orders need of it."""
    session.flush()
    mine = select(Product.sku, Product.id, Product.quantity).where(
        Product.account_id == account_id, Product.sku.in_(found)
    )
    moves, turned = {}, []
    for sku, id_, quantity in session.execute(mine):
        what = found[sku]
        wanted = what.get("quantity", (None, quantity))[1]
        if wanted != quantity:
            moves[id_] = [StockDelta(kind, wanted - quantity)]
        before, after = what.get("manage_stock", (None, None))
        if after is not None and bool(before) != after:
            turned.append(id_)
    stock_ledger.move(session, moves, now=now, actor=actor, reason=reason)
    stock_ledger.settle_products(session, turned, now=now, actor=actor)


def _retry(session: Session, account_id: int, skus: Sequence[str], now: datetime, actor: str) -> None:
    """Make the Orders that waited for these products."""
    for start in range(0, len(skus), _CHUNK):
        line = AmazonOrderItem.sku.in_(skus[start : start + _CHUNK])
        waiting = (
            select(AmazonOrder)
            .where(AmazonOrder.account_id == account_id, AmazonOrder.blocked.in_(CAUSES))
            .where(select(AmazonOrderItem.id).where(AmazonOrderItem.amazon_order_id == AmazonOrder.id, line).exists())
            .order_by(AmazonOrder.purchased_at, AmazonOrder.id)
            .limit(_MOST_RETRIED)
        )
        found = session.scalars(waiting.options(selectinload(AmazonOrder.items))).all()
        order_decisions.retry(session, found, now=now, actor=actor)
