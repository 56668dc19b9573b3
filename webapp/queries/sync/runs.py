"""Sync runs and quarantined orders."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, defer, joinedload

from webapp.domain.common.local_days import midnight
from webapp.domain.errors import require
from webapp.models.accounts import Account
from webapp.models.amazon_orders import QuarantinedOrder
from webapp.models.sync_runs import SyncRun
from webapp.queries.listing import search
from webapp.queries.listing.fetch import Column, Grid

# A row: `SyncRun`, `account` (its name). An account has marketplaces of several time zones, so days are UTC's.
RUNS = Grid(
    select=select(SyncRun, Account.name.label("account")).join(Account, Account.id == SyncRun.account_id),
    id=SyncRun.id,
    columns=(
        Column("started", SyncRun.started_at, descending=True),
        *map(Column, ("account", "outcome", "duration", "window", "pages", "received", "new", "changed", "same")),
        *map(Column, ("stale", "blocked", "quarantined", "orders_created")),
    ),
    filters={
        "account": lambda account_id: SyncRun.account_id == int(account_id),
        "outcome": lambda state: SyncRun.state == state,
        "started_from": lambda day: SyncRun.started_at >= midnight(day, "UTC"),
        "started_to": lambda day: SyncRun.started_at < midnight(day + timedelta(days=1), "UTC"),
    },
    sort="-started",
)

# A row has everything but the body, which is personal and stays encrypted.
QUARANTINE = Grid(
    select=select(
        QuarantinedOrder.id,
        QuarantinedOrder.account_id,
        QuarantinedOrder.number,
        QuarantinedOrder.cause,
        QuarantinedOrder.first_seen_at,
        QuarantinedOrder.last_seen_at,
        QuarantinedOrder.times_seen,
        QuarantinedOrder.resolved_at,
        Account.name.label("account"),
    ).join(Account, Account.id == QuarantinedOrder.account_id),
    id=QuarantinedOrder.id,
    columns=(
        Column("last_seen", QuarantinedOrder.last_seen_at, descending=True),
        Column("first_seen", QuarantinedOrder.first_seen_at, descending=True),
        *map(Column, ("number", "account", "cause", "times", "state")),
    ),
    filters={
        "number": lambda text: search.number_contains(QuarantinedOrder.number, text),
        "account": lambda account_id: QuarantinedOrder.account_id == int(account_id),
        "waiting": lambda _: QuarantinedOrder.resolved_at.is_(None),
    },
    sort="-last_seen",
)


def find(session: Session, run_id: int) -> SyncRun:
    """Get a run with its account. Raises NotFoundError."""
    return require(
        session.get(SyncRun, run_id, options=(joinedload(SyncRun.account),)), "sync_run_unknown", name=run_id
    )


def is_running(session: Session, account_id: int) -> bool:
    """Return whether the account's latest run is still running."""
    latest = select(SyncRun.state).where(SyncRun.account_id == account_id).order_by(SyncRun.id.desc()).limit(1)
    return session.scalar(latest) == "running"


def count_quarantined(session: Session) -> int:
    """Count the orders in quarantine, up to a hundred."""
    waiting = select(QuarantinedOrder.id).where(QuarantinedOrder.resolved_at.is_(None)).limit(100)
    return len(session.scalars(waiting).all())


def get_quarantined(session: Session, kept_id: int) -> tuple[QuarantinedOrder, Account]:
    """Get a quarantined order, without decrypting its body, and its account. Raises NotFoundError."""
    quarantined = select(QuarantinedOrder, Account).join(Account, Account.id == QuarantinedOrder.account_id)
    row = require(
        session.execute(
            quarantined.where(QuarantinedOrder.id == kept_id).options(defer(QuarantinedOrder.body))
        ).one_or_none(),
        "quarantined_unknown",
        name=kept_id,
    )
    return row[0], row[1]
