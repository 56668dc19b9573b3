"""Job that runs a bulk action for a time slice."""

from datetime import UTC, datetime

from webapp.core import queue
from webapp.core.extensions import db
from webapp.services.bulk import runner as bulk_runner


def run_bulk_action(action_id: int) -> None:
    if bulk_runner.process_rows(db.session(), action_id, lambda: datetime.now(UTC)):
        # At the end of the queue, so that short bulk actions do not wait for a long one.
        queue.enqueue(queue.redis(), "run_bulk_action", action_id)
