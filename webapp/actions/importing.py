"""One page of Amazon's orders, one transaction: mirror, Orders, events and the cursor, or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session, selectinload

from webapp import crashpoints
from webapp.actions import (
    accounts,
    catalogue,
    daily_sales,
    events,
    following,
    mirror,
    orders,
    quarantine,
    recognising,
    search_index,
    stock,
    vat_invoices,
)
from webapp.actions.bulk import insert_many
from webapp.domain import amazon_status, importing
from webapp.domain.amazon_orders import AmazonOrder, Unread, Unreadable
from webapp.domain.stock import CAUSES, Hindrance
from webapp.models import amazon_orders as rows
from webapp.models import packed
from webapp.models.events import Event
from webapp.models.orders import Order
from webapp.models.stores import Store
from webapp.models.submissions import Submission

_NOTHING = importing.Verdict(importing.NOTHING)
_BEING_TOLD = (
    select(rows.AmazonOrder.id)
    .join(Submission, Submission.amazon_order_id == rows.AmazonOrder.id)
    .where(rows.AmazonOrder.account_id == bindparam("account_id"), Submission.open)
    .where(rows.AmazonOrder.number.in_(bindparam("numbers", expanding=True)))
)


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
    session: Session, account_id: int, page: Sequence[Unread | AmazonOrder | Unreadable], *, now: datetime, by: str
) -> Counts:
    """Write down a page of orders. Does not commit: the cursor belongs to the same transaction.

    Safe to repeat: an order that says nothing new is counted as the same and writes nothing.
    """
    accounts.lock(session, account_id)
    counts = Counts(received=len(page))
    stored = recognising.stored(session, account_id, [order.number for order in page if order.number])
    same, others = recognising.recognise(page, stored)
    counts.same += len(same)
    stores = _stores(session, account_id) if others else {}
    readable = _readable(session, account_id, others, stores, counts, now)
    arrivals, changes, current = _compare(readable, stored, counts)
    arrived = _write_new(session, account_id, arrivals, stores, now, by) if arrivals else []
    changed = _write_changed(session, account_id, changes, now) if changes else []
    _note_read(session, account_id, same + current, now)
    quarantine.resolve(session, account_id, same + [order.number for order in readable], now)
    crashpoints.crash("import.mirror_written")
    if arrived or changed:
        numbers, blocked = _make_orders(session, arrived, changed, stores, counts, now, by)
        search_index.write_new(session, arrived, numbers)
        daily_sales.add(session, [(stores[order.marketplace_id], order, id_ in blocked) for id_, order in arrived])
        daily_sales.mark(session, [(stores[order.marketplace_id].id, order.purchased_at) for _, order in changed])
    crashpoints.crash("import.orders_written")
    return counts


def _readable(
    session: Session,
    account_id: int,
    page: Sequence[AmazonOrder | Unreadable],
    stores: dict[str, Store],
    counts: Counts,
    now: datetime,
) -> list[AmazonOrder]:
    """The orders that can be read, one of each number; the others go to quarantine."""
    readable = recognising.latest([found for found in page if isinstance(found, AmazonOrder)])
    unreadable = [found for found in page if isinstance(found, Unreadable)]
    for order in [order for order in readable if order.marketplace_id not in stores]:
        unreadable.append(Unreadable("no store for its marketplace", order.raw, order.number))
        readable.remove(order)
    if unreadable:
        quarantine.keep(session, account_id, unreadable, now)
        counts.quarantined += len(unreadable)
    return readable


def _stores(session: Session, account_id: int) -> dict[str, Store]:
    found = session.scalars(select(Store).where(Store.account_id == account_id))
    return {store.marketplace_id: store for store in found}


def _compare(
    readable: Sequence[AmazonOrder], stored: dict[str, importing.Stored], counts: Counts
) -> tuple[list[tuple[AmazonOrder, bytes]], list[tuple[AmazonOrder, bytes]], list[str]]:
    """What is new, what has changed, and the numbers of all that were known and are not stale."""
    arrivals, changes, current = [], [], []
    for order in readable:
        digest = packed.digest(order.raw)
        outcome = importing.compare(stored.get(order.number), order, digest)
        setattr(counts, outcome, getattr(counts, outcome) + 1)
        if outcome == importing.NEW:
            arrivals.append((order, digest))
        elif outcome == importing.CHANGED:
            changes.append((order, digest))
        if outcome in {importing.CHANGED, importing.SAME}:
            current.append(order.number)
    return arrivals, changes, current


def _note_read(session: Session, account_id: int, numbers: Sequence[str], now: datetime) -> None:
    """What says nothing new is news where Amazon is being told something of the order: it is as it was."""
    if not numbers:
        return
    ids = set(session.scalars(_BEING_TOLD, {"account_id": account_id, "numbers": numbers}))
    if ids:
        session.execute(update(rows.AmazonOrder).where(rows.AmazonOrder.id.in_(ids)).values(read_at=now))


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
    arrived: Sequence[tuple[int, AmazonOrder]],
    changed: Sequence[tuple[int, AmazonOrder]],
    stores: dict[str, Store],
    counts: Counts,
    now: datetime,
    by: str,
) -> tuple[dict[int, str], set[int]]:
    """Make the Orders that are due, and let those there are follow Amazon.

    Answers the numbers of those made, and what is blocked, by the ids of the Amazon orders.
    """
    # Of an order that has just arrived there can be no Order, and nothing can have been asked about it.
    has_order = _having_orders(session, [id_ for id_, _ in changed])
    written = [*arrived, *changed]
    account_id = next(iter(stores.values())).account_id
    wanting, verdicts, pending = [], {}, []
    settings = {marketplace_id: store_settings(store) for marketplace_id, store in stores.items()}
    for id_, order in written:
        store = stores[order.marketplace_id]
        verdict = importing.decide(order, settings[order.marketplace_id]) if id_ not in has_order else _NOTHING
        verdicts[id_] = verdict
        if verdict.what == importing.CREATE:
            wanting.append((id_, order, store))
        elif store.import_orders and order.status in amazon_status.NOT_YET:
            pending.append((id_, order, store))
    session.flush()
    catalogue.meet(session, account_id, pending, now=now)
    due, hindered = catalogue.admit(session, account_id, wanting, now=now)
    verdicts |= {id_: blocked_by(found) for id_, found in hindered.items()}
    counts.blocked += sum(verdict.what == importing.BLOCK for verdict in verdicts.values())
    told = [{"id": id_} | _note(verdict) for id_, verdict in verdicts.items() if verdict.cause]
    # A row inserted just now is not blocked; one that changed may have been.
    quiet = [{"id": id_, "blocked": None} for id_, _ in changed if not verdicts[id_].cause]
    for some in (told, quiet):
        if some:
            session.execute(update(rows.AmazonOrder), some)
    made = orders.create_many(session, due, now=now, by=by)
    counts.orders_created += len(made)
    following.follow(session, [(id_, order) for id_, order in changed if id_ in has_order], now=now)
    if any(store.upload_invoices for store in stores.values()):
        vat_invoices.follow(session, [id_ for id_, _ in written], now=now, by=by)
    if changed:
        following.settle_submissions(session, changed, now=now)
    stock.settle(session, [id_ for id_, _ in written], now=now, by=by)
    return made, {id_ for id_, verdict in verdicts.items() if verdict.cause}


def _having_orders(session: Session, ids: Sequence[int]) -> set[int]:
    if not ids:
        return set()
    return set(session.scalars(select(Order.amazon_order_id).where(Order.amazon_order_id.in_(ids))))


def _note(verdict: importing.Verdict) -> dict[str, Any]:
    """The columns that say why there is no Order yet."""
    if verdict.cause is None:
        return {"blocked": None, "note": None, "note_args": {}}
    args = {"cause": verdict.cause} | ({} if verdict.sku is None else {"sku": verdict.sku})
    return {"blocked": verdict.cause, "note": "note_blocked", "note_args": args}


def store_settings(store: Store) -> importing.StoreSettings:
    return importing.StoreSettings(
        active=store.active,
        import_orders=store.import_orders,
        orders_from=store.orders_from,
    )


def retry_blocked(session: Session, account_id: int, *, now: datetime, by: str, most: int = 500) -> int:
    """Try again to make the Orders that could not be made; answers how many were. Does not commit."""
    accounts.lock(session, account_id)
    blocked = select(rows.AmazonOrder).where(
        rows.AmazonOrder.account_id == account_id, rows.AmazonOrder.blocked.is_not(None)
    )
    # Those that wait for a product are retried when it is put right; many of them must not keep the others waiting.
    wait_for_product = rows.AmazonOrder.blocked.in_(CAUSES)
    first = blocked.order_by(wait_for_product, rows.AmazonOrder.purchased_at, rows.AmazonOrder.id).limit(most)
    waiting = session.scalars(first.options(selectinload(rows.AmazonOrder.items))).all()
    return retry(session, waiting, now=now, by=by)


def retry(session: Session, waiting: Sequence[rows.AmazonOrder], *, now: datetime, by: str) -> int:
    """Decide again about mirrors of one account without an Order; answers how many were made. Does not commit."""
    if not waiting:
        return 0
    wanting, verdicts = [], {}
    for known in waiting:
        order = mirror.read(known)
        verdicts[known.id] = importing.decide(order, store_settings(known.store))
        if verdicts[known.id].what == importing.CREATE:
            wanting.append((known.id, order, known.store))
    due, hindered = catalogue.admit(session, waiting[0].account_id, wanting, now=now)
    verdicts |= {id_: blocked_by(found) for id_, found in hindered.items()}
    for known in waiting:
        if known.blocked != verdicts[known.id].cause:
            block(known, verdicts[known.id])
    return len(make(session, due, now=now, by=by))


def make(session: Session, due: Sequence[orders.Due], *, now: datetime, by: str) -> dict[int, str]:
    """Make the Orders of these, and let stock follow; answers their numbers by their mirrors' ids. Does not commit."""
    made = orders.create_many(session, due, now=now, by=by)
    search_index.mark(session, *made)
    stock.settle(session, [id_ for id_, _, _ in due], now=now, by=by)
    return made


def blocked_by(found: Hindrance) -> importing.Verdict:
    return importing.Verdict(importing.BLOCK, found.cause, found.sku)


def block(known: rows.AmazonOrder, verdict: importing.Verdict) -> None:
    """Say on the mirror why there is no Order of it, or that nothing is in its way."""
    for name, value in _note(verdict).items():
        setattr(known, name, value)
