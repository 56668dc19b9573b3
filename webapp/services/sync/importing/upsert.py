"""Insert and update Amazon orders with their items, packages and versions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from webapp.db.bulk_write import allocate_ids, insert_many
from webapp.domain.amazon import order_details, statuses
from webapp.domain.amazon.types import (
    Address,
    AmazonItem,
    AmazonOrder,
    Buyer,
    Component,
)
from webapp.domain.common.money import Money
from webapp.models import amazon_orders as rows
from webapp.models.stores import Store
from webapp.services.listing import search_indexer

# The columns of each dataset. Those of BUYER and RECIPIENT keep their values whenever Amazon sends none.
_COLUMNS = {
    "FULFILLMENT": (
        "status",
        "fulfilled_by",
        "service_level",
        "ship_by",
        "earliest_ship_at",
        "deliver_by",
        "quantity",
        "quantity_shipped",
    ),
    "PROCEEDS": ("currency", "total", "components"),
    "CANCELLATION": ("cancel_requested", "cancel_reason", "cancelled_by"),
    "PAYMENT": ("payment_methods",),
}
_ITEM_COLUMNS = {
    "FULFILLMENT": ("quantity", "quantity_shipped", "gift"),
    "PROCEEDS": ("currency", "unit_price", "total", "components"),
}
# The columns whose changes are recorded in the history, with the old and the new value.
RECORDED = ("status", "total", "quantity_shipped", "ship_by", "cancel_requested")


def build_values(
    order: AmazonOrder, digest: bytes, now: datetime, stored_details: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the columns that this response sets, without those of datasets it did not contain."""
    details = _merge_details(order, stored_details)
    columns: dict[str, Any] = {
        "status": order.status,
        "fulfilled_by": order.fulfilled_by,
        "purchased_at": order.purchased_at,
        "last_updated_at": order.last_updated_at,
        "ship_by": order.ship_by,
        "earliest_ship_at": order.earliest_ship_at,
        "deliver_by": order.deliver_by,
        "service_level": order.service_level,
        "currency": order.total.currency if order.total else None,
        "total": order.total.minor if order.total else None,
        "components": _build_components(order.components),
        "quantity": order.quantity,
        "quantity_shipped": order.quantity_shipped,
        "programs": list(order.programs),
        "prime": "PRIME" in order.programs,
        "business": "AMAZON_BUSINESS" in order.programs,
        "payment_methods": list(order.payment_methods),
        "replaces": order.replaces,
        "handling": _join_handling(order_details.find_handling(details, order.programs))
        if details or order.programs
        else None,
        "details": details or None,
        "cancel_requested": order.cancel_requested is not None,
        "cancel_reason": (order.cancel_requested or "")[:200] or None,
        "cancelled_by": next((item.cancelled_by for item in order.items if item.cancelled_by), None),
        "invalid_fields": [[entry.path, entry.problem, entry.value] for entry in order.invalid_fields],
        "digest": digest,
        "changed_at": now,
    }
    # A dataset that was refused this time does not remove stored values.
    for dataset in order.missing & _COLUMNS.keys():
        for name in _COLUMNS[dataset]:
            del columns[name]
    if not order.has_update_time:
        del columns["last_updated_at"]
    if order.buyer is not None:
        buyer = {"email": order.buyer.email, "company": order.buyer.company}
        buyer["purchase_order_number"] = order.buyer.purchase_order_number
        columns["buyer_name"] = order.buyer.name
        columns["buyer"] = {name: value for name, value in buyer.items() if value}
    if order.recipient is not None:
        columns["recipient"] = order.recipient.as_json()
    return columns


def _merge_details(order: AmazonOrder, stored: Mapping[str, Any] | None) -> dict[str, Any]:
    details = order_details.dump(order.details, {item.order_item_id: item.details for item in order.items})
    # Amazon stops sending the address some time after the delivery.
    kept = order.missing if order.recipient is not None else order.missing | {"RECIPIENT"}
    return order_details.merge(details, stored, kept)


def _join_handling(codes: Sequence[str]) -> str | None:
    return f" {' '.join(codes)} " if codes else None


def reserve_ids(session: Session, count: int) -> list[int]:
    """Return ids for Amazon orders that will be inserted in this transaction."""
    return allocate_ids(session, rows.AmazonOrder, count) if count else []


def insert_new(
    session: Session,
    orders: Sequence[tuple[int, AmazonOrder, Store]],
    digests: Sequence[bytes],
    notes: Mapping[int, dict[str, Any]],
    now: datetime,
) -> None:
    """Insert new Amazon orders, given with their reserved ids, and their `notes` by id. Does not commit."""
    defaults: dict[str, Any] = {
        "buyer_name": None,
        "buyer": None,
        "recipient": None,
        "currency": None,
        "total": None,
        "components": [],
        "status": statuses.UNKNOWN,
        "fulfilled_by": "",
        "service_level": None,
        "ship_by": None,
        "earliest_ship_at": None,
        "deliver_by": None,
        "quantity_shipped": 0,
        "cancel_requested": False,
        "cancel_reason": None,
        "cancelled_by": None,
        "payment_methods": [],
    }
    inserted = [
        defaults
        | {"last_updated_at": order.last_updated_at, "quantity": order.quantity}
        | build_values(order, digest, now)
        | {"id": id_, "account_id": store.account_id, "store_id": store.id, "number": order.number}
        | {"imported_at": now, "read_at": now}
        | notes[id_]
        for (id_, order, store), digest in zip(orders, digests, strict=True)
    ]
    insert_many(session, rows.AmazonOrder, inserted)
    _insert_items_and_packages(session, [(id_, order) for id_, order, _ in orders])
    versions = [(id_, order, digest) for (id_, order, _), digest in zip(orders, digests, strict=True)]
    _insert_versions(session, versions, now)


def update(session: Session, row: rows.AmazonOrder, order: AmazonOrder, digest: bytes, now: datetime) -> dict[str, Any]:
    """Update one Amazon order. Returns the changes for the history: column -> [old, new] as JSON. Does not commit."""
    before = {name: getattr(row, name) for name in RECORDED}
    for name, value in build_values(order, digest, now, row.details).items():
        setattr(row, name, value)
    row.version += 1
    session.flush()
    before_items = _collect_stored_columns(row) if _COLUMNS.keys() & order.missing else {}
    replaced: list[Any] = [rows.AmazonOrderItem]
    if "PACKAGES" not in order.missing:
        replaced.append(rows.AmazonPackage)
    for model in replaced:
        session.execute(
            delete(model).where(model.amazon_order_id == row.id), execution_options={"synchronize_session": False}
        )
    _insert_items_and_packages(session, [(row.id, order)], only=replaced, stored=before_items)
    _insert_versions(session, [(row.id, order, digest)], now)
    search_indexer.mark_dirty(session, row.id)
    session.expire(row, ["items", "packages", "versions"])
    after = {name: getattr(row, name) for name in RECORDED}
    return {
        name: [_dump_json(before[name]), _dump_json(after[name])] for name in RECORDED if before[name] != after[name]
    }


def to_domain(row: rows.AmazonOrder) -> AmazonOrder:
    """Return the stored Amazon order, with the corrected address in place of Amazon's."""
    recipient = row.recipient_override or row.recipient
    return AmazonOrder(
        number=row.number,
        marketplace_id=row.store.marketplace_id,
        purchased_at=row.purchased_at,
        last_updated_at=row.last_updated_at,
        status=row.status,
        fulfilled_by=row.fulfilled_by,
        ship_by=row.ship_by,
        total=row.money,
        components=_read_components(row.components),
        buyer=Buyer(name=row.buyer_name, **row.buyer) if row.buyer is not None else None,
        recipient=Address(**recipient) if recipient else None,
        items=tuple(_read_item(item) for item in row.items),
        missing=frozenset(entry.dataset for entry in row.incomplete),
    )


def _read_item(item: rows.AmazonOrderItem) -> AmazonItem:
    def money(minor: int | None) -> Money | None:
        return None if minor is None or item.currency is None else Money(minor, item.currency)

    return AmazonItem(
        order_item_id=item.order_item_id,
        quantity=item.quantity,
        quantity_shipped=item.quantity_shipped,
        sku=item.sku,
        asin=item.asin,
        title=item.title,
        unit_price=money(item.unit_price),
        total=money(item.total),
        components=_read_components(item.components),
    )


def _read_components(entries: Sequence[Any]) -> tuple[Component, ...]:
    return tuple(Component(type_, subtype, Money(minor, currency)) for type_, subtype, minor, currency in entries)


def _collect_stored_columns(row: rows.AmazonOrder) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the stored columns of the lines: dataset -> order item id -> columns."""
    return {
        dataset: {item.order_item_id: {name: getattr(item, name) for name in names} for item in row.items}
        for dataset, names in _ITEM_COLUMNS.items()
    }


def _insert_items_and_packages(
    session: Session,
    orders: Sequence[tuple[int, AmazonOrder]],
    only: Sequence[Any] | None = None,
    stored: Mapping[str, Mapping[str, dict[str, Any]]] | None = None,
) -> None:
    """Insert items and packages. `stored`: columns of the lines to keep for datasets that Amazon refused this time."""
    items = []
    for id_, order in orders:
        for item in order.items:
            columns = _build_item(id_, item)
            if stored:
                for dataset in order.missing & _ITEM_COLUMNS.keys():
                    columns |= stored[dataset].get(item.order_item_id, {})
            items.append(columns)
    packages = [
        {
            "amazon_order_id": id_,
            "reference": package.reference,
            "status": package.status,
            "carrier": package.carrier,
            "shipping_service": package.shipping_service,
            "tracking_number": package.tracking_number,
            "shipped_at": package.shipped_at,
            "items": [list(item) for item in package.items],
        }
        for id_, order in orders
        for package in order.packages
    ]
    for model, inserted in ((rows.AmazonOrderItem, items), (rows.AmazonPackage, packages)):
        if only is None or model in only:
            insert_many(session, model, inserted)


def _insert_versions(session: Session, orders: Sequence[tuple[int, AmazonOrder, bytes]], now: datetime) -> None:
    insert_many(
        session,
        rows.AmazonOrderVersion,
        [
            {
                "amazon_order_id": id_,
                "last_updated_at": order.last_updated_at,
                "received_at": now,
                "digest": digest,
                "body": order.raw,
            }
            for id_, order, digest in orders
        ],
    )


def _build_item(amazon_order_id: int, item: AmazonItem) -> dict[str, Any]:
    gift = {"message": item.gift.message, "wrap": item.gift.wrap} if item.gift else None
    money = item.total or item.unit_price
    return {
        "amazon_order_id": amazon_order_id,
        "order_item_id": item.order_item_id,
        "sku": item.sku,
        "asin": item.asin,
        "title": item.title,
        "condition": item.condition,
        "quantity": item.quantity,
        "quantity_shipped": item.quantity_shipped,
        "currency": money.currency if money else None,
        "unit_price": item.unit_price.minor if item.unit_price else None,
        "total": item.total.minor if item.total else None,
        "components": _build_components(item.components),
        "gift": gift,
    }


def _build_components(components: Sequence[Component]) -> list[list[Any]]:
    return [[part.type, part.subtype, part.value.minor, part.value.currency] for part in components]


def _dump_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
