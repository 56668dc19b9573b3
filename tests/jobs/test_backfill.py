"""The backfill on the queue, and the live sync that leaves it calls."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from jobs import scheduler
from jobs import sync as jobs
from webapp.core import queue
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.recurring_jobs import RecurringJob
from webapp.services import schedule
from webapp.services.sync import backfill


def next_run(session):
    at = session.scalars(select(RecurringJob.next_run_at).where(RecurringJob.name == "sync_account")).one()
    session.rollback()
    return at


def enqueued_backfills(job_queue):
    return [id_ for id_ in queue.queue(job_queue, "background").job_ids if id_.startswith("run_backfill")]


def test_a_running_backfill_is_enqueued_until_it_has_ended(session, demo_account, amazon, job_queue):
    amazon.world.reset("many:30")
    now, account_id = datetime.now(UTC), demo_account.id
    backfill.start(session, account_id, 40, method="search", now=now, actor="test")

    scheduler.tick(job_queue, now)
    assert enqueued_backfills(job_queue) == [f"run_backfill-{account_id}"]

    jobs.run_backfill(account_id)
    job_queue.flushall()
    scheduler.tick(job_queue, datetime.now(UTC))
    assert len(session.scalars(select(AmazonOrder.id)).all()) == 30
    assert enqueued_backfills(job_queue) == []


def test_the_live_sync_comes_every_seven_minutes_during_a_backfill(session, demo_account, job_queue):
    now, account_id = datetime.now(UTC), demo_account.id
    schedule.claim_due(session, now)
    jobs.sync_account(account_id)
    assert next_run(session) - now <= timedelta(seconds=180)
    backfill.start(session, account_id, 40, method="search", now=now, actor="test")

    jobs.sync_account(account_id)

    assert timedelta(seconds=400) < next_run(session) - now < timedelta(seconds=440)
    # That is neither due nor taken for a time from a wrong clock.
    assert schedule.claim_due(session, now + timedelta(seconds=5)) == []
    assert len(schedule.claim_due(session, now + timedelta(seconds=440))) == 1
