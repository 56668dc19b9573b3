"""Overdue work."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from webapp.domain.submissions import state_machine as submission_states
from webapp.models.mails import Mail
from webapp.models.reported_orders import OrderRead
from webapp.models.submissions import Submission
from webapp.queries import fences


class Due(NamedTuple):
    """`number` overdue rows, the first since `since`; None where there are none."""

    number: int
    since: datetime | None


def count_submissions(session: Session, until: datetime) -> Due:
    """Count the open submissions that were due before `until`, except those that wait for a person."""
    waits_for_fence = and_(Submission.state == submission_states.QUEUED, ~fences.may_send(Submission))
    is_due = and_(
        Submission.open,
        Submission.due_at <= until,
        Submission.state != submission_states.CONFLICT,
        ~waits_for_fence,
    )
    return _count(session, Submission.due_at, is_due)


def count_mails(session: Session, until: datetime) -> Due:
    """Count the mails and messages that were due before `until`, except those that wait for a person."""
    return _count(session, Mail.due_at, and_(Mail.due_at <= until, fences.may_send(Mail)))


def count_unrepaired_orders(session: Session, until: datetime) -> Due:
    """Count the orders that a completeness check found missing or differing before `until` and nothing has repaired."""
    is_gap = and_(
        OrderRead.reason.in_(("missing", "differing")), OrderRead.read_at.is_(None), OrderRead.requested_at <= until
    )
    return _count(session, OrderRead.requested_at, is_gap)


def _count(session: Session, due_at: Any, is_due: ColumnElement[bool]) -> Due:
    number, since = session.execute(select(func.count(), func.min(due_at)).where(is_due)).one()
    return Due(number, since)
