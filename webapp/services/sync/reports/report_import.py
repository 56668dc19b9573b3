"""Store the orders of a report: those that are new, and those known from reports only. Others are left as they are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from webapp.db import compressed_json
from webapp.db.any_of import any_of
from webapp.db.bulk_write import insert_many
from webapp.db.engine import enlarge_cache
from webapp.domain.amazon import statuses
from webapp.domain.amazon.types import AmazonOrder
from webapp.models import amazon_orders as rows
from webapp.models.audit_log import Event
from webapp.models.reported_orders import ReportedOrder
from webapp.models.stores import Store
from webapp.services.accounts import daily_sales, locking
from webapp.services.listing import search_indexer
from webapp.services.sync import order_reads
from webapp.services.sync.importing import upsert as amazon_order_upsert
from webapp.services.sync.reports import reported_orders

BATCH = 500
# Finished orders older than this are not read through the Orders API: their personal data must not be kept any more.
RECENT = timedelta(days=30)

_STORED = (
    select(rows.AmazonOrder.number, rows.AmazonOrder.id, rows.AmazonOrder.digest, ReportedOrder.amazon_order_id)
    .outerjoin(ReportedOrder, ReportedOrder.amazon_order_id == rows.AmazonOrder.id)
    .where(rows.AmazonOrder.account_id == bindparam("account_id"), any_of(rows.AmazonOrder.number, "numbers"))
)


@dataclass(slots=True)
class ReportCounts:
    """What became of the orders of a report. `other`: orders of marketplaces without a store."""

    received: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    other: int = 0

    def add(self, counts: "ReportCounts") -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(counts, name))


def import_batch(
    session: Session, account_id: int, orders: Sequence[AmazonOrder], *, now: datetime, actor: str
) -> ReportCounts:
    """Store at most BATCH orders of a report. Does not commit. Safe to repeat: known orders are counted as the same.

    New orders that are open or recent are requested from the Orders API.
    """
    locking.lock_orders(session, account_id)
    enlarge_cache(session.connection())
    stores = {
        store.marketplace_id: store for store in session.scalars(select(Store).where(Store.account_id == account_id))
    }
    counts = ReportCounts(received=len(orders), other=sum(order.marketplace_id not in stores for order in orders))
    numbers = [order.number for order in orders]
    stored = {
        row[0]: row[1:] for row in session.connection().execute(_STORED, {"account_id": account_id, "numbers": numbers})
    }
    new, changed = [], []
    for order in orders:
        if order.marketplace_id not in stores:
            continue
        digest = compressed_json.digest(order.raw)
        if order.number not in stored:
            new.append((order, digest))
            continue
        id_, stored_digest, reported_id = stored[order.number]
        if reported_id is not None and stored_digest != digest:
            changed.append((id_, order, digest))
    counts.new, counts.changed = len(new), len(changed)
    counts.same = counts.received - counts.other - counts.new - counts.changed
    _insert(session, account_id, new, stores, now, actor)
    _update(session, changed, now)
    recent = [order for order, _ in new if order.status in statuses.OPEN or order.purchased_at > now - RECENT]
    order_reads.request(
        session,
        account_id,
        [(order.number, stores[order.marketplace_id].id, order.purchased_at) for order in recent],
        order_reads.REPORTED,
        now,
    )
    return counts


def _insert(
    session: Session,
    account_id: int,
    new: Sequence[tuple[AmazonOrder, bytes]],
    stores: dict[str, Store],
    now: datetime,
    actor: str,
) -> None:
    if not new:
        return
    ids = amazon_order_upsert.reserve_ids(session, len(new))
    inserted = [
        (id_, _without_work(order), stores[order.marketplace_id]) for id_, (order, _) in zip(ids, new, strict=True)
    ]
    note: dict[str, Any] = {"blocked": None, "note": reported_orders.NOTE, "note_args": {}}
    amazon_order_upsert.insert_new(session, inserted, [digest for _, digest in new], dict.fromkeys(ids, note), now)
    reported = [
        {"amazon_order_id": id_, "status": order.status, "last_updated_at": order.last_updated_at}
        for id_, (order, _) in zip(ids, new, strict=True)
    ]
    insert_many(session, ReportedOrder, reported)
    arrivals = [
        {
            "at": now,
            "actor": actor,
            "kind": "amazon_order_reported",
            "args": {"status": order.status},
            "account_id": account_id,
            "store_id": stores[order.marketplace_id].id,
            "amazon_order_id": id_,
        }
        for id_, (order, _) in zip(ids, new, strict=True)
    ]
    insert_many(session, Event, arrivals)
    search_indexer.index_new(session, [(id_, order) for id_, order, _ in inserted], {})
    daily_sales.add_orders(session, [(store, order, False) for _, order, store in inserted])


def _update(session: Session, changed: Sequence[tuple[int, AmazonOrder, bytes]], now: datetime) -> None:
    for id_, order, digest in changed:
        row = session.get_one(rows.AmazonOrder, id_)
        amazon_order_upsert.update(session, row, _without_work(order), digest, now)
        reported = session.get_one(ReportedOrder, id_)
        reported.status, reported.last_updated_at = order.status, order.last_updated_at
        daily_sales.mark_dirty(session, [(row.store_id, order.purchased_at)])


def _without_work(order: AmazonOrder) -> AmazonOrder:
    """Return the order as it is stored: an open one has no status, and any version of the Orders API is newer."""
    status = statuses.UNKNOWN if order.status in statuses.OPEN else order.status
    return replace(order, status=status, last_updated_at=order.purchased_at)
