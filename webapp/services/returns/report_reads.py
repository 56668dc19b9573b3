"""Read the returns of each store every four hours, through a report about the last 60 days."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.db import leases
from webapp.domain.amazon.errors import AmazonError, Forbidden, InvalidResponse, Throttled
from webapp.domain.amazon.gateway import AmazonGateway
from webapp.domain.common import clocks
from webapp.domain.returns import report as returns_report
from webapp.domain.returns import states
from webapp.domain.returns.report import ReturnsReport
from webapp.domain.sync.order_report import HeaderError
from webapp.models.returns import ReturnsReading
from webapp.models.stores import Store
from webapp.services import clock_corrections
from webapp.services.returns import return_import

POLL_INTERVAL, RETRY_DELAY, MAX_AGE = timedelta(seconds=30), timedelta(minutes=15), timedelta(hours=3)
# Without the role, asking again soon is of no use.
FORBIDDEN_DELAY = timedelta(days=1)
INTERVAL, WINDOW = timedelta(hours=states.INTERVAL_HOURS), timedelta(days=states.WINDOW_DAYS)
_LOGGED_LINES = 10

log = logging.getLogger(__name__)


def request(session: Session, account_id: int, *, now: datetime) -> None:
    """Read the returns of all stores of the account now. Commits."""
    for reading in _load_readings(session, account_id, now):
        reading.next_try_at, reading.report_id = now, None
    session.commit()


def run(session: Session, gateway: AmazonGateway, account_id: int, *, clock: Callable[[], datetime]) -> None:
    """Take the next step of each store that is due: request the report, or look at it and import it. Commits.

    Raises BusyError while another process is at it, and the AmazonError that ended the step, which is stored.
    """
    name = leases.build_lease_name("returns", account_id)
    owner = leases.acquire(session, name, clock(), "returns_running")
    try:
        store_ids = [row.store_id for row in _load_readings(session, account_id, clock()) if row.next_try_at <= clock()]
        session.commit()
        for store_id in store_ids:
            _advance(session, gateway, store_id, clock)
    finally:
        session.rollback()
        leases.release(session, name, owner)


def _load_readings(session: Session, account_id: int, now: datetime) -> list[ReturnsReading]:
    """Return the readings of the account's stores; those that do not exist yet are added."""
    store_ids = session.scalars(select(Store.id).where(Store.account_id == account_id).order_by(Store.id)).all()
    readings = {
        reading.store_id: reading
        for reading in session.scalars(select(ReturnsReading).where(ReturnsReading.store_id.in_(store_ids)))
    }
    for store_id in store_ids:
        if store_id not in readings:
            readings[store_id] = ReturnsReading(store_id=store_id, next_try_at=now)
            session.add(readings[store_id])
    return [readings[store_id] for store_id in store_ids]


def _advance(session: Session, gateway: AmazonGateway, store_id: int, clock: Callable[[], datetime]) -> None:
    try:
        _take_step(session, gateway, store_id, clock)
    except AmazonError as error:
        session.rollback()
        reading = session.get_one(ReturnsReading, store_id)
        reading.next_try_at = clock() + (FORBIDDEN_DELAY if isinstance(error, Forbidden) else RETRY_DELAY)
        if not isinstance(error, Throttled):
            reading.report_id, reading.cause = None, error.cause
        session.commit()
        raise


def _take_step(session: Session, gateway: AmazonGateway, store_id: int, clock: Callable[[], datetime]) -> None:
    reading = session.get_one(ReturnsReading, store_id)
    report_id = reading.report_id
    if report_id is None or not clocks.is_within(reading.requested_at, MAX_AGE, clock()):
        store = session.get_one(Store, store_id)
        marketplace_id, now = store.marketplace_id, clock()
        ends_at = clock_corrections.amazon_time(session, store.account_id, now) - timedelta(minutes=1)
        session.commit()
        report = gateway.create_report(returns_report.REPORT_TYPE, [marketplace_id], ends_at - WINDOW, ends_at)
        reading = session.get_one(ReturnsReading, store_id)
        reading.report_id, reading.requested_at, reading.next_try_at = report.report_id, now, now + POLL_INTERVAL
        session.commit()
        return
    session.commit()
    report = gateway.report(report_id)
    if not report.ended:
        session.get_one(ReturnsReading, store_id).next_try_at = clock() + POLL_INTERVAL
        session.commit()
        return
    if report.status == "FATAL":
        raise InvalidResponse("Amazon could not create the report.", operation="getReport")
    # A report without data is cancelled.
    content = parse(gateway.report_document(report)) if report.document_id is not None else ReturnsReport()
    for bad in content.bad_lines[:_LOGGED_LINES]:
        log.warning("line %d of the report of returns cannot be read: %s %s", bad.line, bad.cause, bad.column)
    now = clock()
    return_import.import_lines(session, store_id, content.lines, now=now)
    reading = session.get_one(ReturnsReading, store_id)
    reading.report_id, reading.read_at, reading.next_try_at = None, now, now + INTERVAL
    reading.cause = "report_lines_unreadable" if content.bad_lines else None
    session.commit()


def parse(text: str) -> ReturnsReport:
    """Return the contents of a document. Raises InvalidResponse for one that is no report of returns."""
    try:
        return returns_report.parse(text)
    except HeaderError as error:
        raise InvalidResponse(f"Amazon's report has no columns {error}.", operation="getReportDocument") from None
