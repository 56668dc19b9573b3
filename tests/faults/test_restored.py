"""The real processes after a restore: a day of work is lost, and nothing of it goes out a second time."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from simulator.state.sellers import DEMO_EU
from tests.support.factories import all_participations
from tests.support.mailboxes import mail_server, save_mail_server
from tests.support.running_app import run_app, run_refused_command, wait_until
from webapp import create_app
from webapp.core.extensions import db
from webapp.core.settings import Settings
from webapp.db.engine import read_only
from webapp.domain.invoicing.drafts import CreditRequest
from webapp.models.accounts import Account
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.documents import Invoice
from webapp.models.fences import Fence
from webapp.models.mails import Mail
from webapp.models.orders import Order
from webapp.models.recurring_jobs import RecurringJob
from webapp.models.submissions import Submission
from webapp.models.sync_runs import SyncRun
from webapp.runtime import migrate
from webapp.services.accounts import accounts
from webapp.services.invoicing import credit_memos
from webapp.services.mail import outbox as mail_outbox
from webapp.services.submissions import cancellations

pytestmark = [pytest.mark.processes, pytest.mark.both_databases]

HOUR = 3600


@pytest.fixture
def settings(tmp_path, database_url):
    return Settings.load({}, data_dir=tmp_path / "data folder", database_url=database_url)


@pytest.fixture
def app(settings):
    app = create_app(settings)
    migrate.upgrade(app)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def connect(amazon):
    credentials = DEMO_EU.credentials(amazon.url)
    fields = {name: str(value) for name, value in credentials.items() if name != "marketplaces"}
    with Session(db.engine) as session:
        options = {"backfill_days": 40, "sync_interval": 30, "now": datetime.now(UTC), "actor": "test"}
        accounts.connect(session, fields, DEMO_EU.countries, all_participations(), **options)


def read(statement):
    with read_only(), Session(db.engine) as session:
        return list(session.scalars(statement))


def write(*statements):
    with Session(db.engine) as session:
        for statement in statements:
            session.execute(statement)
        session.commit()


def sync():
    """Read Amazon's orders again, and wait for it."""
    seen = max(read(select(SyncRun.id)), default=0)
    write(update(RecurringJob).where(RecurringJob.name == "sync_account").values(next_run_at=datetime.now(UTC)))
    wait_until(lambda: read(select(SyncRun.id).where(SyncRun.id > seen, SyncRun.state == "done")))


def queue_what_the_backup_holds(numbers):
    """Queue a refund of each order and a mail, which are due in an hour."""
    now = datetime.now(UTC)
    of_these = select(Order.id).join(Order.amazon_order).where(AmazonOrder.number.in_(numbers))
    order_ids = read(of_these.order_by(Order.id))
    with Session(db.engine) as session:
        for order_id in order_ids:
            options = {"on_amazon": True, "reason": "CustomerReturn", "undo_seconds": HOUR, "now": now, "actor": "test"}
            credit_memos.create(session, order_id, CreditRequest(), **options)
        order = session.get_one(Order, order_ids[0])
        mail = mail_outbox.queue_mail(session, order, "free", text=("Once", "Text"), now=now, actor="user:1")
        mail.due_at = now + timedelta(seconds=HOUR)
        session.commit()


def test_nothing_goes_out_twice_and_no_number_is_given_out_twice(settings, app, amazon, tmp_path):
    environ = {"DATABASE_URL": settings.database_url, "CHANNELDESK_FEED_INTERVAL": "1"}

    def command(*words):
        code, output = run_refused_command(*words, "--data-dir", str(settings.data_dir), environ=environ, home=tmp_path)
        assert code == 0, output
        return output

    connect(amazon)
    numbers = [amazon.world.place("DE", status="SHIPPED") for _ in range(3)]
    with mail_server() as box:
        with Session(db.engine) as session:
            save_mail_server(session, box.port)
        with run_app(settings.data_dir, environ=environ):
            wait_until(lambda: len(read(select(Order.id))) == 3)
            queue_what_the_backup_holds(numbers)
            command("backup", "--to", str(tmp_path / "backups"))
            kept = set(read(select(Invoice.number)))

            # The day that is lost.
            now = datetime.now(UTC)
            write(update(Submission).values(due_at=now, undo_until=now), update(Mail).values(due_at=now))
            wait_until(lambda: read(select(Submission.state)) == ["verified"] * 3)
            wait_until(lambda: read(select(Mail.state)) == ["sent"])
            for _ in range(2):
                amazon.world.place("DE", status="SHIPPED")
            sync()
            lost = set(read(select(Invoice.number))) - kept
            assert len(lost) == 2
        refunds = amazon.world.effects("refund")
        db.session.remove()
        db.engine.dispose()
        (backup,) = (tmp_path / "backups").iterdir()
        assert "Sending is paused until you release it" in command("restore", str(backup), "--force")

        with run_app(settings.data_dir, environ=environ):
            # Everything is due now, and the orders are imported again.
            now = datetime.now(UTC)
            write(update(Submission).values(due_at=now, undo_until=now), update(Mail).values(due_at=now))
            sync()
            assert set(read(select(Invoice.number))) - kept
            assert not (set(read(select(Invoice.number))) - kept) & lost
            (fence,) = read(select(Fence))
            wait_until(lambda: all(at and at >= fence.started_at for at in read(select(Account.feeds_compared_at))))
            wait_until(lambda: read(select(Submission.state)) == ["unproved"] * 3)
            shown = json.loads(command("fence", "show", "--json"))
            assert (len(shown["unconfirmed"]), shown["mail_count"], len(shown["unknown_feeds"])) == (3, 1, 1)
            assert (amazon.world.effects("refund"), len(box.taken)) == (refunds, 1)

            assert "1 mails may have arrived before" in command("fence", "release")
            # What is requested now is sent; by then everything that was due before has been processed.
            number = amazon.world.place("DE")
            sync()
            (order_id,) = read(select(AmazonOrder.id).where(AmazonOrder.number == number))
            with Session(db.engine) as session:
                options = {"undo_seconds": 0, "now": datetime.now(UTC), "actor": "test"}
                cancellations.request(session, order_id, "NoInventory", **options)
            wait_until(lambda: "verified" in read(select(Submission.state)))
        assert (amazon.world.effects("refund"), len(box.taken)) == (refunds, 1)
        assert len(amazon.world.effects("cancellation")) == 1
        assert read(select(Mail.state)) == ["unknown"]
