"""What nobody asks for and must be done all the same.

Redis is only the bell: a scheduled run that was rung for and never answered is rung for again. Orders whose hold has
come to its end go on; a bulk action that nobody confirmed is forgotten, and so is a file that was printed a day ago.
Times that a clock running ahead left in the future are corrected.
What an upgrade left without its place in the index of words gets it, and so do the sums of each day. SQLite is told
how much there is.
"""

from datetime import UTC, datetime, timedelta

from webapp import queue
from webapp.actions import (
    bulk_actions,
    clock_corrections,
    daily_sales,
    feeds,
    holds,
    printed_files,
    search_index,
    statistics,
    tracking,
)
from webapp.extensions import db
from webapp.models.engine import only_reading
from webapp.queries import schedule

# A worker begins within milliseconds; who has not begun by then was lost, or stands in line, where a ring does nothing.
LOST_AFTER = timedelta(seconds=10)


def upkeep() -> None:
    now = datetime.now(UTC)
    session = db.session()
    with only_reading():
        lost = schedule.unanswered(session, now, LOST_AFTER)
        session.rollback()
    for name, ids in lost:
        queue.ensure(queue.redis(), name, *ids)
    clock_corrections.pull_back(session, now=now)
    holds.release_due(session, now=now, by="schedule")
    feeds.close_settled(session, now=now)
    bulk_actions.forget_drafts(session, now=now)
    printed_files.purge(session, now=now)
    tracking.purge(session, now=now)
    search_index.catch_up(session)
    daily_sales.catch_up(session)
    statistics.refresh(session)
