"""Tracking imports, and the orders their rows refer to, loaded in a few statements however long the file is."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from webapp.domain.common import marketplaces
from webapp.domain.common.batches import batched
from webapp.domain.common.marketplaces import BY_COUNTRY, BY_ID
from webapp.domain.errors import require
from webapp.domain.orders import state_machine as order_states
from webapp.domain.shipping import carriers
from webapp.domain.shipping.tracking.matching import (
    Choice,
    Item,
    Match,
    Order,
    find_number,
    match,
)
from webapp.domain.shipping.tracking.parser import TrackingLine
from webapp.domain.submissions import cancellation, shipment_confirmation
from webapp.models.amazon_orders import AmazonOrder, AmazonPackage
from webapp.models.orders import Order as OrderRow
from webapp.models.orders import OrderItem
from webapp.models.shipments import Parcel
from webapp.models.stores import Store
from webapp.models.submissions import Submission
from webapp.models.tracking_imports import TrackingImport, TrackingRow
from webapp.queries.shipping import confirmations

_BATCH = 2_000
RECENT = 10


def find(session: Session, import_id: int) -> TrackingImport:
    """Find an import. Raises NotFoundError."""
    return require(session.get(TrackingImport, import_id), "tracking_import_unknown", name=import_id)


def find_id_of_bulk(session: Session, bulk_action_id: int) -> int | None:
    """Find the id of the import that a bulk action ships."""
    return session.scalar(select(TrackingImport.id).where(TrackingImport.bulk_action_id == bulk_action_id))


def list_recent(session: Session) -> Sequence[TrackingImport]:
    newest = select(TrackingImport).order_by(TrackingImport.created_at.desc(), TrackingImport.id.desc())
    return session.scalars(newest.limit(RECENT)).all()


def list_rows(session: Session, import_id: int) -> Sequence[TrackingRow]:
    rows = select(TrackingRow).where(TrackingRow.import_id == import_id)
    return session.scalars(rows.order_by(TrackingRow.position)).all()


def evaluate(session: Session, rows: Sequence[TrackingRow], now: datetime) -> list[Match]:
    """Match these rows to the current orders, in the order of the rows."""
    choices = [
        (TrackingLine(**row.parsed), Choice(row.selected, row.carrier, row.shared, row.confirmed)) for row in rows
    ]
    return match_lines(session, choices, now)


def match_lines(session: Session, lines: Sequence[tuple[TrackingLine, Choice]], now: datetime) -> list[Match]:
    lines = [(find_number(line), choice) for line, choice in lines]
    orders = load_orders(session, {line.order for line, _ in lines if line.order})
    used = find_used_numbers(session, {line.tracking_number for line, _ in lines if line.tracking_number})
    return match(lines, orders, used, now)


def is_month_first(session: Session) -> bool:
    """Return whether dates such as 11/05/2026 begin with the month: if all stores are American ones."""
    ids = session.scalars(select(Store.marketplace_id).distinct())
    countries = {BY_ID[id_].country_code for id_ in ids if id_ in BY_ID}
    return "US" in countries and all(BY_COUNTRY[code].region == "NA" for code in countries)


def filter_order_numbers(session: Session, words: Collection[str]) -> set[str]:
    """Filter these words for numbers of orders, ours or Amazon's."""
    numbers: set[str] = set()
    for batch in batched(list(words), _BATCH):
        numbers.update(session.scalars(select(OrderRow.number).where(OrderRow.number.in_(batch))))
        numbers.update(session.scalars(select(AmazonOrder.number).where(AmazonOrder.number.in_(batch))))
    return numbers


def find_used_numbers(session: Session, numbers: Collection[str]) -> dict[str, str]:
    """Find the number of the order whose parcel has a tracking number, here or at Amazon."""
    orders_by_number: dict[str, str] = {}
    # Ours last: if both have a number, our order's takes precedence.
    parcels = select(Parcel.tracking_number, OrderRow.number).join(OrderRow, OrderRow.id == Parcel.order_id)
    amazon_packages = select(AmazonPackage.tracking_number, AmazonOrder.number).join(
        AmazonOrder, AmazonOrder.id == AmazonPackage.amazon_order_id
    )
    for batch in batched(list(numbers), _BATCH):
        for statement in (amazon_packages.where(_AMAZONS.in_(batch)), parcels.where(Parcel.tracking_number.in_(batch))):
            orders_by_number.update((str(number), order) for number, order in session.execute(statement))
    return orders_by_number


def load_orders(session: Session, numbers: Collection[str]) -> dict[str, Order]:
    """Load the orders with these numbers, ours or Amazon's, by number."""
    rows: dict[int, Any] = {}
    for batch in batched(list(numbers), _BATCH):
        either = or_(OrderRow.number.in_(batch), AmazonOrder.number.in_(batch))
        rows.update({row.id: row for row in session.execute(_ORDERS.where(either))})
    ids = list(rows)
    items, parcels = _load_items(session, ids), _load_tracking_numbers(session, rows)
    failed = confirmations.load_failed_numbers(session, ids)
    cancelling = _find_cancelling_ids(session, [row.amazon_order_id for row in rows.values()])
    orders: dict[str, Order] = {}
    for id_, row in rows.items():
        order = Order(
            id_,
            row.number,
            row.state,
            marketplaces.get(row.marketplace_id, row.marketplace_facts).country_code,
            tuple(items.get(id_, ())),
            frozenset(parcels.get(id_, ())),
            row.ship_by,
            _find_refusal_reason(row, cancelling=row.amazon_order_id in cancelling),
            failed.get(id_, frozenset()),
        )
        for number in {row.amazon_number, row.number} & set(numbers):
            orders[number] = order
    return orders


_AMAZONS = AmazonPackage.tracking_number
_ORDERS = (
    select(
        OrderRow.id,
        OrderRow.number,
        OrderRow.state,
        OrderRow.amazon_order_id,
        AmazonOrder.number.label("amazon_number"),
        AmazonOrder.status,
        AmazonOrder.fulfilled_by,
        AmazonOrder.programs,
        AmazonOrder.cancel_requested,
        AmazonOrder.handling,
        AmazonOrder.ship_by,
        Store.marketplace_id,
        Store.marketplace_facts,
        Store.import_orders,
    )
    .join(AmazonOrder, AmazonOrder.id == OrderRow.amazon_order_id)
    .join(Store, Store.id == OrderRow.store_id)
)


def _find_refusal_reason(row: Any, *, cancelling: bool) -> tuple[str, dict[str, Any]] | None:
    """Return the reason the order cannot be shipped, or needs to be checked first."""
    if not order_states.is_allowed("ship", row.state):
        return "cannot_ship", {"state": row.state}
    if not row.import_orders:
        return "ship_read_only", {}
    if cancelling:
        return "cannot_ship_cancelling", {}
    code = shipment_confirmation.find_refusal_reason(row) or shipment_confirmation.find_conflict(
        row, {}, {}, is_confirmed=False
    )
    if code is None and "transparency" in (row.handling or "").split():
        # A file has no column for the codes of each unit.
        code = "tracking_transparency"
    return (code, {}) if code else None


def _load_items(session: Session, ids: Collection[int]) -> dict[int, list[Item]]:
    items_by_order: dict[int, list[Item]] = {}
    for batch in batched(list(ids), _BATCH):
        rows = session.scalars(select(OrderItem).where(OrderItem.order_id.in_(batch)).order_by(OrderItem.id))
        for item in rows:
            quantity = order_states.count_left_to_ship(item)
            items_by_order.setdefault(item.order_id, []).append(
                Item(item.id, item.sku or "", quantity, item.order_item_id)
            )
    return items_by_order


def _load_tracking_numbers(session: Session, rows: dict[int, Any]) -> dict[int, set[str]]:
    """Load the tracking numbers of each order's parcels, here or at Amazon."""
    numbers_by_order: dict[int, set[str]] = {}
    for batch in batched(list(rows), _BATCH):
        parcels = select(Parcel.order_id, Parcel.tracking_number).where(Parcel.order_id.in_(batch))
        for order_id, number in session.execute(parcels):
            numbers_by_order.setdefault(order_id, set()).add(number)
        amazon_packages = (
            select(OrderRow.id, AmazonPackage.tracking_number)
            .join(OrderRow, OrderRow.amazon_order_id == AmazonPackage.amazon_order_id)
            .where(OrderRow.id.in_(batch))
        )
        for row in session.execute(amazon_packages):
            numbers_by_order.setdefault(row[0], set()).add(carriers.clean(row[1] or ""))
    return numbers_by_order


def _find_cancelling_ids(session: Session, ids: Collection[int]) -> set[int]:
    cancelling_ids: set[int] = set()
    for batch in batched(list(ids), _BATCH):
        cancellations = select(Submission.amazon_order_id).where(
            Submission.amazon_order_id.in_(batch), Submission.kind == cancellation.KIND, Submission.open
        )
        cancelling_ids.update(id_ for id_ in session.scalars(cancellations) if id_ is not None)
    return cancelling_ids
