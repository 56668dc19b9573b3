"""Nightly job that deletes what is older than its retention."""

import logging
from datetime import UTC, datetime, timedelta

from webapp.core.extensions import db, settings
from webapp.services import retention

log = logging.getLogger(__name__)

# What is not deleted by then is deleted the next night.
TIME_LIMIT = timedelta(minutes=30)


def run_housekeeping() -> None:
    counts = retention.run(db.session(), settings().data_dir, clock=lambda: datetime.now(UTC), time_limit=TIME_LIMIT)
    log.info("Deleted: %s", ", ".join(f"{name} {count}" for name, count in counts.items() if count) or "nothing")
