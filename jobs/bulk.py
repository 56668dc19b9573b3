"""Doing one thing to many orders, row by row."""

from datetime import UTC, datetime

from webapp import queue
from webapp.actions import bulk_actions
from webapp.extensions import db


def run_bulk_action(action_id: int) -> None:
    if bulk_actions.step(db.session(), action_id, lambda: datetime.now(UTC)):
        # To the end of the queue, so that a short one does not wait for a long one.
        queue.enqueue(queue.redis(), "run_bulk_action", action_id)
