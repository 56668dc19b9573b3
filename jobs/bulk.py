"""Doing one thing to many orders, row by row."""

from datetime import UTC, datetime

from webapp.core import queue
from webapp.core.extensions import db
from webapp.services.bulk import runner as bulk_runner


def run_bulk_action(action_id: int) -> None:
    if bulk_runner.process_rows(db.session(), action_id, lambda: datetime.now(UTC)):
        # To the end of the queue, so that a short one does not wait for a long one.
        queue.enqueue(queue.redis(), "run_bulk_action", action_id)
