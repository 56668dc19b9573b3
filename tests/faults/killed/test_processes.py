"""Killed just there: a real desk dies as of `kill -9` at a named point, and what it was at is done, once, soon."""

import os
import signal
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from simulator.state.marketplaces import minor_units
from simulator.state.sellers import DEMO_EU
from tests.support.factories import all_participations
from tests.support.running_app import run_app, wait_until
from webapp.core.extensions import db
from webapp.db.engine import read_only
from webapp.domain.invoicing.drafts import CreditRequest
from webapp.domain.shipping.parcels import Parcel
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.orders import Order
from webapp.models.submissions import Submission
from webapp.models.sync_runs import SyncRun
from webapp.services.accounts import accounts
from webapp.services.invoicing import credit_memos
from webapp.services.shipping import shipments
from webapp.services.submissions import cancellations

pytestmark = pytest.mark.processes


@pytest.fixture
def sync_interval():
    return 5


@pytest.fixture
def connected(app, amazon, sync_interval):
    with Session(db.engine) as session:
        credentials = DEMO_EU.credentials(amazon.url)
        fields = {name: str(value) for name, value in credentials.items() if name != "marketplaces"}
        now = datetime.now(UTC)
        account = accounts.connect(
            session,
            fields,
            DEMO_EU.countries,
            all_participations(),
            backfill_days=40,
            sync_interval=sync_interval,
            now=now,
            actor="test",
        )
        return account.id


def crashing(tmp_path, point, database_url):
    marker = tmp_path / "died"
    crash = {"CHANNELDESK_CRASH_AT": f"{point}={marker}", "CHANNELDESK_FEED_INTERVAL": "1"}
    return marker, {**crash, "DATABASE_URL": database_url}


def read(statement):
    with read_only(), Session(db.engine) as session:
        return session.execute(statement).all()


def wait_for_recovery(marker, done):
    """Wait for the crash, then for `done`. RQ alone would start a lost job again after 811 seconds at the earliest."""
    wait_until(marker.exists)
    wait_until(done, 30)


@pytest.mark.parametrize(
    "point",
    [
        "sync.page_received",
        "import.amazon_orders_written",
        "import.orders_written",
        "sync.before_commit",
        "sync.page_committed",
    ],
)
def test_a_sync_killed_at_a_fault_point_is_completed(settings, connected, amazon, tmp_path, point):
    amazon.world.reset("many:150")
    expected = len([o for o in amazon.world.orders.values() if o.seller_id == DEMO_EU.id])
    marker, environ = crashing(tmp_path, point, settings.database_url)

    with run_app(settings.data_dir, environ=environ):
        done = select(SyncRun.state).where(SyncRun.state == "done")
        wait_for_recovery(marker, lambda: len(read(done)) > 0)

    assert read(select(func.count(AmazonOrder.id), func.count(AmazonOrder.number.distinct()))) == [(expected, expected)]
    numbers = [int(number) for (number,) in read(select(Order.number))]
    assert sorted(numbers) == list(range(100001, 100001 + len(numbers)))
    assert [state for (state,) in read(select(SyncRun.state).order_by(SyncRun.id).limit(1))] == ["lost"]


# A sync would prove the cancellation too, and sometimes before the feed is looked at: here only the first one runs.
@pytest.mark.parametrize("sync_interval", [3600])
@pytest.mark.parametrize(
    "point", ["feed.batch_created", "feed.before_create", "feed.after_create", "feed.sent", "feed.report_applied"]
)
def test_a_cancellation_killed_at_a_fault_point_is_sent_once_and_verified(
    settings, app, connected, amazon, tmp_path, point
):
    number = amazon.world.place("DE")
    marker, environ = crashing(tmp_path, point, settings.database_url)

    with run_app(settings.data_dir, environ=environ):
        mirror = select(AmazonOrder.id).where(AmazonOrder.number == number)
        ((order_id,),) = wait_until(lambda: read(mirror))
        with Session(db.engine) as session:
            cancellations.request(session, order_id, "NoInventory", undo_seconds=0, now=datetime.now(UTC), actor="test")
        verified = select(Submission.state).where(Submission.state == "verified")
        wait_for_recovery(marker, lambda: read(verified))

    assert len(amazon.world.effects("cancellation", number)) == 1
    assert len(amazon.world.effects("feed")) == 1
    assert read(select(Order.state)) == [("canceled",)]


@pytest.mark.parametrize("sync_interval", [3600])
@pytest.mark.parametrize("point", ["shipment.before_call", "shipment.after_call"])
def test_a_parcel_killed_at_a_fault_point_is_sent_once_and_verified(settings, app, connected, amazon, tmp_path, point):
    number = amazon.world.place("DE")
    marker, environ = crashing(tmp_path, point, settings.database_url)

    with run_app(settings.data_dir, environ=environ):
        ((order_id,),) = wait_until(lambda: read(select(Order.id)))
        with Session(db.engine) as session:
            packed = [Parcel(None, "DHL", "", "JJD01460000T1")]
            shipments.create(session, order_id, packed, undo_seconds=0, now=datetime.now(UTC), actor="test")
        verified = select(Submission.state).where(Submission.state == "verified")
        # An answer that may be lost is looked for after twenty seconds, twice where the order does not show it.
        wait_until(marker.exists)
        wait_until(lambda: read(verified))

    assert [entry["tracking_number"] for entry in amazon.world.effects("shipment", number)] == ["JJD01460000T1"]
    assert read(select(Order.state)) == [("complete",)]


def test_a_cancellation_survives_a_kill_of_each_process(settings, app, connected, amazon):
    environ = {"CHANNELDESK_FEED_INTERVAL": "1", "DATABASE_URL": settings.database_url}
    with run_app(settings.data_dir, environ=environ) as running_app:
        for name in ("web", "worker-sync", "worker-submissi", "scheduler", "valkey-server"):
            number = amazon.world.place("DE")
            mirror = select(AmazonOrder.id).where(AmazonOrder.number == number)
            ((order_id,),) = wait_until(lambda mirror=mirror: read(mirror))
            with Session(db.engine) as session:
                cancellations.request(
                    session, order_id, "NoInventory", undo_seconds=0, now=datetime.now(UTC), actor="test"
                )
            os.kill(running_app.pids()[name], signal.SIGKILL)
            asked = Submission.amazon_order_id == order_id
            verified = select(Submission.state).where(asked, Submission.state == "verified")
            wait_until(lambda verified=verified: read(verified))
            assert len(amazon.world.effects("cancellation", number)) == 1, name
    assert len(amazon.world.effects("feed")) == 5


def ask(amazon, number):
    """Ask Amazon to refund all of the order, at once."""
    mine = select(Order.id).join(AmazonOrder, AmazonOrder.id == Order.amazon_order_id)
    ((order_id,),) = wait_until(lambda: read(mine.where(AmazonOrder.number == number)))
    now = datetime.now(UTC)
    with Session(db.engine) as session:
        credit_memos.create(
            session,
            order_id,
            CreditRequest(),
            on_amazon=True,
            reason="CustomerReturn",
            undo_seconds=0,
            now=now,
            actor="test",
        )


def refunded(amazon, number):
    """What Amazon gave back, line by line, in minor units."""
    return [minor_units(entry["total"]) for entry in amazon.world.effects("refund", number)]


@pytest.mark.parametrize("sync_interval", [3600])
@pytest.mark.parametrize("point", ["feed.batch_created", "feed.after_create", "feed.sent", "feed.report_applied"])
def test_a_refund_killed_at_a_fault_point_is_carried_out_once(settings, app, connected, amazon, tmp_path, point):
    number = amazon.world.place("DE", status="SHIPPED", lines=((0, 1), (1, 2)))
    marker, environ = crashing(tmp_path, point, settings.database_url)

    with run_app(settings.data_dir, environ=environ):
        ask(amazon, number)
        verified = select(Submission.state).where(Submission.state == "verified")
        wait_for_recovery(marker, lambda: read(verified))

    assert len(amazon.world.effects("feed")) == 1
    ((total, total_refunded, state),) = read(select(Order.total, Order.total_refunded, Order.state))
    assert (len(refunded(amazon, number)), sum(refunded(amazon, number))) == (2, total)
    assert (total_refunded, state) == (total, "closed")


@pytest.mark.parametrize("sync_interval", [3600])
def test_a_refund_killed_before_it_was_sent_is_not_sent_automatically(settings, app, connected, amazon, tmp_path):
    number = amazon.world.place("DE", status="SHIPPED")
    marker, environ = crashing(tmp_path, "feed.before_create", settings.database_url)

    with run_app(settings.data_dir, environ=environ):
        ask(amazon, number)
        # It is looked for again and again; it could have arrived, so nothing else is done about it.
        wait_for_recovery(marker, lambda: amazon.world.call_counts["getFeeds"] > 1)

    assert (amazon.world.effects("feed"), refunded(amazon, number)) == ([], [])
    assert read(select(Submission.state)) == [("sending",)]
    ((total, refunding, total_refunded),) = read(select(Order.total, Order.total_refunding, Order.total_refunded))
    assert (refunding, total_refunded) == (total, 0)
