"""A bulk action whose worker dies as of `kill -9`: each row is done exactly once, soon."""

import os
import signal
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.support.factories import a_store, an_account, an_order
from tests.support.order_processing import create_orders
from tests.support.running_app import run_app, wait_until
from webapp import create_app
from webapp.core.extensions import db
from webapp.core.settings import Settings
from webapp.db.engine import read_only
from webapp.models.bulk_actions import BulkAction, BulkRow
from webapp.models.documents import Invoice
from webapp.models.orders import Order
from webapp.runtime import migrate
from webapp.services.bulk import runner as bulk_runner

pytestmark = pytest.mark.processes

MANY = 60


@pytest.fixture
def settings(tmp_path, database_url):
    return Settings.load({}, data_dir=tmp_path / "data folder", database_url=database_url)


@pytest.fixture
def app(settings):
    """An application on the same data folder as the running processes."""
    app = create_app(settings)
    migrate.upgrade(app)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def begin(app):
    """Ask for an invoice of each of many Orders; answers the id of the bulk action."""

    def begin():
        with Session(db.engine) as session:
            account = an_account(session)
            a_store(account).auto_invoice = False
            session.commit()
            ids = [order.id for order in create_orders(session, *(an_order(n) for n in range(1, MANY + 1)))]
            return bulk_runner.start(session, "invoice", ids, now=datetime.now(UTC), actor="test").id

    return begin


def read(statement):
    with read_only(), Session(db.engine) as session:
        return session.execute(statement).all()


def all_done_once():
    """Every row is done, every Order has one invoice, and no number was given twice or is missing."""
    assert read(select(BulkAction.state, BulkAction.done, BulkAction.failed)) == [("ended", MANY, 0)]
    assert set(read(select(BulkRow.state, BulkRow.outcome, BulkRow.tries))) == {("done", "bulk_invoiced", 1)}
    assert read(select(func.count(Invoice.id), func.count(Invoice.order_id.distinct()))) == [(MANY, MANY)]
    assert sorted(int(number) for (number,) in read(select(Invoice.number))) == list(range(100001, 100001 + MANY))
    told = {row.outcome_args["number"] for (row,) in read(select(BulkRow))}
    assert told == {number for (number,) in read(select(Invoice.number))}
    assert {total == invoiced for total, invoiced in read(select(Order.total, Order.total_invoiced))} == {True}


@pytest.mark.parametrize("point", ["bulk.row_done", "bulk.row_committed"])
def test_a_worker_killed_there_leaves_each_row_done_exactly_once(settings, begin, tmp_path, point):
    marker = tmp_path / "died"
    begin()

    with run_app(
        settings.data_dir,
        environ={"CHANNELDESK_CRASH_AT": f"{point}={marker}", "DATABASE_URL": settings.database_url},
    ):
        wait_until(marker.exists)
        wait_until(lambda: read(select(BulkAction.id).where(BulkAction.state == "ended")))

    all_done_once()


def test_killing_the_worker_again_and_again_does_each_row_once(settings, begin):
    with run_app(settings.data_dir, environ={"DATABASE_URL": settings.database_url}) as running_app:
        begin()
        waiting = select(func.count(BulkRow.id)).where(BulkRow.state == "waiting")
        for left in (MANY - 1, MANY // 2):
            wait_until(lambda left=left: read(waiting)[0][0] <= left)
            os.kill(wait_until(lambda: running_app.pids().get("worker-bulk")), signal.SIGKILL)
        wait_until(lambda: read(select(BulkAction.id).where(BulkAction.state == "ended")))

    all_done_once()
