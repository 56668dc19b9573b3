"""Errors while submissions are processed: which ones end the run, and which ones delay only some submissions."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy.orm import Session

from webapp.db.database_errors import is_database_failure
from webapp.db.leases import LeaseLostError
from webapp.db.outgoing_calls import DatabaseBehindError
from webapp.domain.amazon.errors import AmazonError
from webapp.models.submissions import Submission
from webapp.services.accounts import locking
from webapp.services.submissions import feeds

logger = logging.getLogger(__name__)


class RetryAfterError(Exception):
    """Amazon accepts no more of these requests before `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


@contextmanager
def isolate_errors(session: Session, submissions: Sequence[Submission], now: datetime) -> Iterator[None]:
    """Log an unexpected error with these submissions and reschedule them, so that the others go on. Commits then.

    Errors from Amazon, the end of the run and errors of the database itself are raised.
    """
    ids = [submission.id for submission in submissions]
    try:
        yield
    except (AmazonError, RetryAfterError, LeaseLostError, DatabaseBehindError):
        raise
    except Exception as error:
        if is_database_failure(error):
            raise
        logger.exception("Submissions %s cannot be processed", ids)
        session.rollback()
        if not submissions:
            return
        locking.lock_orders(session, submissions[0].account_id)
        for submission in submissions:
            session.refresh(submission)
        feeds.reschedule([submission for submission in submissions if submission.open], now, None)
        for submission in submissions:
            submission.cause = "submission_broke" if submission.open else submission.cause
        session.commit()
