"""Import one page of Amazon orders in one transaction: Amazon orders, orders, stock, history and statistics."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
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
from webapp.domain.sync import import_rules
from webapp.models import amazon_orders as rows
from webapp.models.audit_log import Event
from webapp.models.orders import Order
from webapp.models.stores import Store
from webapp.services import audit_log
from webapp.services.accounts import daily_sales, locking
from webapp.services.listing import search_indexer
from webapp.services.orders import creation as order_creation
from webapp.services.products import availability_check, stock_ledger
from webapp.services.submissions import vat_invoices
from webapp.services.sync import incomplete_orders, quarantine
from webapp.services.sync.importing import change_detection, order_decisions, reconciliation
from webapp.services.sync.importing import upsert as amazon_order_upsert
from webapp.services.sync.reports import reported_orders


@dataclass(slots=True)
class Counts:
    """The results of the orders of a page, or of a whole run."""

    received: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    stale: int = 0
    blocked: int = 0
    quarantined: int = 0
    orders_created: int = 0


def import_page(
    session: Session,
    account_id: int,
    page: Sequence[RawOrder | AmazonOrder | UnparseableOrder],
    *,
    now: datetime,
    actor: str,
) -> Counts:
    """Store a page of orders. Does not commit: the cursor belongs to the same transaction.

    Safe to repeat: an unchanged order is counted as the same and writes nothing.
    """
    locking.lock_orders(session, account_id)
    enlarge_cache(session.connection())
    counts = Counts(received=len(page))
    stored = change_detection.load_stored(session, account_id, [order.number for order in page if order.number])
    unchanged, others = change_detection.split_unchanged(page, stored)
    counts.same += len(unchanged)
    stores = _load_stores(session, account_id) if others else {}
    parsed = _parse_or_quarantine(session, account_id, others, stores, stored, counts, now)
    new, changed, current = _compare(parsed, stored, counts)
    _set_read_at(session, [stored[number] for number in unchanged + current], now)
    quarantine.resolve(session, account_id, unchanged + [order.number for order in parsed], now)
    ids = _write(session, account_id, new, changed, stores, counts, now, actor) if new or changed else {}
    missing_of_raw = {order.number: order.missing for order in page if isinstance(order, RawOrder)}
    missing = {number: missing_of_raw[number] for number in unchanged}
    missing |= {order.number: order.missing for order in parsed if order.number in ids or order.number in current}
    _record_missing(session, account_id, missing, ids, stored, set(unchanged), now)
    fault_points.crash("import.orders_written")
    return counts


def _parse_or_quarantine(
    session: Session,
    account_id: int,
    page: Sequence[AmazonOrder | UnparseableOrder],
    stores: dict[str, Store],
    stored: dict[str, import_rules.StoredOrder],
    counts: Counts,
    now: datetime,
) -> list[AmazonOrder]:
    """Return the parsed orders, the latest of each number. Unparseable ones and those of no store go to quarantine."""
    parsed = [
        order
        if order.marketplace_id
        else replace(order, marketplace_id=_get_marketplace(session, order, stores, stored))
        for order in change_detection.select_latest([order for order in page if isinstance(order, AmazonOrder)])
    ]
    unparseable = [order for order in page if isinstance(order, UnparseableOrder)]
    for order in [order for order in parsed if order.marketplace_id not in stores]:
        unparseable.append(UnparseableOrder("no store for its marketplace", order.raw, order.number))
        parsed.remove(order)
    if unparseable:
        quarantine.add(session, account_id, unparseable, now)
        counts.quarantined += len(unparseable)
    return parsed


def _get_marketplace(
    session: Session, order: AmazonOrder, stores: dict[str, Store], stored: dict[str, import_rules.StoredOrder]
) -> str:
    """Return the marketplace of an order that does not name one: the stored one, or the only possible one, or ""."""
    if order.number in stored:
        of_store = select(Store.marketplace_id).join(rows.AmazonOrder, rows.AmazonOrder.store_id == Store.id)
        return session.scalars(of_store.where(rows.AmazonOrder.id == stored[order.number].id)).one()
    currency = import_rules.calculate_total(order, "").currency
    possible = [id_ for id_ in stores if len(stores) == 1 or stores[id_].marketplace.currency == currency]
    return possible[0] if len(possible) == 1 else ""


def _load_stores(session: Session, account_id: int) -> dict[str, Store]:
    stores = session.scalars(select(Store).where(Store.account_id == account_id))
    return {store.marketplace_id: store for store in stores}


def _compare(
    parsed: Sequence[AmazonOrder], stored: dict[str, import_rules.StoredOrder], counts: Counts
) -> tuple[list[tuple[AmazonOrder, bytes]], list[tuple[AmazonOrder, bytes]], list[str]]:
    """Return the new and the changed orders with their digests, and the numbers of stored orders that are not stale."""
    new, changed, current = [], [], []
    for order in parsed:
        digest = compressed_json.digest(order.raw)
        outcome = import_rules.compare(stored.get(order.number), order, digest)
        setattr(counts, outcome, getattr(counts, outcome) + 1)
        if outcome == import_rules.NEW:
            new.append((order, digest))
        elif outcome == import_rules.CHANGED:
            changed.append((order, digest))
        if outcome in {import_rules.CHANGED, import_rules.SAME}:
            current.append(order.number)
    return new, changed, current


def _set_read_at(session: Session, stored: Sequence[import_rules.StoredOrder], now: datetime) -> None:
    """Store when orders with open submissions were read: the submissions wait for a fresh read, changed or not."""
    ids = [order.id for order in stored if order.is_being_submitted]
    if ids:
        session.execute(update(rows.AmazonOrder).where(rows.AmazonOrder.id.in_(ids)).values(read_at=now))


def _record_missing(
    session: Session,
    account_id: int,
    missing: Mapping[str, frozenset[str]],
    ids: Mapping[str, int],
    stored: Mapping[str, import_rules.StoredOrder],
    unchanged: Collection[str],
    now: datetime,
) -> None:
    """Record which datasets these orders lack, by number; `ids` are those of the new ones."""
    id_of = {
        number: ids[number] if number in ids else stored[number].id
        for number, datasets in missing.items()
        if datasets or (number in stored and stored[number].incomplete)
    }
    incomplete_orders.record(
        session,
        account_id,
        {id_: missing[number] for number, id_ in id_of.items()},
        unchanged={id_ for number, id_ in id_of.items() if number in unchanged},
        now=now,
    )


def _write(
    session: Session,
    account_id: int,
    new: Sequence[tuple[AmazonOrder, bytes]],
    changed: Sequence[tuple[AmazonOrder, bytes]],
    stores: dict[str, Store],
    counts: Counts,
    now: datetime,
    actor: str,
) -> dict[str, int]:
    """Store new and changed Amazon orders, create the orders that are due, and reconcile the existing ones.

    Returns the ids of the new Amazon orders by number.
    """
    ids = amazon_order_upsert.reserve_ids(session, len(new))
    inserted = [(id_, order, stores[order.marketplace_id]) for id_, (order, _) in zip(ids, new, strict=True)]
    updated = [
        (id_, order, stores[order.marketplace_id]) for id_, order in _write_changed(session, account_id, changed, now)
    ]
    # A new Amazon order has no order and no submissions.
    with_order = _find_ids_with_order(session, [id_ for id_, _, _ in updated])
    candidates = [*inserted, *(entry for entry in updated if entry[0] not in with_order)]
    session.flush()
    pending = [entry for entry in candidates if entry[2].import_orders and entry[1].status in statuses.NOT_YET]
    availability_check.create_missing(session, account_id, pending, now=now)
    due, decisions = order_decisions.decide(session, account_id, candidates, now=now)
    counts.blocked += sum(decision.what == import_rules.BLOCK for decision in decisions.values())
    numbers = order_creation.allocate_numbers(session, due)
    # The decision is known before the row is written, so that each row is written once.
    notes = {
        id_: order_creation.build_note_columns(numbers[id_])
        if id_ in numbers
        else order_decisions.get_status_columns(decisions[id_])
        for id_, _, _ in inserted
    }
    amazon_order_upsert.insert_new(session, inserted, [digest for _, digest in new], notes, now)
    insert_many(session, Event, [_build_arrival_event(account_id, entry, now, actor) for entry in inserted])
    fault_points.crash("import.amazon_orders_written")
    _update_block_reasons(session, [id_ for id_, _, _ in updated], decisions)
    order_creation.create_many(session, due, numbers, now=now, actor=actor)
    order_creation.set_created_notes(session, {id_: number for id_, number in numbers.items() if id_ not in notes})
    counts.orders_created += len(due)
    _reconcile(session, inserted, updated, with_order, now, actor)
    search_indexer.index_new(session, [(id_, order) for id_, order, _ in inserted], numbers)
    daily_sales.add_orders(
        session, [(store, order, notes[id_]["blocked"] is not None) for id_, order, store in inserted]
    )
    daily_sales.mark_dirty(session, [(store.id, order.purchased_at) for _, order, store in updated])
    return {order.number: id_ for id_, order, _ in inserted}


def _update_block_reasons(
    session: Session, ids: Sequence[int], decisions: Mapping[int, import_rules.ImportDecision]
) -> None:
    """Store the block reasons of changed Amazon orders, and remove those that no longer hold."""
    blocked = [
        {"id": id_} | order_decisions.get_status_columns(decisions[id_])
        for id_ in ids
        if id_ in decisions and decisions[id_].cause
    ]
    blocked_ids = {row["id"] for row in blocked}
    not_blocked = [{"id": id_, "blocked": None} for id_ in ids if id_ not in blocked_ids]
    for updates in (blocked, not_blocked):
        if updates:
            session.execute(update(rows.AmazonOrder), updates)


def _build_arrival_event(
    account_id: int, entry: order_creation.OrderToCreate, now: datetime, actor: str
) -> dict[str, Any]:
    id_, order, store = entry
    return {
        "at": now,
        "actor": actor,
        "kind": "amazon_order_arrived",
        "args": {"status": order.status},
        "account_id": account_id,
        "store_id": store.id,
        "amazon_order_id": id_,
    }


def _reconcile(
    session: Session,
    inserted: Sequence[order_creation.OrderToCreate],
    updated: Sequence[order_creation.OrderToCreate],
    with_order: set[int],
    now: datetime,
    actor: str,
) -> None:
    """Bring orders, submissions, uploaded invoices and stock in line with the stored Amazon orders."""
    written = [*inserted, *updated]
    reconciliation.reconcile_orders(session, [(id_, order) for id_, order, _ in updated if id_ in with_order], now=now)
    if any(store.upload_invoices for _, _, store in written):
        vat_invoices.queue_due(session, [id_ for id_, _, _ in written], now=now, actor=actor)
    if updated:
        reconciliation.confirm_submissions(session, [(id_, order) for id_, order, _ in updated], now=now)
    stock_ledger.reconcile(session, [id_ for id_, _, _ in written], now=now, actor=actor)


def _write_changed(
    session: Session, account_id: int, changed: Sequence[tuple[AmazonOrder, bytes]], now: datetime
) -> list[tuple[int, AmazonOrder]]:
    if not changed:
        return []
    by_number = {order.number: (order, digest) for order, digest in changed}
    of_account = select(rows.AmazonOrder).where(rows.AmazonOrder.account_id == account_id)
    written = []
    for row in session.scalars(of_account.where(rows.AmazonOrder.number.in_(by_number))).all():
        order, digest = by_number[row.number]
        difference = amazon_order_upsert.update(session, row, order, digest, now)
        if difference:
            audit_log.record_on_amazon_order(
                session, "amazon_order_changed", row, now=now, actor="amazon", **difference
            )
            if "status" in difference:
                row.note, row.note_args = "note_status", {"status": order.status}
        if row.note == reported_orders.NOTE:
            row.note = None
        written.append((row.id, order))
    reported_orders.mark_read(session, [id_ for id_, _ in written])
    return written


def _find_ids_with_order(session: Session, ids: Sequence[int]) -> set[int]:
    if not ids:
        return set()
    return set(session.scalars(select(Order.amazon_order_id).where(Order.amazon_order_id.in_(ids))))
