"""Write Amazon orders to the database. `domain/sync/import_rules` decides what happens, `import_page` calls this."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from webapp.db.bulk_write import allocate_ids, insert_many
from webapp.domain.amazon import statuses
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

# The columns each dataset fills. Those of BUYER and RECIPIENT stay whenever Amazon says nothing.
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
# What the history tells of a change, old and new; other fields change too, but nobody acts on them.
TOLD = ("status", "total", "quantity_shipped", "ship_by", "cancel_requested")


def values(order: AmazonOrder, digest: bytes, now: datetime) -> dict[str, Any]:
    """The columns of the mirror that Amazon's word sets, without what this answer did not hold."""
    found: dict[str, Any] = {
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
        "components": _components(order.components),
        "quantity": order.quantity,
        "quantity_shipped": order.quantity_shipped,
        "programs": list(order.programs),
        "prime": "PRIME" in order.programs,
        "business": "AMAZON_BUSINESS" in order.programs,
        "payment_methods": list(order.payment_methods),
        "replaces": order.replaces,
        "cancel_requested": order.cancel_requested is not None,
        "cancel_reason": (order.cancel_requested or "")[:200] or None,
        "cancelled_by": next((item.cancelled_by for item in order.items if item.cancelled_by), None),
        "invalid_fields": [[entry.path, entry.problem, entry.value] for entry in order.invalid_fields],
        "digest": digest,
        "changed_at": now,
    }
    # A dataset that was refused this time takes away nothing that was known before.
    for dataset in order.missing & _COLUMNS.keys():
        for name in _COLUMNS[dataset]:
            del found[name]
    if not order.has_update_time:
        del found["last_updated_at"]
    if order.buyer is not None:
        buyer = {"email": order.buyer.email, "company": order.buyer.company}
        buyer["purchase_order_number"] = order.buyer.purchase_order_number
        found["buyer_name"] = order.buyer.name
        found["buyer"] = {name: value for name, value in buyer.items() if value}
    if order.recipient is not None:
        found["recipient"] = order.recipient.as_json()
    return found


def reserve_ids(session: Session, many: int) -> list[int]:
    """Ids for orders that will be inserted in this transaction."""
    return allocate_ids(session, rows.AmazonOrder, many) if many else []


def insert_new(
    session: Session,
    arrived: Sequence[tuple[int, AmazonOrder, Store]],
    digests: Sequence[bytes],
    notes: Mapping[int, dict[str, Any]],
    now: datetime,
) -> None:
    """Insert orders never seen before, with their notes, in a few statements. All by their reserved ids."""
    absent: dict[str, Any] = {
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
    mirrors = [
        absent
        | {"last_updated_at": order.last_updated_at, "quantity": order.quantity}
        | values(order, digest, now)
        | {"id": id_, "account_id": store.account_id, "store_id": store.id, "number": order.number}
        | {"imported_at": now, "read_at": now}
        | notes[id_]
        for (id_, order, store), digest in zip(arrived, digests, strict=True)
    ]
    insert_many(session, rows.AmazonOrder, mirrors)
    _insert_parts(session, [(id_, order) for id_, order, _ in arrived])
    versions = [(id_, order, digest) for (id_, order, _), digest in zip(arrived, digests, strict=True)]
    _insert_versions(session, versions, now)


def update(
    session: Session, mirror: rows.AmazonOrder, order: AmazonOrder, digest: bytes, now: datetime
) -> dict[str, Any]:
    """Bring one mirror up to date; answers what the history should tell: field -> [old, new] as JSON."""
    before = {name: getattr(mirror, name) for name in TOLD}
    for name, value in values(order, digest, now).items():
        setattr(mirror, name, value)
    mirror.version += 1
    session.flush()
    before_items = _known_parts(mirror) if _COLUMNS.keys() & order.missing else {}
    replaced: list[Any] = [rows.AmazonOrderItem]
    if "PACKAGES" not in order.missing:
        replaced.append(rows.AmazonPackage)
    for model in replaced:
        session.execute(
            delete(model).where(model.amazon_order_id == mirror.id), execution_options={"synchronize_session": False}
        )
    _insert_parts(session, [(mirror.id, order)], only=replaced, known=before_items)
    _insert_versions(session, [(mirror.id, order, digest)], now)
    search_indexer.mark_dirty(session, mirror.id)
    session.expire(mirror, ["items", "packages", "versions"])
    after = {name: getattr(mirror, name) for name in TOLD}
    return {name: [_json(before[name]), _json(after[name])] for name in TOLD if before[name] != after[name]}


def to_domain(known: rows.AmazonOrder) -> AmazonOrder:
    """The order as the mirror holds it, with the address a person put in place of Amazon's."""
    recipient = known.recipient_override or known.recipient
    return AmazonOrder(
        number=known.number,
        marketplace_id=known.store.marketplace_id,
        purchased_at=known.purchased_at,
        last_updated_at=known.last_updated_at,
        status=known.status,
        fulfilled_by=known.fulfilled_by,
        ship_by=known.ship_by,
        total=known.money,
        components=_read_components(known.components),
        buyer=Buyer(name=known.buyer_name, **known.buyer) if known.buyer is not None else None,
        recipient=Address(**recipient) if recipient else None,
        items=tuple(_read_item(item) for item in known.items),
        missing=frozenset(row.dataset for row in known.incomplete),
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


def _read_components(stored: Sequence[Any]) -> tuple[Component, ...]:
    return tuple(Component(type_, subtype, Money(minor, currency)) for type_, subtype, minor, currency in stored)


def _known_parts(mirror: rows.AmazonOrder) -> dict[str, dict[str, dict[str, Any]]]:
    """What is stored of each line by its dataset: dataset -> line -> columns."""
    return {
        dataset: {item.order_item_id: {name: getattr(item, name) for name in names} for item in mirror.items}
        for dataset, names in _ITEM_COLUMNS.items()
    }


def _insert_parts(
    session: Session,
    orders: Sequence[tuple[int, AmazonOrder]],
    only: Sequence[Any] | None = None,
    known: Mapping[str, Mapping[str, dict[str, Any]]] | None = None,
) -> None:
    """`known`: what was stored of the lines before, for the datasets that Amazon refused this time."""
    items = []
    for id_, order in orders:
        for item in order.items:
            row = _item(id_, item)
            if known:
                for dataset in order.missing & _ITEM_COLUMNS.keys():
                    row |= known[dataset].get(item.order_item_id, {})
            items.append(row)
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
    for model, found in ((rows.AmazonOrderItem, items), (rows.AmazonPackage, packages)):
        if only is None or model in only:
            insert_many(session, model, found)


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


def _item(amazon_order_id: int, item: AmazonItem) -> dict[str, Any]:
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
        "components": _components(item.components),
        "gift": gift,
    }


def _components(components: Sequence[Component]) -> list[list[Any]]:
    return [[part.type, part.subtype, part.value.minor, part.value.currency] for part in components]


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
