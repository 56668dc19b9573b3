"""Redis is only the bell: whatever the database says is unfinished is rung for again."""

from datetime import UTC, datetime, timedelta

from webapp import queue
from webapp.extensions import db
from webapp.models.engine import only_reading
from webapp.queries import schedule, submissions

# A worker begins within milliseconds; who has not begun by then was lost, or stands in line, where a ring does nothing.
LOST_AFTER = timedelta(seconds=10)


def upkeep() -> None:
    """Ring for every account with unfinished submissions, and for every scheduled run that nobody answered."""
    now = datetime.now(UTC)
    session = db.session()
    with only_reading():
        unfinished = submissions.accounts_with_work(session, now)
        lost = schedule.unanswered(session, now, LOST_AFTER)
        session.rollback()
    for account_id in unfinished:
        queue.ensure(queue.redis(), "advance_submissions", account_id)
    for name, ids in lost:
        queue.ensure(queue.redis(), name, *ids)
