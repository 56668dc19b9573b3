"""Jobs that import orders and returns from Amazon."""

from datetime import UTC, datetime

from jobs.gateways import open_gateway
from webapp.core import queue
from webapp.core.extensions import db
from webapp.services import schedule
from webapp.services.returns import report_reads
from webapp.services.sync import backfill, completeness, order_reads
from webapp.services.sync import run as sync_run


def sync_account(account_id: int) -> None:
    """Import what changed. While a backfill searches, the next sync comes later and leaves it calls."""
    session = db.session()
    started = datetime.now(UTC)
    with open_gateway(session, account_id, priority="sync") as gateway:
        sync_run.sync_account(session, gateway, account_id, clock=lambda: datetime.now(UTC), actor="schedule")
    is_searching = backfill.is_searching(session, account_id)
    session.rollback()
    if is_searching:
        schedule.delay_next_run(session, queue.key("sync_account", account_id), started + backfill.LIVE_INTERVAL)


def run_backfill(account_id: int) -> None:
    """Read pages of old orders until Amazon's rate limit is reached; the scheduler enqueues it again."""
    session = db.session()
    with open_gateway(session, account_id, priority="backfill", max_wait=5) as gateway:
        backfill.run(session, gateway, account_id, clock=lambda: datetime.now(UTC))


def read_orders(account_id: int) -> None:
    """Read requested orders one by one; the scheduler enqueues it again while orders are due."""
    session = db.session()
    with open_gateway(session, account_id, priority="backfill") as gateway:
        order_reads.run(session, gateway, account_id, clock=lambda: datetime.now(UTC))


def check_completeness(account_id: int) -> None:
    """Take the next step of the account's check; the scheduler enqueues it again while it waits for the report."""
    session = db.session()
    with open_gateway(session, account_id, priority="backfill") as gateway:
        completeness.run(session, gateway, account_id, clock=lambda: datetime.now(UTC))


def read_returns(account_id: int) -> None:
    """Take the next step of reading the account's returns; the scheduler enqueues it again while a report is due."""
    session = db.session()
    with open_gateway(session, account_id, priority="backfill") as gateway:
        report_reads.run(session, gateway, account_id, clock=lambda: datetime.now(UTC))
