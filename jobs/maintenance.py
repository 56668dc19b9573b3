"""Periodic maintenance.

Enqueues scheduled runs again that Redis lost, releases expired holds, closes feeds, deletes old drafts, printed files
and tracking imports, corrects times that a wrong clock left in the future and refreshes the statistics of SQLite.
"""

from datetime import UTC, datetime, timedelta

from webapp.core import queue
from webapp.core.extensions import db
from webapp.db.engine import read_only
from webapp.queries import schedule
from webapp.services import clock_corrections, fences, sqlite_statistics
from webapp.services.bulk import printed_files
from webapp.services.bulk import runner as bulk_runner
from webapp.services.orders import holds
from webapp.services.shipping import tracking_import
from webapp.services.submissions import feeds

# A worker starts a job within milliseconds. One that has not started by then was lost, or is still in the queue, where
# enqueueing it again has no effect.
LOST_AFTER = timedelta(seconds=10)


def run_maintenance() -> None:
    now = datetime.now(UTC)
    session = db.session()
    with read_only():
        lost = schedule.list_unanswered(session, now, LOST_AFTER)
        session.rollback()
    for name, ids in lost:
        queue.enqueue_once(queue.redis(), name, *ids)
    fences.record_counters(session)
    clock_corrections.correct_future_times(session, now=now)
    holds.release_due(session, now=now, actor="schedule")
    feeds.close_settled(session, now=now)
    bulk_runner.delete_drafts(session, now=now)
    printed_files.delete_old(session, now=now)
    tracking_import.delete_old(session, now=now)
    sqlite_statistics.refresh(session)
