"""What ends a pass over an account's submissions early, and what holds up only the one it met."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy.orm import Session

from webapp.db.database_errors import concerns_the_database
from webapp.db.leases import LeaseLostError
from webapp.domain.amazon.errors import AmazonError
from webapp.models.submissions import Submission
from webapp.services.accounts import accounts
from webapp.services.submissions import feeds

log = logging.getLogger(__name__)


class RetryAfterError(Exception):
    """Amazon takes no more of this for now."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


@contextmanager
def isolate_errors(session: Session, met: Sequence[Submission], now: datetime) -> Iterator[None]:
    """Whatever is wrong with these on our side must not hold up those behind them: they wait, and say so. Commits then.

    What Amazon says, the end of the pass and a database that is away go through.
    """
    ids = [submission.id for submission in met]
    try:
        yield
    except (AmazonError, RetryAfterError, LeaseLostError):
        raise
    except Exception as error:
        if concerns_the_database(error):
            raise
        log.exception("Submissions %s cannot be moved on", ids)
        session.rollback()
        if not met:
            return
        accounts.lock_orders(session, met[0].account_id)
        for submission in met:
            session.refresh(submission)
        feeds.reschedule([submission for submission in met if submission.open], now, None)
        for submission in met:
            submission.cause = "submission_broke" if submission.open else submission.cause
        session.commit()
