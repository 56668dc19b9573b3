import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobs import scheduler
from jobs.maintenance import run_maintenance
from tests.support.factories import NOW, an_account, an_order
from tests.support.mailboxes import save_mail_server
from tests.support.order_processing import create_processing_order
from webapp.core import queue
from webapp.core.extensions import db
from webapp.domain.errors import InvalidError, NotFoundError
from webapp.domain.health import Check
from webapp.health import checks
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.audit_log import Event
from webapp.models.orders import Order
from webapp.models.recurring_jobs import RecurringJob
from webapp.queries import schedule as stored
from webapp.services import schedule
from webapp.services.accounts import accounts
from webapp.services.bulk import runner as bulk_runner
from webapp.services.mail import amazon_messaging
from webapp.services.mail import outbox as mail_outbox
from webapp.services.orders import holds
from webapp.services.submissions import cancellations
from webapp.services.sync.importing import import_page


def a_job(session: Session, number: int = 1, interval: int = 60) -> RecurringJob:
    job = schedule.ensure(session, f"sync_account-{number}", "sync_account", [number], interval, NOW)
    session.commit()
    return job


def after(**time: float) -> datetime:
    return NOW + timedelta(**time)


def queued_ids(redis: Redis, name: str = "sync") -> list[str]:
    return queue.queue(redis, name).job_ids


def test_connecting_an_account_puts_its_sync_on_the_schedule(session: Session) -> None:
    account = an_account(session)
    job = schedule.load_locked(session, f"sync_account-{account.id}")
    assert (job.name, job.ids, job.interval_seconds, job.next_run_at) == ("sync_account", [account.id], 180, NOW)


def test_ensuring_twice_keeps_what_a_person_changed(session: Session) -> None:
    a_job(session)
    schedule.change_interval(session, "sync_account-1", 600, now=NOW, actor="user:1")
    assert a_job(session, interval=60).interval_seconds == 600


def test_due_jobs_are_enqueued_and_scheduled_again(session: Session, redis: Redis) -> None:
    a_job(session)
    assert scheduler.tick(redis, NOW) == 1
    assert queued_ids(redis) == ["sync_account-1"]
    assert scheduler.tick(redis, after(seconds=59)) == 0
    assert scheduler.tick(redis, after(seconds=60)) == 1
    assert queue.get_last_heartbeat(redis) == after(seconds=60).timestamp()


def test_a_downtime_is_caught_up_once(session: Session) -> None:
    job = a_job(session, interval=60)
    schedule.claim_due(session, NOW)
    assert len(schedule.claim_due(session, after(seconds=60 * 5 + 10))) == 1
    assert job.next_run_at == after(seconds=60 * 6)
    assert len(schedule.claim_due(session, after(hours=24))) == 1
    assert job.next_run_at == after(hours=24, seconds=60)


def test_a_clock_set_back_does_not_stop_the_schedule(session: Session) -> None:
    job = a_job(session, interval=60)
    schedule.claim_due(session, after(days=1))
    assert len(schedule.claim_due(session, NOW)) == 1
    assert job.next_run_at == after(seconds=60)


def test_two_schedulers_enqueue_each_run_once(session: Session) -> None:
    for number in range(1, 21):
        a_job(session, number)
    claimed: list[str] = []
    engine = db.engine

    def claim() -> None:
        with Session(engine) as mine:
            for second in range(5):
                claims = schedule.claim_due(mine, after(minutes=second))
                claimed.extend(f"{second}:{claim.ids[0]}" for claim in claims)
                together.wait()

    together = threading.Barrier(4)
    threads = [threading.Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(f"{second}:{number}" for second in range(5) for number in range(1, 21))


def test_a_shorter_interval_brings_the_next_run_forward_and_leaves_an_event(session: Session) -> None:
    job = a_job(session, interval=3600)
    schedule.claim_due(session, NOW)
    schedule.change_interval(session, job.key, 30, now=after(seconds=1), actor="user:1")
    assert (job.interval_seconds, job.next_run_at) == (30, after(seconds=31))
    event = session.scalars(select(Event).where(Event.kind == "job_interval_changed")).one()
    assert event.args == {"job": "sync_account-1", "before": 3600, "after": 30}
    assert event.actor == "user:1"


@pytest.mark.parametrize("seconds", [4, 0, -60, 86401])
def test_an_interval_out_of_range_is_refused(session: Session, seconds: int) -> None:
    a_job(session)
    with pytest.raises(InvalidError, match="interval_out_of_range"):
        schedule.change_interval(session, "sync_account-1", seconds, now=NOW, actor="user:1")


def test_an_unknown_job_is_refused(session: Session) -> None:
    with pytest.raises(NotFoundError, match="job_unknown"):
        schedule.run_now(session, "sync_account-9", now=NOW, actor="user:1")


def test_a_paused_job_runs_only_on_request_until_it_is_resumed(session: Session) -> None:
    job = a_job(session)
    schedule.pause(session, job.key, now=NOW, actor="user:1")
    assert schedule.claim_due(session, after(hours=1)) == []
    schedule.run_now(session, job.key, now=after(hours=2), actor="user:1")
    assert len(schedule.claim_due(session, after(hours=2))) == 1
    assert job.next_run_at is None
    schedule.resume(session, job.key, now=after(hours=3), actor="user:1")
    assert len(schedule.claim_due(session, after(hours=3))) == 1
    assert job.next_run_at == after(hours=3, seconds=60)


def test_a_run_is_recorded_on_its_row(session: Session) -> None:
    a_job(session)
    schedule.record_run(session, "sync_account-1", "failed", "throttled", after(seconds=1), after(seconds=3.5))
    (row,) = stored.list_jobs(session)
    assert (row.last_run_at, row.last_duration_ms) == (after(seconds=1), 2500)
    assert (row.last_outcome, row.last_cause) == ("failed", "throttled")


def test_the_first_start_schedules_the_jobs_of_the_registry(session: Session) -> None:
    scheduler.add_recurring_jobs(NOW)
    scheduler.add_recurring_jobs(after(hours=1))
    assert [(row.key, row.interval_seconds, row.next_run_at) for row in stored.list_jobs(session)] == [
        ("check_refunds", 6 * 3600, NOW),
        # At two o'clock in the night.
        ("housekeeping", 24 * 3600, NOW.replace(hour=2) + timedelta(days=1)),
        ("maintenance", 5, NOW),
        ("make_backup", 24 * 3600, NOW.replace(day=3, hour=1)),
    ]


def test_a_run_that_a_long_stop_interrupted_is_enqueued_at_the_start_and_not_overdue(
    app: Flask, session: Session, redis: Redis
) -> None:
    now = datetime.now(UTC)
    job = a_job(session)
    job.enqueued_at, job.next_run_at = now - timedelta(days=3), now
    session.commit()
    queue.record_scheduler_heartbeat(redis, now)
    assert {check.level for check in list_job_checks(app, now)} == {"fail"}
    scheduler.prepare(redis, now)
    scheduler.tick(redis, now)
    assert "sync_account-1" in queued_ids(redis)
    assert {check.level for check in list_job_checks(app, now)} == {"ok"}
    # It has to end within its time limit as after any other start.
    assert {check.level for check in list_job_checks(app, now + timedelta(hours=2))} == {"fail"}


def list_job_checks(app: Flask, now: datetime) -> list[Check]:
    jobs = [replace(probe, needs=()) for probe in checks.PROBES if probe.name == "jobs"]
    return checks.run_all(app, now, jobs)


def test_a_scheduled_run_that_redis_lost_is_enqueued_again(session: Session, redis: Redis) -> None:
    a_job(session)
    scheduler.tick(redis, datetime.now(UTC) - timedelta(seconds=11))
    redis.flushall()
    assert queued_ids(redis) == []
    run_maintenance()
    assert queued_ids(redis) == ["sync_account-1"]


def test_a_run_that_started_is_not_enqueued_again(session: Session, redis: Redis) -> None:
    a_job(session)
    rung = datetime.now(UTC) - timedelta(seconds=30)
    scheduler.tick(redis, rung)
    redis.flushall()
    schedule.record_run(session, "sync_account-1", "ok", None, rung, rung + timedelta(seconds=1))
    run_maintenance()
    assert queued_ids(redis) == []


def test_an_order_continues_when_its_hold_has_ended(session: Session, redis: Redis) -> None:
    account = an_account(session)
    import_page.import_page(session, account.id, [an_order()], now=NOW, actor="test")
    session.commit()
    order = session.scalars(select(Order)).one()
    holds.hold(session, order.id, "Wait", until=NOW + timedelta(days=1), now=NOW, actor="user:1")
    run_maintenance()
    session.refresh(order)
    assert order.state == "processing"


def test_submissions_that_redis_lost_are_enqueued_again(session: Session, redis: Redis) -> None:
    account = an_account(session)
    import_page.import_page(session, account.id, [an_order()], now=NOW, actor="test")
    session.commit()
    order = session.scalars(select(AmazonOrder)).one()
    cancellations.request(session, order.id, "NoInventory", undo_seconds=0, now=NOW, actor="user:1")
    account_id = account.id
    session.commit()
    queue.enqueue(redis, "advance_submissions", account_id)
    redis.flushall()
    scheduler.tick(redis, datetime.now(UTC))
    assert queued_ids(redis, "submissions") == [f"advance_submissions-{account_id}"]


def test_mails_and_messages_that_redis_lost_are_enqueued_again(session: Session, redis: Redis) -> None:
    save_mail_server(session)
    order = create_processing_order(session)
    account_id = order.store.account_id
    mail = mail_outbox.queue_mail(session, order, "order", now=NOW, actor="user:1")
    scheduler.tick(redis, NOW)
    assert queued_ids(redis, "mails") == ["send_mails"]
    assert queued_ids(redis, "submissions") == []
    mail_outbox.discard(session, mail.id, now=NOW, actor="user:1")
    amazon_messaging.request_allowed(session, order, now=NOW)
    redis.flushall()
    scheduler.tick(redis, after(seconds=1))
    assert queued_ids(redis, "mails") == []
    assert queued_ids(redis, "submissions") == [f"send_messages-{account_id}"]


def test_a_deleted_account_leaves_the_schedule(session: Session) -> None:
    account = an_account(session)
    schedule.remove(session, f"sync_account-{accounts.find_by_id(session, account.id).id}")
    assert stored.list_jobs(session) == []


def test_a_bulk_action_that_redis_lost_is_enqueued_again(session: Session, redis: Redis) -> None:
    an_account(session)
    begun = bulk_runner.start(session, "hold", [1], {"reason": "x"}, now=NOW, actor="test").id
    bulk_runner.create_draft(session, "hold", [1], now=NOW, actor="test")

    scheduler.tick(redis, NOW)

    assert queued_ids(redis, "bulk") == [f"run_bulk_action-{begun}"]
