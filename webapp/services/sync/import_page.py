"""One page of Amazon's orders, one transaction: mirror, Orders, events and the cursor, or nothing."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from webapp.core import fault_points
from webapp.db import compressed_json
from webapp.db.bulk_write import insert_many
from webapp.db.engine import enlarge_cache
from webapp.domain.amazon import statuses
from webapp.domain.amazon.types import AmazonOrder, RawOrder, UnparseableOrder
from webapp.domain.common import marketplaces
from webapp.domain.sync import import_rules
from webapp.models import amazon_orders as rows
from webapp.models.audit_log import Event
from webapp.models.orders import Order
from webapp.models.stores import Store
from webapp.services import audit_log
from webapp.services.accounts import accounts, daily_sales
from webapp.services.listing import search_indexer
from webapp.services.orders import creation as order_creation
from webapp.services.products import availability_check, stock_ledger
from webapp.services.submissions import vat_invoices
from webapp.services.sync import (
    change_detection,
    incomplete_orders,
    order_decisions,
    quarantine,
    reconciliation,
)
from webapp.services.sync import (
    upsert as amazon_order_upsert,
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
    session: Session,
    account_id: int,
    page: Sequence[RawOrder | AmazonOrder | UnparseableOrder],
    *,
    now: datetime,
    actor: str,
) -> Counts:
    """Write down a page of orders. Does not commit: the cursor belongs to the same transaction.

    Safe to repeat: an order that says nothing new is counted as the same and writes nothing.
    """
    accounts.lock_orders(session, account_id)
    enlarge_cache(session.connection())
    counts = Counts(received=len(page))
    stored = change_detection.stored(session, account_id, [order.number for order in page if order.number])
    same, others = change_detection.split_unchanged(page, stored)
    counts.same += len(same)
    stores = _stores(session, account_id) if others else {}
    readable = _readable(session, account_id, others, stores, stored, counts, now)
    arrivals, changes, current = _compare(readable, stored, counts)
    _note_read(session, [stored[number] for number in same + current], now)
    quarantine.resolve(session, account_id, same + [order.number for order in readable], now)
    ids = _write(session, account_id, arrivals, changes, stores, counts, now, actor) if arrivals or changes else {}
    unread = {order.number: order.missing for order in page if isinstance(order, RawOrder)}
    missing = {number: unread[number] for number in same}
    missing |= {order.number: order.missing for order in readable if order.number in ids or order.number in current}
    _note_missing(session, account_id, missing, ids, stored, set(same), now)
    fault_points.crash("import.orders_written")
    return counts


def _readable(
    session: Session,
    account_id: int,
    page: Sequence[AmazonOrder | UnparseableOrder],
    stores: dict[str, Store],
    stored: dict[str, import_rules.StoredOrder],
    counts: Counts,
    now: datetime,
) -> list[AmazonOrder]:
    """The orders that can be read, one of each number; the others go to quarantine."""
    readable = [
        order if order.marketplace_id else replace(order, marketplace_id=_marketplace(session, order, stores, stored))
        for order in change_detection.latest([found for found in page if isinstance(found, AmazonOrder)])
    ]
    unreadable = [found for found in page if isinstance(found, UnparseableOrder)]
    for order in [order for order in readable if order.marketplace_id not in stores]:
        unreadable.append(UnparseableOrder("no store for its marketplace", order.raw, order.number))
        readable.remove(order)
    if unreadable:
        quarantine.add(session, account_id, unreadable, now)
        counts.quarantined += len(unreadable)
    return readable


def _marketplace(
    session: Session, order: AmazonOrder, stores: dict[str, Store], stored: dict[str, import_rules.StoredOrder]
) -> str:
    """The marketplace of an order that does not name one: where it is already, or the only one it can be of; or ""."""
    if order.number in stored:
        of_store = select(Store.marketplace_id).join(rows.AmazonOrder, rows.AmazonOrder.store_id == Store.id)
        return session.scalars(of_store.where(rows.AmazonOrder.id == stored[order.number].id)).one()
    currency = import_rules.total_of(order, "").currency
    found = [id_ for id_ in stores if len(stores) == 1 or marketplaces.BY_ID[id_].currency == currency]
    return found[0] if len(found) == 1 else ""


def _stores(session: Session, account_id: int) -> dict[str, Store]:
    found = session.scalars(select(Store).where(Store.account_id == account_id))
    return {store.marketplace_id: store for store in found}


def _compare(
    readable: Sequence[AmazonOrder], stored: dict[str, import_rules.StoredOrder], counts: Counts
) -> tuple[list[tuple[AmazonOrder, bytes]], list[tuple[AmazonOrder, bytes]], list[str]]:
    """What is new, what has changed, and the numbers of all that were known and are not stale."""
    arrivals, changes, current = [], [], []
    for order in readable:
        digest = compressed_json.digest(order.raw)
        outcome = import_rules.compare(stored.get(order.number), order, digest)
        setattr(counts, outcome, getattr(counts, outcome) + 1)
        if outcome == import_rules.NEW:
            arrivals.append((order, digest))
        elif outcome == import_rules.CHANGED:
            changes.append((order, digest))
        if outcome in {import_rules.CHANGED, import_rules.SAME}:
            current.append(order.number)
    return arrivals, changes, current


def _note_read(session: Session, known: Iterable[import_rules.StoredOrder], now: datetime) -> None:
    """What says nothing new is news where Amazon is being told something of the order: it is as it was."""
    ids = [one.id for one in known if one.being_told]
    if ids:
        session.execute(update(rows.AmazonOrder).where(rows.AmazonOrder.id.in_(ids)).values(read_at=now))


def _note_missing(
    session: Session,
    account_id: int,
    missing: Mapping[str, frozenset[str]],
    ids: Mapping[str, int],
    stored: Mapping[str, import_rules.StoredOrder],
    same: Collection[str],
    now: datetime,
) -> None:
    """Record which datasets these orders lack, by number; `ids` are those of the new ones."""
    lacking = {
        number: datasets
        for number, datasets in missing.items()
        if datasets or (number in stored and stored[number].incomplete)
    }
    id_of = {number: ids[number] if number in ids else stored[number].id for number in lacking}
    unchanged = {id_of[number] for number in lacking if number in same}
    read = {id_of[number]: datasets for number, datasets in lacking.items()}
    incomplete_orders.note(session, account_id, read, unchanged=unchanged, now=now)


def _write(
    session: Session,
    account_id: int,
    arrivals: Sequence[tuple[AmazonOrder, bytes]],
    changes: Sequence[tuple[AmazonOrder, bytes]],
    stores: dict[str, Store],
    counts: Counts,
    now: datetime,
    actor: str,
) -> dict[str, int]:
    """Write down what is new and what has changed, make the Orders that are due, and let those there are follow.

    Returns the ids of what is new, by number.
    """
    ids = amazon_order_upsert.reserve_ids(session, len(arrivals))
    arrived = [(id_, order, stores[order.marketplace_id]) for id_, (order, _) in zip(ids, arrivals, strict=True)]
    changed = [
        (id_, order, stores[order.marketplace_id]) for id_, order in _write_changed(session, account_id, changes, now)
    ]
    # Of an order that has just arrived there can be no Order, and nothing can have been asked about it.
    has_order = _having_orders(session, [id_ for id_, _, _ in changed])
    due, found = _decide(session, account_id, [*arrived, *(one for one in changed if one[0] not in has_order)], now)
    counts.blocked += sum(verdict.what == import_rules.BLOCK for verdict in found.values())
    numbers = order_creation.take_numbers(session, due)
    # What becomes of an order is known before it is written, so that its row is written once.
    notes = {id_: _note(found[id_], numbers.get(id_)) for id_, _, _ in arrived}
    amazon_order_upsert.insert_new(session, arrived, [digest for _, digest in arrivals], notes, now)
    insert_many(session, Event, [_arrival(account_id, one, now, actor) for one in arrived])
    fault_points.crash("import.mirror_written")
    # A row inserted just now is not blocked; one that changed may have been.
    told = [(id_, found[id_].cause if id_ in found else None) for id_, _, _ in changed]
    for some in (
        [{"id": id_} | order_decisions.status_columns(found[id_]) for id_, cause in told if cause],
        [{"id": id_, "blocked": None} for id_, cause in told if not cause],
    ):
        if some:
            session.execute(update(rows.AmazonOrder), some)
    order_creation.create_many(session, due, numbers, now=now, actor=actor)
    order_creation.note(session, {id_: number for id_, number in numbers.items() if id_ not in notes})
    counts.orders_created += len(due)
    _follow(session, arrived, changed, has_order, now, actor)
    search_indexer.write_new(session, [(id_, order) for id_, order, _ in arrived], numbers)
    daily_sales.add(session, [(store, order, notes[id_]["blocked"] is not None) for id_, order, store in arrived])
    daily_sales.mark_dirty(session, [(store.id, order.purchased_at) for _, order, store in changed])
    return {order.number: id_ for id_, order, _ in arrived}


def _decide(
    session: Session, account_id: int, asked: Sequence[order_creation.Due], now: datetime
) -> tuple[list[order_creation.Due], dict[int, import_rules.ImportDecision]]:
    session.flush()
    pending = [one for one in asked if one[2].import_orders and one[1].status in statuses.NOT_YET]
    availability_check.create_missing(session, account_id, pending, now=now)
    return order_decisions.decide(session, account_id, asked, now=now)


def _note(verdict: import_rules.ImportDecision, number: str | None) -> dict[str, Any]:
    return order_decisions.status_columns(verdict) if number is None else order_creation.created_note(number)


def _arrival(account_id: int, arrived: order_creation.Due, now: datetime, actor: str) -> dict[str, Any]:
    id_, order, store = arrived
    return {
        "at": now,
        "actor": actor,
        "kind": "amazon_order_arrived",
        "args": {"status": order.status},
        "account_id": account_id,
        "store_id": store.id,
        "amazon_order_id": id_,
    }


def _follow(
    session: Session,
    arrived: Sequence[order_creation.Due],
    changed: Sequence[order_creation.Due],
    has_order: set[int],
    now: datetime,
    actor: str,
) -> None:
    """Let Orders, what is told to Amazon, invoices sent there and stock follow what was written."""
    written = [*arrived, *changed]
    reconciliation.reconcile_orders(session, [(id_, order) for id_, order, _ in changed if id_ in has_order], now=now)
    if any(store.upload_invoices for _, _, store in written):
        vat_invoices.follow(session, [id_ for id_, _, _ in written], now=now, actor=actor)
    if changed:
        reconciliation.confirm_submissions(session, [(id_, order) for id_, order, _ in changed], now=now)
    stock_ledger.reconcile(session, [id_ for id_, _, _ in written], now=now, actor=actor)


def _write_changed(
    session: Session, account_id: int, changes: Sequence[tuple[AmazonOrder, bytes]], now: datetime
) -> list[tuple[int, AmazonOrder]]:
    if not changes:
        return []
    by_number = {order.number: (order, digest) for order, digest in changes}
    mine = select(rows.AmazonOrder).where(rows.AmazonOrder.account_id == account_id)
    written = []
    for known in session.scalars(mine.where(rows.AmazonOrder.number.in_(by_number))).all():
        order, digest = by_number[known.number]
        difference = amazon_order_upsert.update(session, known, order, digest, now)
        if difference:
            audit_log.record_on_amazon_order(
                session, "amazon_order_changed", known, now=now, actor="amazon", **difference
            )
            if "status" in difference:
                known.note, known.note_args = "note_status", {"status": order.status}
        written.append((known.id, order))
    return written


def _having_orders(session: Session, ids: Sequence[int]) -> set[int]:
    if not ids:
        return set()
    return set(session.scalars(select(Order.amazon_order_id).where(Order.amazon_order_id.in_(ids))))
