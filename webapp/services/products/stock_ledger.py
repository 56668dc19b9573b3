"""Reconcile stock reservations with the current state of orders.

Every change of an order calls `reconcile` in the same transaction, under the account lock. A page of orders takes a
handful of statements, and none for orders without managed products.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from webapp.db.bulk_write import allocate_ids, insert_many
from webapp.domain.amazon import statuses as status
from webapp.domain.common.batches import batched
from webapp.domain.products import stock
from webapp.models.amazon_orders import AmazonOrder, AmazonOrderItem
from webapp.models.products import Product, StockHold, StockMovement
from webapp.queries.products import stock as reading

_BATCH_SIZE = 500
_EFFECT_FIELDS = tuple(field.name for field in fields(stock.StockEffect))


def reconcile(session: Session, amazon_order_ids: Collection[int], *, now: datetime, actor: str) -> None:
    """Reconcile the stock of these orders of one account. Requires the account lock. Does not commit."""
    for batch in batched(sorted(set(amazon_order_ids)), _BATCH_SIZE):
        _reconcile_batch(session, batch, now, actor)


def reconcile_products(session: Session, product_ids: Collection[int], *, now: datetime, actor: str) -> None:
    """Reconcile every open order of these products, after their stock management was switched on or off."""
    amazon_order_ids: set[int] = set()
    for batch in batched(sorted(set(product_ids)), _BATCH_SIZE):
        with_open_lines = (
            select(AmazonOrder.id)
            .join(AmazonOrderItem, AmazonOrderItem.amazon_order_id == AmazonOrder.id)
            .join(Product, (Product.sku == AmazonOrderItem.sku) & (Product.account_id == AmazonOrder.account_id))
            .where(Product.id.in_(batch), AmazonOrder.status.in_(stock.OPEN))
            .where(AmazonOrder.fulfilled_by == status.MERCHANT)
        )
        with_holds = select(StockHold.amazon_order_id).where(StockHold.product_id.in_(batch), StockHold.is_reserving())
        amazon_order_ids.update(session.scalars(with_open_lines), session.scalars(with_holds))
    reconcile(session, amazon_order_ids, now=now, actor=actor)


def reconcile_store(session: Session, store_id: int, *, now: datetime, actor: str) -> None:
    """Reconcile the pending orders of a store, after its settings have changed whether these reserve stock."""
    pending = select(AmazonOrder.id).where(AmazonOrder.store_id == store_id, AmazonOrder.status.in_(status.NOT_YET))
    reconcile(session, session.scalars(pending).all(), now=now, actor=actor)


def release_store(session: Session, store_id: int, *, now: datetime, actor: str) -> None:
    """Release the reservations of a store's orders before they are deleted. Does not commit."""
    amazon_order_ids = select(AmazonOrder.id).where(AmazonOrder.store_id == store_id)
    reserved = (
        select(StockHold.product_id, func.sum(StockHold.reserved))
        .where(StockHold.amazon_order_id.in_(amazon_order_ids), StockHold.is_reserving())
        .group_by(StockHold.product_id)
    )
    movements = {
        id_: [stock.StockDelta(stock.RELEASE, held=-int(quantity))] for id_, quantity in session.execute(reserved)
    }
    record_movements(session, movements, now=now, actor=actor)
    session.execute(
        delete(StockHold).where(StockHold.amazon_order_id.in_(amazon_order_ids)),
        execution_options={"synchronize_session": False},
    )


def record_movements(
    session: Session,
    deltas: Mapping[int, Sequence[stock.StockDelta]],
    *,
    now: datetime,
    actor: str,
    reason: str | None = None,
) -> None:
    """Record movements that do not come from lines of orders, by product id. Does not commit."""
    if not deltas:
        return
    products = _load_products(session, deltas.keys())
    rows = [
        products[id_].move(id_, delta, now, actor) | {"reason": reason}
        for id_, product_deltas in deltas.items()
        for delta in product_deltas
    ]
    insert_many(session, StockMovement, rows)
    _save_counters(session, products)


def _reconcile_batch(session: Session, ids: Sequence[int], now: datetime, actor: str) -> None:
    session.flush()
    holds = reading.load_holds(session, ids)
    rows = reading.load_lines(session, ids, {order_id for order_id, _ in holds})
    if not rows and not holds:
        return
    returned = reading.load_returns(session, [row.line_id for row in rows if row.refunded])
    products = _load_products(session, {row.product_id for row in rows} | {hold.product_id for hold in holds.values()})
    updates = []
    for row in rows:
        hold = holds.pop((row.id, row.order_item_id), None)
        hold_update = _HoldUpdate(row.id, row.order_item_id, row.product_id if hold is None else hold.product_id, hold)
        product = products[hold_update.product_id]
        line = _build_stock_line(row, product, hold_update.held, returned.get(row.line_id, []))
        if hold is None:
            hold_update.held = stock.create_initial_effect(line, counted=product.counts(row.purchased_at))
        updates.append(hold_update.to(line, product, now, actor))
    for (order_id, item), hold in holds.items():
        # Amazon does not list the line any more, so nothing of it is to be shipped.
        hold_update = _HoldUpdate(order_id, item, hold.product_id, hold)
        updates.append(hold_update.to(stock.keep_hold(hold_update.held), products[hold.product_id], now, actor))
    _save_holds(session, [hold_update for hold_update in updates if hold_update.matters])
    _save_counters(session, products)
    _update_reserved_flags(session, rows, updates)


@dataclass(slots=True)
class _ProductStock:
    """A product's counters during the movements, and the sums of their changes."""

    managed: bool
    since: datetime | None
    quantity: int
    reserved: int
    pieces: int = 0
    more: int = 0

    def counts(self, purchased_at: datetime) -> bool:
        """Return whether an order of that time changes the stock: it is later than the last count."""
        return self.managed and self.since is not None and purchased_at >= self.since

    def move(self, product_id: int, delta: stock.StockDelta, now: datetime, actor: str) -> dict[str, Any]:
        """Apply a movement to the counters and return its row."""
        self.quantity += delta.pieces
        self.reserved += delta.held
        self.pieces += delta.pieces
        self.more += delta.held
        return {
            "product_id": product_id,
            "at": now,
            "actor": actor,
            "kind": delta.kind,
            "quantity_change": delta.pieces,
            "reserved_change": delta.held,
            "quantity": self.quantity,
            "reserved": self.reserved,
            "hold_id": None,
            "step": None,
            "reason": None,
        }


class _HoldUpdate:
    """The stock effect of a line before and after, with the movements between the two."""

    def __init__(self, order_id: int, item: str, product_id: int, hold: Any) -> None:
        self.order_id, self.item, self.product_id, self.hold = order_id, item, product_id, hold
        self.held = (
            stock.StockEffect()
            if hold is None
            else stock.StockEffect(*(getattr(hold, name) for name in _EFFECT_FIELDS))
        )
        self.steps: int = 0 if hold is None else hold.steps
        self.after = self.held
        self.rows: list[dict[str, Any]] = []

    def to(self, line: stock.StockLine, product: _ProductStock, now: datetime, actor: str) -> "_HoldUpdate":
        self.after, moves = stock.settle(line, self.held, managed=product.managed)
        self.rows = [
            product.move(self.product_id, delta, now, actor) | {"step": self.steps + place}
            for place, delta in enumerate(moves, start=1)
        ]
        return self

    @property
    def matters(self) -> bool:
        return bool(self.rows) or (self.hold is not None and self.after != self.held)

    def as_row(self) -> dict[str, Any]:
        return {name: getattr(self.after, name) for name in _EFFECT_FIELDS} | {"steps": self.steps + len(self.rows)}


def _build_stock_line(
    row: Any, product: _ProductStock, held: stock.StockEffect, returned: Sequence[tuple[datetime, int]]
) -> stock.StockLine:
    if row.fulfilled_by != status.MERCHANT:
        return stock.keep_hold(held)
    if row.line_id is None:
        store = stock.Store(
            import_orders=row.import_orders,
            reserve_pending=row.pending_orders == "reserve",
            blocks=row.unready_products == stock.BLOCK,
            orders_from=row.orders_from,
        )
        free = product.quantity - product.reserved
        is_blocked = row.blocked is not None
        return stock.plan_amazon_item(
            row.quantity, row.status, row.purchased_at, store, held, blocked=is_blocked, free=free
        )
    returned_before = sum(quantity for at, quantity in returned if product.since is not None and at < product.since)
    return stock.plan_order_line(row, row.quantity, sum(quantity for _, quantity in returned), returned_before)


def _load_products(session: Session, ids: Collection[int]) -> dict[int, _ProductStock]:
    """Load and lock the counters of products, ordered by id to avoid deadlocks."""
    statement = (
        select(Product.id, Product.manage_stock, Product.managed_since, Product.quantity, Product.reserved)
        .where(Product.id.in_(ids))
        .order_by(Product.id)
        .with_for_update()
    )
    return {row.id: _ProductStock(*row[1:]) for row in session.execute(statement)}


def _save_holds(session: Session, updates: Sequence[_HoldUpdate]) -> None:
    new = [hold_update for hold_update in updates if hold_update.hold is None]
    ids = dict(zip(map(id, new), allocate_ids(session, StockHold, len(new)) if new else (), strict=True))
    hold_rows = [
        hold_update.as_row()
        | {
            "id": ids[id(hold_update)],
            "product_id": hold_update.product_id,
            "amazon_order_id": hold_update.order_id,
            "order_item_id": hold_update.item,
        }
        for hold_update in new
    ]
    insert_many(session, StockHold, hold_rows)
    changed = [
        hold_update.as_row() | {"id": hold_update.hold.id} for hold_update in updates if hold_update.hold is not None
    ]
    if changed:
        session.execute(update(StockHold), changed)
    movements = [
        row | {"hold_id": ids[id(hold_update)] if hold_update.hold is None else hold_update.hold.id}
        for hold_update in updates
        for row in hold_update.rows
    ]
    insert_many(session, StockMovement, movements)


def _save_counters(session: Session, products: Mapping[int, _ProductStock]) -> None:
    rows = [
        {"the_id": id_, "pieces": product.pieces, "more": product.more}
        for id_, product in sorted(products.items())
        if product.pieces or product.more
    ]
    if rows:
        table = Product.__table__.c
        statement = update(Product.__table__).where(table.id == bindparam("the_id"))  # type: ignore[arg-type]
        statement = statement.values(
            quantity=table.quantity + bindparam("pieces"), reserved=table.reserved + bindparam("more")
        )
        session.execute(statement, rows)


def _update_reserved_flags(session: Session, rows: Sequence[Any], updates: Sequence[_HoldUpdate]) -> None:
    """Set on each Amazon order without an order whether stock is reserved for it."""
    reserved_quantities: dict[int, int] = defaultdict(int)
    for hold_update in updates:
        reserved_quantities[hold_update.order_id] += hold_update.after.reserved
    current = {row.id: (row.reserved, row.line_id is None) for row in rows}
    should_be_reserved = {id_: bool(waits and reserved_quantities[id_]) for id_, (_, waits) in current.items()}
    newly_reserved = [id_ for id_, on in should_be_reserved.items() if on and not current[id_][0]]
    no_longer_reserved = [id_ for id_, on in should_be_reserved.items() if current[id_][0] and not on]
    if newly_reserved:
        note = {"reserved": True, "note": "note_reserved", "note_args": {}}
        session.execute(update(AmazonOrder), [{"id": id_} | note for id_ in newly_reserved])
    if no_longer_reserved:
        session.execute(update(AmazonOrder), [{"id": id_, "reserved": False} for id_ in no_longer_reserved])
