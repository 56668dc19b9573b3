"""A bulk action whose worker dies as of `kill -9`: each row is done exactly once, soon."""

import os
import signal
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.faults.killed.test_processes import read
from tests.support.factories import a_store, an_account, an_order
from tests.support.order_processing import create_orders
from tests.support.running_app import run_app, wait_until
from webapp.core.extensions import db
from webapp.models.bulk_actions import BulkAction, BulkRow
from webapp.models.documents import Invoice
from webapp.models.orders import Order
from webapp.services.bulk import runner as bulk_runner

pytestmark = pytest.mark.processes

MANY = 60


@pytest.fixture
def start_bulk_action(app):
    """Ask for an invoice of each of many Orders; answers the id of the bulk action."""

    def start_bulk_action():
        with Session(db.engine) as session:
            account = an_account(session)
            a_store(account).auto_invoice = False
            session.commit()
            ids = [order.id for order in create_orders(session, *(an_order(n) for n in range(1, MANY + 1)))]
            return bulk_runner.start(session, "invoice", ids, now=datetime.now(UTC), actor="test").id

    return start_bulk_action


def assert_all_done_once():
    """Every row is done, every Order has one invoice, and no number was given twice or is missing."""
    assert read(select(BulkAction.state, BulkAction.done, BulkAction.failed)) == [("ended", MANY, 0)]
    assert set(read(select(BulkRow.state, BulkRow.outcome, BulkRow.tries))) == {("done", "bulk_invoiced", 1)}
    assert read(select(func.count(Invoice.id), func.count(Invoice.order_id.distinct()))) == [(MANY, MANY)]
    assert sorted(int(number) for (number,) in read(select(Invoice.number))) == list(range(100001, 100001 + MANY))
    numbers = {row.outcome_args["number"] for (row,) in read(select(BulkRow))}
    assert numbers == {number for (number,) in read(select(Invoice.number))}
    assert {total == invoiced for total, invoiced in read(select(Order.total, Order.total_invoiced))} == {True}


@pytest.mark.parametrize("point", ["bulk.row_done", "bulk.row_committed"])
def test_a_bulk_worker_killed_at_a_fault_point_does_each_row_once(settings, start_bulk_action, tmp_path, point):
    marker = tmp_path / "died"
    start_bulk_action()

    with run_app(
        settings.data_dir,
        environ={"CHANNELDESK_CRASH_AT": f"{point}={marker}", "DATABASE_URL": settings.database_url},
    ):
        wait_until(marker.exists)
        wait_until(lambda: read(select(BulkAction.id).where(BulkAction.state == "ended")))

    assert_all_done_once()


def test_a_bulk_worker_killed_repeatedly_does_each_row_once(settings, start_bulk_action):
    with run_app(settings.data_dir, environ={"DATABASE_URL": settings.database_url}) as running_app:
        start_bulk_action()
        waiting = select(func.count(BulkRow.id)).where(BulkRow.state == "waiting")
        for left in (MANY - 1, MANY // 2):
            wait_until(lambda left=left: read(waiting)[0][0] <= left)
            os.kill(wait_until(lambda: running_app.pids().get("worker-bulk")), signal.SIGKILL)
        wait_until(lambda: read(select(BulkAction.id).where(BulkAction.state == "ended")))

    assert_all_done_once()
