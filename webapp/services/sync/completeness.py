"""The completeness ledger: compare our orders with a report of Amazon's every night, and repair what differs."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from webapp.db import leases
from webapp.domain.amazon.errors import AmazonError, InvalidResponse, Throttled
from webapp.domain.amazon.gateway import AmazonGateway
from webapp.domain.amazon.types import Report
from webapp.domain.common import clocks
from webapp.domain.common.batches import batched
from webapp.domain.errors import require
from webapp.domain.sync import completeness, order_report
from webapp.domain.sync.completeness import CheckedStore, Comparison, OurOrder, Window
from webapp.domain.sync.order_report import OrderReport
from webapp.models import amazon_orders as rows
from webapp.models.accounts import Account
from webapp.models.backfills import DONE, Backfill
from webapp.models.completeness import CompletenessCheck, CompletenessDay
from webapp.models.reported_orders import OrderRead, ReportedOrder
from webapp.models.stores import Store
from webapp.services import clock_corrections
from webapp.services.sync import order_reads
from webapp.services.sync.reports import report_import, report_windows

SHORT_WINDOW, LONG_WINDOW = timedelta(hours=48), timedelta(days=30)
# The night that checks the long window: from Sunday to Monday.
LONG_CHECK_WEEKDAY = 0
POLL_INTERVAL, RETRY_DELAY, MAX_AGE = timedelta(seconds=30), timedelta(minutes=15), timedelta(hours=3)
UPDATE_DELAY = timedelta(minutes=2)
_LOGGED_LINES = 10

log = logging.getLogger(__name__)


def request(session: Session, account_id: int, *, now: datetime) -> None:
    """Check the last 30 days of the account now. Commits. Raises NotFoundError."""
    check = require(
        session.get(CompletenessCheck, account_id, with_for_update=True), "account_unknown", name=account_id
    )
    check.next_try_at, check.is_long, check.report_id = now, True, None
    session.commit()


def repair(session: Session, *, now: datetime) -> int:
    """Try to read all missing and differing orders now, also those given up. Commits. Returns how many there are."""
    unread = select(OrderRead).where(OrderRead.reason.in_(order_reads.GAPS), OrderRead.read_at.is_(None))
    rows_ = session.scalars(unread).all()
    for row in rows_:
        row.next_try_at, row.tries = now, 0
    session.commit()
    return len(rows_)


def run(session: Session, gateway: AmazonGateway, account_id: int, *, clock: Callable[[], datetime]) -> None:
    """Take the next step of the account's check: request the report, or look at it and compare. Commits.

    Raises BusyError while another process is at it, and the AmazonError that ended the step, which is stored.
    """
    name = leases.build_lease_name("completeness", account_id)
    owner = leases.acquire(session, name, clock(), "completeness_running")
    try:
        _advance(session, gateway, account_id, (name, owner), clock)
    except AmazonError as error:
        session.rollback()
        check = session.get_one(CompletenessCheck, account_id)
        check.next_try_at = clock() + RETRY_DELAY
        if not isinstance(error, Throttled):
            check.report_id, check.cause = None, error.cause
        session.commit()
        raise
    finally:
        session.rollback()
        leases.release(session, name, owner)


def _advance(
    session: Session, gateway: AmazonGateway, account_id: int, lease: tuple[str, str], clock: Callable[[], datetime]
) -> None:
    check = session.get_one(CompletenessCheck, account_id)
    report_id = check.report_id
    if report_id is None or not clocks.is_within(check.requested_at, MAX_AGE, clock()):
        _request_report(session, gateway, check, clock())
        return
    session.commit()
    report = gateway.report(report_id)
    if report.ended:
        _finish(session, account_id, _read(gateway, report), lease, clock)
        return
    session.get_one(CompletenessCheck, account_id).next_try_at = clock() + POLL_INTERVAL
    session.commit()


def _request_report(session: Session, gateway: AmazonGateway, check: CompletenessCheck, now: datetime) -> None:
    account_id = check.account_id
    ends_at = clock_corrections.amazon_time(session, account_id, now) - UPDATE_DELAY
    starts_at = ends_at - (LONG_WINDOW if check.is_long else SHORT_WINDOW)
    marketplaces = sorted(session.scalars(select(Store.marketplace_id).where(Store.account_id == account_id)))
    session.commit()
    report = gateway.create_report(order_report.BY_LAST_UPDATE, marketplaces, starts_at, ends_at)
    check = session.get_one(CompletenessCheck, account_id)
    check.report_id, check.requested_at = report.report_id, now
    check.starts_at, check.ends_at = starts_at, ends_at
    check.next_try_at = now + POLL_INTERVAL
    session.commit()


def _read(gateway: AmazonGateway, report: Report) -> OrderReport:
    """Return the contents of an ended report. A cancelled one has none. Raises AmazonError."""
    if report.status == "FATAL":
        raise InvalidResponse("Amazon could not create the report.", operation="getReport")
    if report.document_id is None:
        return OrderReport()
    try:
        return order_report.parse(gateway.report_document(report))
    except order_report.HeaderError as error:
        raise InvalidResponse(f"Amazon's report has no columns {error}.", operation="getReportDocument") from None


def _finish(
    session: Session,
    account_id: int,
    report: OrderReport,
    lease: tuple[str, str],
    clock: Callable[[], datetime],
) -> None:
    """Compare, request what differs, and store the counts. Commits."""
    now, reported = clock(), report.orders
    check = session.get_one(CompletenessCheck, account_id)
    if check.starts_at is None or check.ends_at is None:
        raise RuntimeError("a report was requested without a window")
    account = session.get_one(Account, account_id)
    unread = select(Backfill.starts_at, Backfill.reached_at).where(
        Backfill.account_id == account_id, Backfill.state != DONE
    )
    ranges = [(row.starts_at, row.reached_at) for row in session.execute(unread)]
    window = Window(check.starts_at, check.ends_at, account.cursor, ranges)
    stores = _load_stores(session, account_id)
    ours = _load_ours(session, account_id, check.starts_at, [order.number for order in reported])
    result = completeness.compare(reported, ours, stores, window)
    _store_days(session, result, now)
    # The orders of lines that cannot be read are compared with nothing.
    check.cause = "report_lines_unreadable" if report.bad_lines else None
    for bad in report.bad_lines[:_LOGGED_LINES]:
        log.warning("line %d of Amazon's report cannot be read: %s %s", bad.line, bad.cause, bad.column)
    check.checked_at, check.report_id = now, None
    check.next_try_at = completeness.find_next_night(now)
    check.is_long = check.next_try_at.weekday() == LONG_CHECK_WEEKDAY
    for orders, reason in ((result.missing, order_reads.MISSING), (result.differing, order_reads.DIFFERING)):
        requested = [(order.number, stores[order.marketplace_id].id, order.purchased_at) for order in orders]
        order_reads.request(session, account_id, requested, reason, now)
    session.commit()
    # Until they are read, missing orders are at least known, and counted.
    report_windows.import_orders(session, account_id, result.missing, clock=clock, actor="completeness", lease=lease)


def _load_stores(session: Session, account_id: int) -> dict[str, CheckedStore]:
    """Return the stores by marketplace. Orders are expected from the start of the account's imports on."""
    earliest = session.scalar(
        select(func.min(Backfill.starts_at)).where(Backfill.account_id == account_id, Backfill.state == DONE)
    )
    return {
        store.marketplace_id: CheckedStore(
            store.id, store.marketplace.time_zone, min(store.orders_from, earliest or store.orders_from)
        )
        for store in session.scalars(select(Store).where(Store.account_id == account_id))
    }


def _load_ours(session: Session, account_id: int, since: datetime, numbers: list[str]) -> dict[str, OurOrder]:
    """Return our orders that were placed since then or have one of these numbers, by number."""
    read_at = (
        select(func.max(OrderRead.read_at))
        .where(OrderRead.account_id == account_id, OrderRead.number == rows.AmazonOrder.number)
        .scalar_subquery()
    )
    of_account = (
        select(
            rows.AmazonOrder.number,
            rows.AmazonOrder.store_id,
            rows.AmazonOrder.purchased_at,
            func.coalesce(ReportedOrder.last_updated_at, rows.AmazonOrder.last_updated_at).label("changed_at"),
            read_at.label("read_at"),
        )
        .outerjoin(ReportedOrder, ReportedOrder.amazon_order_id == rows.AmazonOrder.id)
        .where(rows.AmazonOrder.account_id == account_id)
    )
    stored = list(session.execute(of_account.where(rows.AmazonOrder.purchased_at >= since)))
    others = sorted(set(numbers) - {row.number for row in stored})
    for batch in batched(others, report_import.BATCH):
        stored += session.execute(of_account.where(rows.AmazonOrder.number.in_(batch)))
    return {row.number: OurOrder(row.store_id, row.purchased_at, row.changed_at, row.read_at) for row in stored}


def _store_days(session: Session, result: Comparison, now: datetime) -> None:
    for (store_id, day), counts in result.days.items():
        session.execute(delete(CompletenessDay).where(CompletenessDay.store_id == store_id, CompletenessDay.day == day))
        session.add(
            CompletenessDay(
                store_id=store_id,
                day=day,
                at_amazon=counts.at_amazon,
                here=counts.here,
                missing=counts.missing,
                differing=counts.differing,
                checked_at=now,
            )
        )
