"""Letting stock follow orders: whatever became of them, their lines are made to hold what they should.

Whoever changed an order calls `settle` in the same transaction, with its account locked. A page of orders takes a
handful of statements, none of an order that has nothing to do with stock that is kept.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from webapp.db.bulk_write import allocate_ids, insert_many
from webapp.domain.amazon import statuses as status
from webapp.domain.products import stock
from webapp.models.amazon_orders import AmazonOrder, AmazonOrderItem
from webapp.models.products import Product, StockHold, StockMovement
from webapp.queries.products import stock as reading

_CHUNK = 500
_HELD = tuple(field.name for field in fields(stock.StockEffect))


def reconcile(session: Session, amazon_order_ids: Collection[int], *, now: datetime, actor: str) -> None:
    """Bring stock to where these orders are. Does not commit; safe to repeat. All of one account, which is locked."""
    for some in _chunks(amazon_order_ids):
        _settle(session, some, now, actor)


def settle_products(session: Session, product_ids: Collection[int], *, now: datetime, actor: str) -> None:
    """The same for every open order of these products: stock has begun to be kept for them, or has ended to be."""
    found: set[int] = set()
    for some in _chunks(product_ids):
        lines = (
            select(AmazonOrder.id)
            .join(AmazonOrderItem, AmazonOrderItem.amazon_order_id == AmazonOrder.id)
            .join(Product, (Product.sku == AmazonOrderItem.sku) & (Product.account_id == AmazonOrder.account_id))
            .where(Product.id.in_(some), AmazonOrder.status.in_(stock.OPEN))
            .where(AmazonOrder.fulfilled_by == status.MERCHANT)
        )
        held = select(StockHold.amazon_order_id).where(StockHold.product_id.in_(some), StockHold.is_reserving())
        found.update(session.scalars(lines), session.scalars(held))
    reconcile(session, found, now=now, actor=actor)


def settle_store(session: Session, store_id: int, *, now: datetime, actor: str) -> None:
    """The same for a store's orders that Amazon still checks: its settings say anew whether they reserve."""
    pending = select(AmazonOrder.id).where(AmazonOrder.store_id == store_id, AmazonOrder.status.in_(status.NOT_YET))
    reconcile(session, session.scalars(pending).all(), now=now, actor=actor)


def release_store(session: Session, store_id: int, *, now: datetime, actor: str) -> None:
    """Let go what a store's orders hold, before they are deleted with it. Does not commit."""
    mine = select(AmazonOrder.id).where(AmazonOrder.store_id == store_id)
    sums = (
        select(StockHold.product_id, func.sum(StockHold.reserved))
        .where(StockHold.amazon_order_id.in_(mine), StockHold.is_reserving())
        .group_by(StockHold.product_id)
    )
    moves = {id_: [stock.StockDelta(stock.RELEASE, held=-int(pieces))] for id_, pieces in session.execute(sums)}
    move(session, moves, now=now, actor=actor)
    session.execute(
        delete(StockHold).where(StockHold.amazon_order_id.in_(mine)), execution_options={"synchronize_session": False}
    )


def move(
    session: Session,
    moves: Mapping[int, Sequence[stock.StockDelta]],
    *,
    now: datetime,
    actor: str,
    reason: str | None = None,
) -> None:
    """Write movements that no line of an order makes, by product id. Does not commit."""
    if not moves:
        return
    products = _products(session, moves.keys())
    rows = [
        products[id_].move(id_, one, now, actor) | {"reason": reason} for id_, some in moves.items() for one in some
    ]
    insert_many(session, StockMovement, rows)
    _count(session, products)


def _chunks(ids: Collection[int]) -> Iterator[Sequence[int]]:
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]


def _settle(session: Session, ids: Sequence[int], now: datetime, actor: str) -> None:
    session.flush()
    holds = reading.holds(session, ids)
    rows = reading.rows(session, ids, {order_id for order_id, _ in holds})
    if not rows and not holds:
        return
    back = reading.back(session, [row.line_id for row in rows if row.refunded])
    products = _products(session, {row.product_id for row in rows} | {hold.product_id for hold in holds.values()})
    steps = []
    for row in rows:
        hold = holds.pop((row.id, row.order_item_id), None)
        step = _Step(row.id, row.order_item_id, row.product_id if hold is None else hold.product_id, hold)
        product = products[step.product_id]
        line = _line(row, product, step.held, back.get(row.line_id, []))
        if hold is None:
            step.held = stock.first(line, counted=product.counts(row.purchased_at))
        steps.append(step.to(line, product, now, actor))
    for (order_id, item), hold in holds.items():
        # Amazon does not list the line any more: nothing of it is owed.
        step = _Step(order_id, item, hold.product_id, hold)
        steps.append(step.to(stock.untouched(step.held), products[hold.product_id], now, actor))
    _write(session, [step for step in steps if step.matters])
    _count(session, products)
    _mark(session, rows, steps)


@dataclass(slots=True)
class _Stock:
    """A product's counters as they run through the movements, and by how much they have moved."""

    managed: bool
    since: datetime | None
    quantity: int
    reserved: int
    pieces: int = 0
    more: int = 0

    def counts(self, purchased_at: datetime) -> bool:
        """Whether what was bought then is not yet in the quantity as it was counted."""
        return self.managed and self.since is not None and purchased_at >= self.since

    def move(self, product_id: int, one: stock.StockDelta, now: datetime, actor: str) -> dict[str, Any]:
        """The movement as its row."""
        self.quantity += one.pieces
        self.reserved += one.held
        self.pieces += one.pieces
        self.more += one.held
        return {
            "product_id": product_id,
            "at": now,
            "actor": actor,
            "kind": one.kind,
            "quantity_change": one.pieces,
            "reserved_change": one.held,
            "quantity": self.quantity,
            "reserved": self.reserved,
            "hold_id": None,
            "step": None,
            "reason": None,
        }


class _Step:
    """What a line holds, and what it did to come to hold it."""

    def __init__(self, order_id: int, item: str, product_id: int, hold: Any) -> None:
        self.order_id, self.item, self.product_id, self.hold = order_id, item, product_id, hold
        self.held = stock.StockEffect() if hold is None else stock.StockEffect(*(getattr(hold, name) for name in _HELD))
        self.steps: int = 0 if hold is None else hold.steps
        self.after = self.held
        self.rows: list[dict[str, Any]] = []

    def to(self, line: stock.Line, product: _Stock, now: datetime, actor: str) -> "_Step":
        self.after, moves = stock.settle(line, self.held, managed=product.managed)
        self.rows = [
            product.move(self.product_id, one, now, actor) | {"step": self.steps + place}
            for place, one in enumerate(moves, start=1)
        ]
        return self

    @property
    def matters(self) -> bool:
        return bool(self.rows) or (self.hold is not None and self.after != self.held)

    def as_row(self) -> dict[str, Any]:
        return {name: getattr(self.after, name) for name in _HELD} | {"steps": self.steps + len(self.rows)}


def _line(row: Any, product: _Stock, held: stock.StockEffect, back: Sequence[tuple[datetime, int]]) -> stock.Line:
    if row.fulfilled_by != status.MERCHANT:
        return stock.untouched(held)
    if row.line_id is None:
        store = stock.Store(
            import_orders=row.import_orders,
            reserve_pending=row.pending_orders == "reserve",
            blocks=row.unready_products == stock.BLOCK,
            orders_from=row.orders_from,
        )
        free = product.quantity - product.reserved
        blocked = row.blocked is not None
        return stock.of_amazon_order(
            row.quantity, row.status, row.purchased_at, store, held, blocked=blocked, free=free
        )
    before = sum(pieces for at, pieces in back if product.since is not None and at < product.since)
    return stock.of_order(row, row.quantity, sum(pieces for _, pieces in back), before)


def _products(session: Session, ids: Collection[int]) -> dict[int, _Stock]:
    """Their counters, locked, always in the same order so that nobody waits crosswise."""
    wanted = (
        select(Product.id, Product.manage_stock, Product.managed_since, Product.quantity, Product.reserved)
        .where(Product.id.in_(ids))
        .order_by(Product.id)
        .with_for_update()
    )
    return {row.id: _Stock(*row[1:]) for row in session.execute(wanted)}


def _write(session: Session, steps: Sequence[_Step]) -> None:
    new = [step for step in steps if step.hold is None]
    ids = dict(zip(map(id, new), allocate_ids(session, StockHold, len(new)) if new else (), strict=True))
    made = [
        step.as_row()
        | {
            "id": ids[id(step)],
            "product_id": step.product_id,
            "amazon_order_id": step.order_id,
            "order_item_id": step.item,
        }
        for step in new
    ]
    insert_many(session, StockHold, made)
    changed = [step.as_row() | {"id": step.hold.id} for step in steps if step.hold is not None]
    if changed:
        session.execute(update(StockHold), changed)
    moved = [
        row | {"hold_id": ids[id(step)] if step.hold is None else step.hold.id} for step in steps for row in step.rows
    ]
    insert_many(session, StockMovement, moved)


def _count(session: Session, products: Mapping[int, _Stock]) -> None:
    moved = [
        {"the_id": id_, "pieces": one.pieces, "more": one.more}
        for id_, one in sorted(products.items())
        if one.pieces or one.more
    ]
    if moved:
        table = Product.__table__.c
        counted = update(Product.__table__).where(table.id == bindparam("the_id"))  # type: ignore[arg-type]
        counted = counted.values(
            quantity=table.quantity + bindparam("pieces"), reserved=table.reserved + bindparam("more")
        )
        session.execute(counted, moved)


def _mark(session: Session, rows: Sequence[Any], steps: Sequence[_Step]) -> None:
    """Say on each Amazon order whether stock is held for it while there is no Order."""
    held: dict[int, int] = defaultdict(int)
    for step in steps:
        held[step.order_id] += step.after.reserved
    known = {row.id: (row.reserved, row.line_id is None) for row in rows}
    wanted = {id_: bool(waits and held[id_]) for id_, (_, waits) in known.items()}
    told = [id_ for id_, on in wanted.items() if on and not known[id_][0]]
    quiet = [id_ for id_, on in wanted.items() if known[id_][0] and not on]
    if told:
        note = {"reserved": True, "note": "note_reserved", "note_args": {}}
        session.execute(update(AmazonOrder), [{"id": id_} | note for id_ in told])
    if quiet:
        session.execute(update(AmazonOrder), [{"id": id_, "reserved": False} for id_ in quiet])
