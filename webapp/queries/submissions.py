"""Reading submissions."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models.submissions import Submission


def accounts_with_work(session: Session, now: datetime) -> list[int]:
    """Ids of the accounts that have a submission to be looked at now."""
    due = select(Submission.account_id).where(Submission.open, Submission.due_at <= now).distinct()
    return list(session.scalars(due))
