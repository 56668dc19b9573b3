"""The scheduler: once a second it enqueues the jobs that are due, by the schedule or by rows in the database."""

import logging
import signal
import threading
import time
from datetime import UTC, datetime
from types import FrameType

from flask import Flask
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, OperationalError

from webapp.core import database_problems, heartbeats, queue
from webapp.core.extensions import db
from webapp.db import outgoing_calls
from webapp.db.engine import read_only
from webapp.domain.schedule import next_time_of_day
from webapp.queries import bulk_actions, mails, schedule, submissions
from webapp.queries.returns import returns
from webapp.queries.shipping import labels as shipping_labels
from webapp.queries.sync import backfills, completeness, order_reads
from webapp.services import fences
from webapp.services import schedule as claiming

log = logging.getLogger(__name__)

TICK = 1.0


def run(app: Flask) -> None:
    """Tick until SIGTERM. Several may run: runs are claimed in a transaction, so each is enqueued once."""
    stop = threading.Event()

    def leave(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    connection = queue.connect(app.config["CHANNELDESK"], impatient=True)
    with app.app_context():
        db.engine.dispose(close=False)
    planned, next_heartbeat = False, 0.0
    while not stop.is_set():
        heartbeats.beat()
        try:
            with app.app_context():
                if not planned:
                    prepare(connection, datetime.now(UTC))
                    planned = True
                tick(connection, datetime.now(UTC))
                if time.monotonic() >= next_heartbeat:
                    queue.request_heartbeats(connection)
                    next_heartbeat = time.monotonic() + queue.HEARTBEAT_INTERVAL
        except RedisError as error:
            # Redis is unavailable. Runs that were claimed but not enqueued are enqueued by the maintenance job.
            log.warning("The scheduler continues in a second: %s", type(error).__name__)
        except DBAPIError as error:
            if database_problems.report(error, connection) is None:
                if not isinstance(error, OperationalError):
                    raise
                log.warning("The scheduler continues in a second: %s", type(error).__name__)
        stop.wait(TICK)


def prepare(connection: Redis, now: datetime) -> None:
    """Do what each start needs: add the recurring jobs, and enqueue those that have not ended again."""
    add_recurring_jobs(now)
    for claim in claiming.claim_unanswered(db.session(), now):
        queue.enqueue_once(connection, claim.name, *claim.ids)


def add_recurring_jobs(now: datetime) -> None:
    """Add the jobs to the schedule that the registry runs at an interval."""
    session = db.session()
    for kind in queue.CATALOGUE:
        if kind.every is not None:
            first_run = now if kind.at is None else next_time_of_day(kind.at, now)
            claiming.ensure(session, queue.key(kind.name), kind.name, (), kind.every, first_run)
    session.commit()


def tick(connection: Redis, now: datetime) -> int:
    """Enqueue what is due; return how many scheduled runs were claimed. Requires an application context."""
    session = db.session()
    with read_only():
        due = schedule.has_due(session, now)
        unfinished = submissions.list_accounts_with_work(session, now)
        bulk = bulk_actions.list_running_ids(session)
        letters = mails.has_due(session, now)
        is_behind = outgoing_calls.is_database_behind(session)
        backfilling = backfills.list_due_accounts(session, now)
        checking = completeness.list_due_accounts(session, now)
        reading = order_reads.list_due_accounts(session, now)
        returning = returns.list_due_accounts(session, now)
        buying = shipping_labels.list_accounts_with_work(session, now)
        talking = mails.list_accounts_with_messages(session, now)
        session.rollback()
    if is_behind:
        fences.start_if_behind(session, now=now)
    claims = claiming.claim_due(session, now) if due else []
    for claim in claims:
        queue.enqueue_once(connection, claim.name, *claim.ids)
    # Selected from the rows themselves, so jobs that Redis lost are enqueued again after a second.
    for account_id in unfinished:
        queue.enqueue_once(connection, "advance_submissions", account_id)
    for account_id in backfilling:
        queue.enqueue_once(connection, "run_backfill", account_id)
    for account_id in checking:
        queue.enqueue_once(connection, "check_completeness", account_id)
    for account_id in reading:
        queue.enqueue_once(connection, "read_orders", account_id)
    for account_id in returning:
        queue.enqueue_once(connection, "read_returns", account_id)
    for action_id in bulk:
        queue.enqueue_once(connection, "run_bulk_action", action_id)
    if letters:
        queue.enqueue_once(connection, "send_mails")
    for account_id in buying:
        queue.enqueue_once(connection, "process_labels", account_id)
    for account_id in talking:
        queue.enqueue_once(connection, "send_messages", account_id)
    queue.record_scheduler_heartbeat(connection, now)
    return len(claims)
