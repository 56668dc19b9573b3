"""Submissions: the list of all, one with its history, and accounts with due work."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from webapp.domain.common import clocks
from webapp.domain.errors import require
from webapp.domain.submissions import state_machine as submission_states
from webapp.models.accounts import Account
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.audit_log import Event
from webapp.models.stores import Store
from webapp.models.submissions import Submission
from webapp.queries import fences
from webapp.queries.listing import fetch as grid_fetch
from webapp.queries.listing import search
from webapp.queries.listing.fetch import Column, Grid

# A row: `Submission`, `number` (Amazon's), `account` (its name), `marketplace_id`. Columns of the order instead of the
# order, so that nothing is decrypted that no row shows.
GRID = Grid(
    select=select(
        Submission,
        AmazonOrder.number.label("number"),
        Account.name.label("account"),
        Store.marketplace_id.label("marketplace_id"),
    )
    .join(AmazonOrder, AmazonOrder.id == Submission.amazon_order_id)
    .join(Store, Store.id == AmazonOrder.store_id)
    .join(Account, Account.id == Submission.account_id),
    id=Submission.id,
    columns=(
        Column("requested", Submission.requested_at, descending=True),
        *map(Column, ("kind", "number", "state", "said")),
    ),
    filters={
        "number": lambda text: search.number_contains(AmazonOrder.number, text),
        "state": lambda state: Submission.state == state,
        "kind": lambda kind: Submission.kind == kind,
        "account": lambda account_id: Submission.account_id == int(account_id),
        "ids": Submission.id.in_,
        "open": lambda _: Submission.open.is_(True),
    },
    sort="-requested",
)


def find(session: Session, submission_id: int) -> Submission:
    """Get a submission with its order and its feed. Raises NotFoundError."""
    parts = (joinedload(Submission.amazon_order).joinedload(AmazonOrder.store), joinedload(Submission.feed))
    return require(session.get(Submission, submission_id, options=parts), "submission_unknown", name=submission_id)


def list_events(session: Session, submission: Submission) -> Sequence[Event]:
    """List the history of a submission, newest first."""
    conditions = (Event.amazon_order_id == submission.amazon_order_id, Event.submission_id == submission.id)
    return session.scalars(select(Event).where(*conditions).order_by(Event.id.desc())).all()


def list_latest(session: Session, filters: dict[str, Any], limit: int) -> Sequence[Any]:
    """List the latest rows for the command line. `filters`: values by the names of the list's filters."""
    rows = grid_fetch.select_filtered(session, GRID, filters)
    return session.execute(rows.order_by(Submission.id.desc()).limit(limit)).all()


def list_open_ids(session: Session, account_id: int | None = None) -> list[int]:
    """List the ids of open submissions of one account or of all."""
    return list(session.scalars(select(Submission.id).where(*_open_of(account_id))))


def find_next_due(session: Session, account_id: int | None = None) -> dict[int, datetime]:
    """Find the due time of the next open submission, by account id, without accounts that have none.

    Conflicts are never due: a person decides.
    """
    soonest = select(Submission.account_id, func.min(Submission.due_at).label("due_at")).where(
        *_open_of(account_id), Submission.state != submission_states.CONFLICT
    )
    return {row.account_id: row.due_at for row in session.execute(soonest.group_by(Submission.account_id))}


def find_next_check(session: Session, account_id: int | None = None) -> datetime | None:
    """Return the time of the next verification of an accepted submission; None when there is none."""
    accepted = select(func.min(Submission.due_at)).where(
        *_open_of(account_id), Submission.state == submission_states.ACCEPTED
    )
    return session.scalar(accepted)


def _open_of(account_id: int | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Submission.open.is_(True)]
    if account_id is not None:
        conditions.append(Submission.account_id == account_id)
    return conditions


def is_dated_ahead(now: datetime) -> ColumnElement[bool]:
    """Match open submissions that wait because the clock was ahead when they were written."""
    wrong = now + clocks.TOLERANCE
    return and_(Submission.due_at > wrong, or_(Submission.requested_at > wrong, Submission.changed_at > wrong))


def list_accounts_with_work(session: Session, now: datetime) -> list[int]:
    """List the ids of accounts with a submission that is due, or whose due time has to be corrected.

    During a fence also those whose feeds at Amazon have not been compared with ours since it began.
    """
    is_due = or_(Submission.due_at <= now, is_dated_ahead(now))
    waiting = (
        Submission.open,
        is_due,
        Submission.state != submission_states.CONFLICT,
        or_(Submission.state != submission_states.QUEUED, fences.may_send(Submission)),
    )
    due = select(Submission.account_id).where(*waiting).distinct()
    return sorted({*session.scalars(due), *fences.list_accounts_to_compare(session)})


def list_for_order(session: Session, amazon_order_id: int) -> list[Submission]:
    """List the submissions of an Amazon order, newest first."""
    submissions = select(Submission).where(Submission.amazon_order_id == amazon_order_id)
    return list(session.scalars(submissions.order_by(Submission.id.desc())))


def find_latest(session: Session, amazon_order_id: int, kind: str, subject: str) -> Submission | None:
    """Find the latest submission about one parcel, credit memo or invoice of an order."""
    conditions = (Submission.amazon_order_id == amazon_order_id, Submission.kind == kind, Submission.subject == subject)
    return session.scalar(select(Submission).where(*conditions).order_by(Submission.id.desc()).limit(1))
