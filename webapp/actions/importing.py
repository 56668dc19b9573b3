"""One page of Amazon's orders, one transaction: mirror, Orders, events and the cursor, or nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session, selectinload

from webapp import crashpoints
from webapp.actions import accounts, events, following, mirror, orders, quarantine
from webapp.actions.bulk import insert_many
from webapp.domain import importing
from webapp.domain.amazon_orders import AmazonOrder, Unreadable
from webapp.models import amazon_orders as rows
from webapp.models.events import Event
from webapp.models.orders import Order
from webapp.models.stores import Store


@dataclass(slots=True)
class Counts:
    """What became of the orders of a page, or of a whole run."""

    received: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    stale: int = 0
    blocked: int = 0
    quarantined: int = 0
    orders_created: int = 0

    def add(self, other: "Counts") -> None:
        for row in fields(self):
            setattr(self, row.name, getattr(self, row.name) + getattr(other, row.name))


def import_page(
    session: Session, account_id: int, page: Sequence[AmazonOrder | Unreadable], *, now: datetime, by: str
) -> Counts:
    """Write down a page of orders. Does not commit: the cursor belongs to the same transaction.

    Safe to repeat: an order that says nothing new is counted as the same and writes nothing.
    """
    accounts.lock(session, account_id)
    counts = Counts(received=len(page))
    stores = _stores(session, account_id)
    readable = _latest([found for found in page if isinstance(found, AmazonOrder)])
    unreadable = [found for found in page if isinstance(found, Unreadable)]
    for order in [order for order in readable if order.marketplace_id not in stores]:
        unreadable.append(Unreadable("no store for its marketplace", order.raw, order.number))
        readable.remove(order)
    if unreadable:
        quarantine.keep(session, account_id, unreadable, now)
        counts.quarantined += len(unreadable)
    arrivals, changes = _compare(session, account_id, readable, counts)
    arrived = _write_new(session, account_id, arrivals, stores, now, by) if arrivals else []
    changed = _write_changed(session, account_id, changes, now) if changes else []
    quarantine.resolve(session, account_id, [order.number for order in readable], now)
    crashpoints.crash("import.mirror_written")
    _make_orders(session, arrived + changed, {id_ for id_, _ in arrived}, stores, counts, now, by)
    crashpoints.crash("import.orders_written")
    return counts


def _stores(session: Session, account_id: int) -> dict[str, Store]:
    found = session.scalars(select(Store).where(Store.account_id == account_id))
    return {store.marketplace_id: store for store in found}


def _latest(orders: Iterable[AmazonOrder]) -> list[AmazonOrder]:
    """One of each number: a page may hold an order twice, and not in the order of its updates."""
    latest: dict[str, AmazonOrder] = {}
    for order in orders:
        known = latest.get(order.number)
        if known is None or order.last_updated_at >= known.last_updated_at:
            latest[order.number] = order
    return list(latest.values())


def _compare(
    session: Session, account_id: int, readable: Sequence[AmazonOrder], counts: Counts
) -> tuple[list[tuple[AmazonOrder, bytes]], list[tuple[AmazonOrder, bytes]]]:
    columns = (rows.AmazonOrder.number, rows.AmazonOrder.last_updated_at, rows.AmazonOrder.digest)
    mine = rows.AmazonOrder.account_id == account_id
    numbers = [order.number for order in readable]
    known = {
        number: importing.Stored(last_updated_at, digest)
        for number, last_updated_at, digest in session.execute(
            select(*columns).where(mine, rows.AmazonOrder.number.in_(numbers))
        )
    }
    arrivals, changes = [], []
    for order in readable:
        digest = importing.digest(order.raw)
        outcome = importing.compare(known.get(order.number), order, digest)
        setattr(counts, outcome, getattr(counts, outcome) + 1)
        if outcome == importing.NEW:
            arrivals.append((order, digest))
        elif outcome == importing.CHANGED:
            changes.append((order, digest))
    return arrivals, changes


def _write_new(
    session: Session,
    account_id: int,
    arrivals: Sequence[tuple[AmazonOrder, bytes]],
    stores: dict[str, Store],
    now: datetime,
    by: str,
) -> list[tuple[int, AmazonOrder]]:
    placed = [(order, digest, stores[order.marketplace_id].id) for order, digest in arrivals]
    ids = mirror.insert_new(session, account_id, placed, now)
    told = [
        {
            "at": now,
            "by": by,
            "kind": "amazon_order_arrived",
            "args": {"status": order.status},
            "account_id": account_id,
            "store_id": store_id,
            "amazon_order_id": id_,
        }
        for id_, (order, _, store_id) in zip(ids, placed, strict=True)
    ]
    insert_many(session, Event, told)
    return [(id_, order) for id_, (order, _, _) in zip(ids, placed, strict=True)]


def _write_changed(
    session: Session, account_id: int, changes: Sequence[tuple[AmazonOrder, bytes]], now: datetime
) -> list[tuple[int, AmazonOrder]]:
    by_number = {order.number: (order, digest) for order, digest in changes}
    mine = select(rows.AmazonOrder).where(rows.AmazonOrder.account_id == account_id)
    written = []
    for known in session.scalars(mine.where(rows.AmazonOrder.number.in_(by_number))).all():
        order, digest = by_number[known.number]
        difference = mirror.update(session, known, order, digest, now)
        if difference:
            events.record_on_amazon_order(session, "amazon_order_changed", known, now=now, by="amazon", **difference)
            if "status" in difference:
                known.note, known.note_args = "note_status", {"status": order.status}
        written.append((known.id, order))
    return written


def _make_orders(
    session: Session,
    written: Sequence[tuple[int, AmazonOrder]],
    arrived: set[int],
    stores: dict[str, Store],
    counts: Counts,
    now: datetime,
    by: str,
) -> None:
    """Make the Orders that are due, and let those there are follow Amazon."""
    if not written:
        return
    ids = [id_ for id_, _ in written]
    has_order = set(session.scalars(select(Order.amazon_order_id).where(Order.amazon_order_id.in_(ids))))
    due, notes = [], []
    for id_, order in written:
        store = stores[order.marketplace_id]
        settings = store_settings(store)
        verdict = importing.decide(order, settings) if id_ not in has_order else importing.Verdict(importing.NOTHING)
        if verdict.what == importing.CREATE:
            due.append((id_, order, store))
        counts.blocked += verdict.what == importing.BLOCK
        notes.append(_note(id_, verdict, importing.reserves(order, settings)))
    session.flush()
    told = [note for note in notes if note["note"]]
    # A row inserted just now is neither blocked nor reserved; one that changed may have been.
    quiet = [
        {"id": note["id"], "blocked": None, "reserved": False}
        for note in notes
        if not note["note"] and note["id"] not in arrived
    ]
    for some in (told, quiet):
        if some:
            session.execute(update(rows.AmazonOrder), some)
    counts.orders_created += len(orders.create_many(session, due, now=now, by=by))
    following.follow(session, [(id_, order) for id_, order in written if id_ in has_order], now=now)
    # Nothing can have been asked about an order that has just arrived.
    following.settle_submissions(session, [(id_, order) for id_, order in written if id_ not in arrived], now=now)


def _note(id_: int, verdict: importing.Verdict, reserved: bool) -> dict[str, Any]:
    note, args = None, {}
    if verdict.cause:
        note, args = "note_blocked", {"cause": verdict.cause}
    elif reserved:
        note = "note_reserved"
    return {"id": id_, "blocked": verdict.cause, "reserved": reserved, "note": note, "note_args": args}


def store_settings(store: Store) -> importing.StoreSettings:
    return importing.StoreSettings(
        active=store.active,
        import_orders=store.import_orders,
        orders_from=store.orders_from,
        reserve_pending=store.pending_orders == "reserve",
    )


def retry_blocked(session: Session, account_id: int, *, now: datetime, by: str, most: int = 500) -> int:
    """Try again to make the Orders that could not be made; answers how many were. Does not commit."""
    accounts.lock(session, account_id)
    blocked = select(rows.AmazonOrder).where(
        rows.AmazonOrder.account_id == account_id, rows.AmazonOrder.blocked.is_not(None)
    )
    waiting = session.scalars(blocked.options(selectinload(rows.AmazonOrder.items)).limit(most)).all()
    return retry(session, waiting, now=now, by=by)


def retry(session: Session, waiting: Sequence[rows.AmazonOrder], *, now: datetime, by: str) -> int:
    """Decide again about mirrors without an Order. Does not commit."""
    due = []
    for known in waiting:
        order = mirror.read(known)
        verdict = importing.decide(order, store_settings(known.store))
        if verdict.what == importing.CREATE:
            due.append((known.id, order, known.store))
        if known.blocked != verdict.cause:
            known.blocked = verdict.cause
            known.note, known.note_args = ("note_blocked", {"cause": verdict.cause}) if verdict.cause else (None, {})
    return len(orders.create_many(session, due, now=now, by=by))
