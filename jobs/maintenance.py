"""What nobody asks for and must be done all the same.

Redis is only the bell: a scheduled run that was rung for and never answered is rung for again. Orders whose hold has
come to its end go on; a bulk action that nobody confirmed is forgotten, and so is a file that was printed a day ago.
Times that a clock running ahead left in the future are corrected.
The statistics of SQLite's query planner are refreshed.
"""

from datetime import UTC, datetime, timedelta

from webapp.core import queue
from webapp.core.extensions import db
from webapp.db.engine import read_only
from webapp.queries import schedule
from webapp.services import clock_corrections, sqlite_statistics
from webapp.services.bulk import printed_files
from webapp.services.bulk import runner as bulk_runner
from webapp.services.orders import holds
from webapp.services.shipping import tracking_import
from webapp.services.submissions import feeds

# A worker begins within milliseconds; who has not begun by then was lost, or stands in line, where a ring does nothing.
LOST_AFTER = timedelta(seconds=10)


def upkeep() -> None:
    now = datetime.now(UTC)
    session = db.session()
    with read_only():
        lost = schedule.list_unanswered(session, now, LOST_AFTER)
        session.rollback()
    for name, ids in lost:
        queue.enqueue_once(queue.redis(), name, *ids)
    clock_corrections.correct_future_times(session, now=now)
    holds.release_due(session, now=now, actor="schedule")
    feeds.close_settled(session, now=now)
    bulk_runner.delete_drafts(session, now=now)
    printed_files.delete_old(session, now=now)
    tracking_import.delete_old(session, now=now)
    sqlite_statistics.refresh(session)
