"""Each way to be dead turns health red within a minute and delivers one alarm, then one all-clear.

Those that need frozen processes are in `tests/faults/test_frozen.py`.
"""

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from redis import Redis
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from tests.support.mailboxes import Mailbox, mail_server, save_mail_server
from tests.support.order_processing import create_processing_order
from tests.support.valkey import valkey_server
from tests.support.webhooks import Receiver, webhook_receiver
from webapp.core import queue
from webapp.core.extensions import db
from webapp.core.settings import Settings
from webapp.db.encryption import field_cipher
from webapp.db.engine import find_sqlite_module, read_only
from webapp.domain.health import FAIL, worst
from webapp.health import channels, checks
from webapp.health.monitor import Monitor, read_state
from webapp.messages import text_for
from webapp.models.accounts import Account
from webapp.models.alarm_settings import AlarmSettings
from webapp.models.mails import Mail
from webapp.models.orders import Order
from webapp.models.recurring_jobs import RecurringJob
from webapp.models.submissions import Submission
from webapp.services import alarm_settings
from webapp.services.mail import outbox
from webapp.services.submissions import cancellations

pytestmark = pytest.mark.only_sqlite

SECRET = "a secret of the webhook"
RECIPIENT = "ops@desk.example"


class Desk:
    """An installation whose monitor runs each five seconds of a moved clock, next to a scheduler and workers."""

    def __init__(self, app: Flask, redis: Redis, receiver: Receiver, box: Mailbox, clock: time_machine.Traveller):
        self.app, self.redis, self.receiver, self.box, self.clock = app, redis, receiver, box, clock
        self.dead: set[str] = set()
        self.started_at = datetime.now(UTC)
        self.restart()

    def restart(self) -> None:
        self.monitor = Monitor(self.app, self.started_at)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def step(self) -> str:
        """Move the clock by five seconds, have all living parts work, and return the level of the whole."""
        self.clock.shift(5)
        with contextlib.suppress(Exception) if "redis" in self.dead else contextlib.nullcontext():
            if "scheduler" not in self.dead:
                queue.record_scheduler_heartbeat(self.redis, self.now())
                queue.request_heartbeats(self.redis)
            for name in set(queue.QUEUES) - self.dead:
                queue.record_answer(self.redis, name)
        if "sync" not in self.dead and not self.dead & {"database", "keys"}:
            with Session(db.engine) as session:
                session.execute(update(Account).values(last_synced_at=self.now()))
                session.execute(update(RecurringJob).values(next_run_at=self.now(), finished_at=self.now()))
                session.commit()
        return worst(self.monitor.run_round(self.now()))

    def run(self, seconds: int) -> list[str]:
        return [self.step() for _ in range(seconds // 5)]

    def change(self, statement) -> None:
        with Session(db.engine) as session:
            session.execute(statement)
            session.commit()


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    """A server of its own, that a test may fill."""
    with valkey_server() as url:
        yield url


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with webhook_receiver() as receiver:
        yield receiver


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


@pytest.fixture
def desk(app: Flask, session: Session, job_queue: Redis, receiver: Receiver, box: Mailbox) -> Iterator[Desk]:
    """With an order, a queued cancellation and a queued mail that are due later."""
    with time_machine.travel(datetime.now(UTC), tick=True) as clock:
        now = datetime.now(UTC)
        order = create_processing_order(session, invoiced=False)
        cancellations.request(session, order.amazon_order_id, "NoInventory", undo_seconds=30, now=now, actor="test")
        save_mail_server(session, port=box.port)
        fields = {"recipients": RECIPIENT, "webhook_url": receiver.url, "webhook_secret": SECRET}
        alarm_settings.save(session, fields, now=now, actor="test")
        session.execute(update(Submission).values(due_at=now + timedelta(days=1)))
        session.execute(update(Account).values(created_at=now, last_synced_at=now, clock_offset=None))
        session.commit()
        session.close()
        desk = Desk(app, job_queue, receiver, box, clock)
        assert set(desk.run(90)) == {"ok"}, [check for check in checks.latest() if check.is_problem]
        yield desk


@contextlib.contextmanager
def silent(desk: Desk, *names: str) -> Iterator[None]:
    desk.dead |= set(names)
    yield
    desk.dead -= set(names)


@contextlib.contextmanager
def stopped_worker(desk: Desk) -> Iterator[None]:
    with silent(desk, "mails"):
        yield


@contextlib.contextmanager
def stopped_scheduler(desk: Desk) -> Iterator[None]:
    with silent(desk, "scheduler"):
        yield


@contextlib.contextmanager
def redis_gone(desk: Desk) -> Iterator[None]:
    real = desk.app.extensions["channeldesk_redis"]
    nowhere = Settings.load({}, data_dir=Path("/nonexistent"))
    with silent(desk, "redis"):
        desk.app.extensions["channeldesk_redis"] = desk.redis = queue.connect(nowhere, impatient=True)
        yield
        desk.app.extensions["channeldesk_redis"] = desk.redis = real


@contextlib.contextmanager
def redis_full(desk: Desk) -> Iterator[None]:
    with silent(desk, "redis"):
        desk.redis.config_set("maxmemory", 1)
        yield
        desk.redis.config_set("maxmemory", 0)


@contextlib.contextmanager
def database_read_only(desk: Desk) -> Iterator[None]:
    def refuse(connection, *_more) -> None:
        connection.execute("PRAGMA query_only=ON")

    with silent(desk, "database"):
        event.listen(db.engine, "connect", refuse)
        db.engine.dispose()
        yield
        event.remove(db.engine, "connect", refuse)
        db.engine.dispose()


@contextlib.contextmanager
def database_locked(desk: Desk) -> Iterator[None]:
    path = str(desk.app.config["CHANNELDESK"].data_dir / "channeldesk.db")
    with silent(desk, "database"), contextlib.closing(find_sqlite_module().connect(path)) as other:
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextlib.contextmanager
def database_gone(desk: Desk) -> Iterator[None]:
    path = desk.app.config["CHANNELDESK"].data_dir / "channeldesk.db"
    with silent(desk, "database"):
        path.rename(path.with_suffix(".away"))
        yield
        path.with_suffix(".away").rename(path)


@contextlib.contextmanager
def disk_full(desk: Desk) -> Iterator[None]:
    share, checks.LEAST_FREE_SHARE = checks.LEAST_FREE_SHARE, 1.1
    yield
    checks.LEAST_FREE_SHARE = share


@contextlib.contextmanager
def keys_wrong(desk: Desk) -> Iterator[None]:
    keys = (desk.app.config["CHANNELDESK"].data_dir / "keys").read_text().split()
    with silent(desk, "keys"):
        field_cipher.set_keys(["another key that is long enough to be taken for one"])
        yield
        field_cipher.set_keys(keys)
        # Redis, whose clock does not move here, keeps for a minute that the problem was reported.
        desk.redis.delete(*desk.redis.keys("channeldesk:database-problem:*"))


@contextlib.contextmanager
def credentials_refused(desk: Desk) -> Iterator[None]:
    desk.change(update(Account).values(error_code="bad_credentials"))
    yield
    desk.change(update(Account).values(error_code=None))


@contextlib.contextmanager
def clock_wrong(desk: Desk) -> Iterator[None]:
    desk.change(update(Account).values(clock_offset=3600, clock_measured_at=desk.now()))
    yield
    desk.change(update(Account).values(clock_offset=0))


@contextlib.contextmanager
def sync_stuck(desk: Desk) -> Iterator[None]:
    desk.change(update(Account).values(last_synced_at=desk.now() - timedelta(minutes=10)))
    desk.change(update(RecurringJob).values(next_run_at=desk.now() + timedelta(minutes=10)))
    with silent(desk, "sync"):
        # The worker answers: it is the sync that does not end.
        queue.record_answer(desk.redis, "sync")
        checks_before, checks.QUEUE_SILENT_AFTER = checks.QUEUE_SILENT_AFTER, 3600.0
        yield
        checks.QUEUE_SILENT_AFTER = checks_before


@contextlib.contextmanager
def submission_overdue(desk: Desk) -> Iterator[None]:
    desk.change(update(Submission).values(due_at=desk.now() - timedelta(minutes=6)))
    yield
    desk.change(update(Submission).values(due_at=desk.now() + timedelta(days=1)))


@contextlib.contextmanager
def mail_overdue(desk: Desk) -> Iterator[None]:
    with Session(db.engine) as session:
        order = session.scalars(select(Order)).one()
        outbox.queue_mail(session, order, "order", now=desk.now(), actor="test")
        session.execute(update(Mail).values(due_at=desk.now() - timedelta(minutes=6)))
        session.commit()
    yield
    desk.change(update(Mail).values(due_at=None))


@contextlib.contextmanager
def job_overdue(desk: Desk) -> Iterator[None]:
    with silent(desk, "sync"):
        checks_before, checks.QUEUE_SILENT_AFTER = checks.QUEUE_SILENT_AFTER, 3600.0
        with Session(db.engine) as session:
            row = RecurringJob(
                key="maintenance", name="maintenance", interval_seconds=5, next_run_at=desk.now() - timedelta(hours=1)
            )
            session.add(row)
            session.execute(update(Account).values(last_synced_at=desk.now() + timedelta(minutes=5)))
            session.commit()
        yield
        checks.QUEUE_SILENT_AFTER = checks_before


FAULTS = {
    stopped_worker: "queues:mails",
    stopped_scheduler: "scheduler",
    redis_gone: "redis",
    redis_full: "redis",
    database_read_only: "database",
    database_locked: "database",
    database_gone: "database",
    disk_full: "disk",
    keys_wrong: "keys",
    credentials_refused: "credentials:1",
    clock_wrong: "clock",
    sync_stuck: "sync:1",
    submission_overdue: "submissions",
    mail_overdue: "mails",
    job_overdue: "jobs:maintenance",
}


@pytest.mark.parametrize(("fault", "key"), FAULTS.items(), ids=lambda value: getattr(value, "__name__", value))
def test_each_fault_is_one_alarm_and_one_all_clear(desk: Desk, fault: Callable, key: str) -> None:
    with fault(desk):
        assert FAIL in desk.run(60)
        desk.run(60)
        # A monitor that is restarted meanwhile does not repeat the alarm.
        desk.restart()
        desk.run(30)
        assert desk.receiver.event_names() == [("alarm", key)]
    levels = desk.run(90)
    assert levels[-1] == "ok"
    assert desk.receiver.event_names() == [("alarm", key), ("all_clear", key)]
    alarm, all_clear = desk.receiver.events
    assert alarm["checks"] == all_clear["checks"]
    kinds = [mail["Subject"].strip().partition(": ")[0] for mail in desk.box.taken]
    assert kinds == [
        "Channeldesk alarm",
        "Channeldesk all clear",
    ]
    assert desk.box.recipients == [RECIPIENT, RECIPIENT]


def test_a_webhook_is_signed_over_its_time_and_body(desk: Desk) -> None:
    with disk_full(desk):
        desk.run(30)
    ((headers, body),) = desk.receiver.posts
    timestamp = headers[channels.TIMESTAMP_HEADER]
    assert headers[channels.SIGNATURE_HEADER] == f"sha256={channels.sign(SECRET, timestamp, body)}"
    assert abs(int(timestamp) - desk.now().timestamp()) < 60
    assert channels.sign(SECRET, str(int(timestamp) + 1), body) != channels.sign(SECRET, timestamp, body)


def test_a_delivery_that_fails_is_repeated_and_arrives_once(desk: Desk) -> None:
    desk.receiver.answers = [500, 503]
    desk.box.will("rcpt", "451 Try again later")
    with disk_full(desk):
        desk.run(120)
    assert desk.receiver.event_names() == [("alarm", "disk")]
    assert len(desk.box.taken) == 1
    log = read_state(desk.app.config["CHANNELDESK"].data_dir).log
    assert {row["error"] for row in log if row["channel"] == "webhook"} == {"HTTP 500", "HTTP 503", ""}


def test_a_response_that_never_ends_stops_no_alarms(desk: Desk) -> None:
    desk.receiver.is_endless = True
    with Session(db.engine) as session:
        fields = {"webhook_url": desk.receiver.url, "ping_url": desk.receiver.url.replace("/hook", "/ping")}
        alarm_settings.save(session, fields, now=desk.now(), actor="test")
    with disk_full(desk):
        desk.run(120)
    assert desk.receiver.event_names() == [("alarm", "disk")]
    assert desk.receiver.pings[-1] == "/ping/fail"


def test_the_dead_mans_switch_is_requested_each_minute_and_told_of_failures(desk: Desk) -> None:
    with Session(db.engine) as session:
        fields = {"ping_url": desk.receiver.url.replace("/hook", "/ping")}
        alarm_settings.save(session, fields, now=desk.now(), actor="test")
    desk.run(150)
    assert desk.receiver.pings == ["/ping"] * 3
    with disk_full(desk):
        desk.run(60)
    assert desk.receiver.pings[-1] == "/ping/fail"


def test_headers_that_never_end_stop_no_alarms(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "DELIVERY_WITHIN", 0.5)
    desk.receiver.is_dripping = True
    with Session(db.engine) as session:
        fields = {"recipients": RECIPIENT, "webhook_url": desk.receiver.url, "ping_url": desk.receiver.url}
        alarm_settings.save(session, fields, now=desk.now(), actor="test")
    with disk_full(desk):
        desk.run(60)
    assert len(desk.box.taken) == 1
    log = read_state(desk.app.config["CHANNELDESK"].data_dir).log
    assert {row["error"] for row in log if row["channel"] == "webhook"} == {text_for("alarm_server_slow")}
    # The first requests go on in their threads, and no others are added.
    assert len(desk.receiver.posts) == 1
    assert len(desk.receiver.pings) == 1


def test_a_host_name_that_cannot_be_encoded_is_an_error_of_the_delivery(desk: Desk) -> None:
    impossible = f"http://{'a' * 64}.example/hook"
    with Session(db.engine) as session:
        alarm_settings.save(session, {"recipients": RECIPIENT}, now=desk.now(), actor="test")
        save_mail_server(session, port=desk.box.port, host="desk..example")
    # Stored by an earlier version, which accepted such addresses.
    desk.change(update(AlarmSettings).values(webhook_url=impossible, ping_url=impossible))
    with read_only(), Session(db.engine) as session:
        results = channels.send_test(channels.load(session, ""), desk.now())
    assert [(name, bool(error)) for name, error in results] == [(f"mail:{RECIPIENT}", True), ("webhook", True)]
    with disk_full(desk):
        desk.run(60)
    assert {row["channel"] for row in read_state(desk.app.config["CHANNELDESK"].data_dir).log} == {
        f"mail:{RECIPIENT}",
        "webhook",
    }


def test_the_dead_mans_switch_keeps_its_query_string(desk: Desk) -> None:
    with Session(db.engine) as session:
        fields = {"ping_url": desk.receiver.url.replace("/hook", "/ping/?token=1/2")}
        alarm_settings.save(session, fields, now=desk.now(), actor="test")
    desk.run(30)
    with disk_full(desk):
        desk.run(60)
    assert desk.receiver.pings == ["/ping/?token=1/2", "/ping/fail?token=1/2"]


def test_a_client_secret_that_expires_soon_is_a_warning(desk: Desk) -> None:
    desk.change(update(Account).values(secret_saved_at=desk.now() - timedelta(days=170)))
    assert set(desk.run(60)) == {"warn"}
    (event_,) = desk.receiver.events
    assert event_["checks"][0]["key"] == "secrets:1"
    assert "expires in 9 days" in event_["checks"][0]["text"]
    desk.change(update(Account).values(secret_saved_at=desk.now()))
    desk.run(60)
    assert desk.receiver.event_names() == [("alarm", "secrets:1"), ("all_clear", "secrets:1")]


def test_a_restart_while_the_database_is_gone_still_delivers(desk: Desk) -> None:
    with database_gone(desk):
        desk.restart()
        desk.run(60)
        assert desk.receiver.event_names() == [("alarm", "database")]
    desk.run(60)
    assert desk.receiver.event_names() == [("alarm", "database"), ("all_clear", "database")]


def test_the_state_file_keeps_addresses_and_secrets_encrypted(desk: Desk) -> None:
    desk.run(10)
    content = (desk.app.config["CHANNELDESK"].data_dir / "alarms.json").read_text()
    assert SECRET not in content
    assert desk.receiver.url not in content


def test_a_machine_that_slept_for_hours_announces_no_overdue_work(desk: Desk) -> None:
    desk.run(90)
    with silent(desk, "sync"):
        desk.clock.shift(6 * 3600)
        desk.run(30)
    desk.run(60)
    assert desk.receiver.events == []
