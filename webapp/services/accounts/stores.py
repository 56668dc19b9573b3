"""Stores: opening, activating, order settings, deleting."""

import re
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.domain.accounts.store_settings import BY_KEY, LONGEST_STATUS, SWITCHES
from webapp.domain.common import languages
from webapp.domain.common.marketplaces import Marketplace
from webapp.domain.errors import InvalidError, RefusedError, require
from webapp.models.accounts import Account
from webapp.models.amazon_orders import AmazonOrder, IncompleteOrder, QuarantinedOrder
from webapp.models.audit_log import Event
from webapp.models.backfills import Backfill
from webapp.models.comments import Comment
from webapp.models.completeness import CompletenessCheck, CompletenessDay
from webapp.models.customers import Customer
from webapp.models.documents import CreditMemo, CreditMemoItem, Invoice, InvoiceItem
from webapp.models.mails import Mail
from webapp.models.order_transactions import OrderTransaction
from webapp.models.orders import Order, OrderItem
from webapp.models.products import Product, ProductImport, StockMovement
from webapp.models.refund_transactions import RefundFinding, RefundTransaction, UnreadableTransaction
from webapp.models.reported_orders import OrderRead
from webapp.models.returns import OrderReturn, ReturnsReading
from webapp.models.shipments import Parcel, ParcelItem, Shipment
from webapp.models.shipping_labels import LabelSender, PackagePreset, ShippingLabel
from webapp.models.stores import Store
from webapp.models.submissions import Feed, Submission
from webapp.models.sync_runs import SyncRun
from webapp.services import audit_log, schedule
from webapp.services.accounts import locking
from webapp.services.listing import search_indexer
from webapp.services.products import stock_ledger


def open_store(
    session: Session,
    account: Account,
    marketplace: Marketplace,
    facts: str | None,
    *,
    orders_from: datetime,
    now: datetime,
    actor: str,
) -> Store:
    """Add a store. Does not commit. `orders_from`: no orders are created for earlier purchases.

    `facts`: what Amazon says of a marketplace that this release does not know, else None.
    """
    country = marketplace.country_code or marketplace.id
    name = f"{account.name} {country}"
    store = Store(
        account_id=account.id,
        marketplace_id=marketplace.id,
        marketplace_facts=facts,
        name=name,
        slug=_build_slug(name) or f"store-{account.id}-{country.lower()}",
        created_at=now,
        orders_from=orders_from,
        language=languages.get_default_language(marketplace.country_code),
    )
    if session.scalar(select(Store.id).where(Store.slug == store.slug)):
        store.slug = f"{store.slug}-{account.id}"
    session.add(store)
    session.flush()
    audit_log.record(session, "store_opened", now=now, actor=actor, account_id=account.id, store_id=store.id)
    return store


def find(session: Session, slug_or_name: str) -> Store:
    """Find a store by its slug or name. Raises NotFoundError."""
    matches = (Store.slug == slug_or_name) | (Store.name == slug_or_name)
    return require(session.scalar(select(Store).where(matches)), "store_unknown", name=slug_or_name)


def set_active(session: Session, store: Store, active: bool, *, now: datetime, actor: str) -> Store:
    """Switch the creation of orders on or off for a store. Amazon orders are shown either way. Commits."""
    if store.active != active:
        store.active = active
        kind = "store_activated" if active else "store_deactivated"
        audit_log.record(session, kind, now=now, actor=actor, account_id=store.account_id, store_id=store.id)
    session.commit()
    return store


def change_settings(session: Session, store: Store, values: dict[str, str], *, now: datetime, actor: str) -> Store:
    """Change order settings, all or none. `values`: key -> one of its choices. Commits. Raises InvalidError."""
    for key, value in values.items():
        _check_setting(key, value)
    custom = values.get("order_status", store.order_status) == "custom"
    if custom and not values.get("processing_status", store.processing_status).strip():
        raise InvalidError("processing_status_required", field="processing_status")
    locking.lock_orders(session, store.account_id)
    changed = {}
    for key, value in values.items():
        new = (value == "enabled") if key in SWITCHES else value.strip()
        if getattr(store, key) != new:
            setattr(store, key, new)
            changed[key] = value
    if changed:
        audit_log.record(
            session,
            "store_settings_changed",
            now=now,
            actor=actor,
            account_id=store.account_id,
            store_id=store.id,
            args=changed,
        )
        session.flush()
        stock_ledger.reconcile_store(session, store.id, now=now, actor=actor)
    session.commit()
    return store


def _check_setting(key: str, value: str) -> None:
    setting = BY_KEY.get(key)
    if setting is None:
        raise InvalidError("setting_unknown", field=key, key=key, known=", ".join(BY_KEY))
    if setting.choices and value not in setting.choices:
        raise InvalidError("setting_choice", field=key, key=key, choices=", ".join(setting.choices))
    if len(value) > LONGEST_STATUS:
        raise InvalidError("text_too_long", field=key, most=LONGEST_STATUS)


def delete_store(session: Session, store: Store, typed_name: str, *, now: datetime, actor: str) -> None:
    """Delete a store with its orders and their history; the account is deleted with its last store. Commits.

    `typed_name` must be the store's name, as a confirmation. Raises InvalidError, and RefusedError while a submission
    of one of its orders is open.
    """
    if typed_name.strip() != store.name:
        raise InvalidError("typed_name_differs", field="typed_name", name=store.name)
    amazon_order_ids = select(AmazonOrder.id).where(AmazonOrder.store_id == store.id)
    if session.scalar(
        select(Submission.id).where(Submission.open, Submission.amazon_order_id.in_(amazon_order_ids)).limit(1)
    ):
        raise RefusedError("store_has_submissions")
    account = store.account
    locking.lock_orders(session, account.id)
    stock_ledger.release_store(session, store.id, now=now, actor=actor)
    _delete_orders(session, account.id, store.id)
    audit_log.record(session, "store_deleted", now=now, actor=actor, args={"name": store.name})
    session.execute(delete(Event).where(Event.store_id == store.id))
    session.delete(store)
    session.flush()
    if not session.scalar(select(Store.id).where(Store.account_id == account.id).limit(1)):
        _delete_account(session, account)
    session.commit()


def _delete_orders(session: Session, account_id: int, store_id: int) -> None:
    orders = select(Order.id).where(Order.store_id == store_id)
    amazon_orders = select(AmazonOrder.id).where(AmazonOrder.store_id == store_id)
    numbers = select(AmazonOrder.number).where(AmazonOrder.store_id == store_id)
    lines = select(OrderItem.id).where(OrderItem.order_id.in_(orders))
    search_indexer.delete_store(session, store_id)
    for statement in (
        delete(Event).where(Event.amazon_order_id.in_(amazon_orders)),
        delete(Mail).where(Mail.order_id.in_(orders)),
        delete(Comment).where(Comment.order_id.in_(orders)),
        delete(ParcelItem).where(ParcelItem.order_item_id.in_(lines)),
        delete(Parcel).where(Parcel.order_id.in_(orders)),
        delete(ShippingLabel).where(ShippingLabel.order_id.in_(orders)),
        delete(PackagePreset).where(PackagePreset.store_id == store_id),
        delete(LabelSender).where(LabelSender.store_id == store_id),
        delete(Shipment).where(Shipment.order_id.in_(orders)),
        delete(RefundFinding).where(RefundFinding.store_id == store_id),
        delete(RefundTransaction).where(RefundTransaction.amazon_order_id.in_(amazon_orders)),
        delete(OrderTransaction).where(OrderTransaction.account_id == account_id, OrderTransaction.number.in_(numbers)),
        delete(OrderReturn).where(OrderReturn.store_id == store_id),
        delete(ReturnsReading).where(ReturnsReading.store_id == store_id),
        delete(CreditMemoItem).where(CreditMemoItem.order_item_id.in_(lines)),
        delete(CreditMemo).where(CreditMemo.order_id.in_(orders)),
        delete(InvoiceItem).where(InvoiceItem.order_item_id.in_(lines)),
        delete(Invoice).where(Invoice.order_id.in_(orders)),
        delete(Order).where(Order.store_id == store_id),
        delete(Customer).where(Customer.store_id == store_id),
        delete(Submission).where(Submission.amazon_order_id.in_(amazon_orders)),
        delete(OrderRead).where(OrderRead.store_id == store_id),
        delete(CompletenessDay).where(CompletenessDay.store_id == store_id),
        delete(IncompleteOrder).where(IncompleteOrder.amazon_order_id.in_(amazon_orders)),
        # Items, packages and versions are deleted by the database.
        delete(AmazonOrder).where(AmazonOrder.store_id == store_id),
    ):
        session.execute(statement, execution_options={"synchronize_session": False})


def _delete_account(session: Session, account: Account) -> None:
    product_ids = select(Product.id).where(Product.account_id == account.id)
    session.execute(
        delete(StockMovement).where(StockMovement.product_id.in_(product_ids)),
        execution_options={"synchronize_session": False},
    )
    for model in (
        Event,
        Feed,
        SyncRun,
        Backfill,
        OrderRead,
        CompletenessCheck,
        QuarantinedOrder,
        ProductImport,
        Product,
        RefundTransaction,
        UnreadableTransaction,
        OrderTransaction,
    ):
        session.execute(
            delete(model).where(model.account_id == account.id), execution_options={"synchronize_session": False}
        )
    schedule.remove(session, f"sync_account-{account.id}")
    session.delete(account)


def _build_slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:80]
