"""Backfill through Amazon's flat file of all orders: one report for each window of 30 days."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.db import leases
from webapp.domain.amazon.errors import InvalidResponse
from webapp.domain.amazon.gateway import AmazonGateway
from webapp.domain.amazon.types import AmazonOrder
from webapp.domain.common import clocks
from webapp.domain.common.batches import batched
from webapp.domain.sync import order_report
from webapp.models.backfills import Backfill
from webapp.models.stores import Store
from webapp.services.sync.reports import report_import
from webapp.services.sync.reports.report_import import ReportCounts

WINDOW = timedelta(days=30)
POLL_INTERVAL = timedelta(seconds=30)
# Amazon creates a report within minutes; one that takes longer is requested again.
MAX_AGE = timedelta(hours=3)


def advance(
    session: Session, gateway: AmazonGateway, row: Backfill, lease: tuple[str, str], clock: Callable[[], datetime]
) -> None:
    """Request the report of the next window, or look at it, or store its orders. Commits.

    `lease`: the name and the owner of the lease, which is renewed. Raises AmazonError.
    """
    part = row.slice
    if part is None or not clocks.is_within(datetime.fromisoformat(part["began"]), MAX_AGE, clock()):
        _request(session, gateway, row, clock())
        return
    row_id = row.id
    session.commit()
    report = gateway.report(part["report"])
    if not report.ended:
        _wait(session, row_id, clock())
    elif report.status == "FATAL":
        _restart(session, row_id)
        raise InvalidResponse("Amazon could not create the report.", operation="getReport")
    elif report.document_id is None:
        # A cancelled report is one without data.
        _finish(session, row_id, part, ReportCounts())
    else:
        orders = _parse(session, row_id, gateway.report_document(report))
        counts = import_orders(session, row.account_id, orders, clock=clock, actor="backfill", lease=lease)
        _finish(session, row_id, part, counts)


def import_orders(
    session: Session,
    account_id: int,
    orders: list[AmazonOrder],
    *,
    clock: Callable[[], datetime],
    actor: str,
    lease: tuple[str, str] | None = None,
) -> ReportCounts:
    """Store the orders of a report in batches. Commits each."""
    counts = ReportCounts()
    for batch in batched(orders, report_import.BATCH):
        if lease is not None:
            leases.renew(session, *lease, clock())
        counts.add(report_import.import_batch(session, account_id, batch, now=clock(), actor=actor))
        session.commit()
    return counts


def _request(session: Session, gateway: AmazonGateway, row: Backfill, now: datetime) -> None:
    row_id, before = row.id, row.reached_at
    after = max(row.starts_at, before - WINDOW)
    marketplaces = sorted(session.scalars(select(Store.marketplace_id).where(Store.account_id == row.account_id)))
    session.commit()
    report = gateway.create_report(order_report.BY_ORDER_DATE, marketplaces, after, before)
    row = _load(session, row_id)
    row.slice = {"after": after.isoformat(), "report": report.report_id, "began": now.isoformat()}
    row.next_try_at = now + POLL_INTERVAL
    session.commit()


def _wait(session: Session, row_id: int, now: datetime) -> None:
    _load(session, row_id).next_try_at = now + POLL_INTERVAL
    session.commit()


def _restart(session: Session, row_id: int) -> None:
    _load(session, row_id).slice = None
    session.commit()


def _parse(session: Session, row_id: int, text: str) -> list[AmazonOrder]:
    try:
        return order_report.parse(text).orders
    except order_report.HeaderError as error:
        _restart(session, row_id)
        raise InvalidResponse(f"Amazon's report has no columns {error}.", operation="getReportDocument") from None


def _finish(session: Session, row_id: int, part: dict[str, Any], counts: ReportCounts) -> None:
    row = _load(session, row_id)
    row.slice = None
    row.reached_at = datetime.fromisoformat(part["after"])
    row.pages += 1
    row.received += counts.received
    row.new += counts.new
    row.changed += counts.changed
    row.cause = row.message = None
    session.commit()


def _load(session: Session, row_id: int) -> Backfill:
    return session.get_one(Backfill, row_id, populate_existing=True, with_for_update=True)
